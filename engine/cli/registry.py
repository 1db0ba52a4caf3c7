"""The verbs of the terminal: name → function that takes the words after the verb and returns the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.core.registry import Entry, Registry

Verb = Callable[[Sequence[str]], int]

VERBS: Registry[Verb] = Registry(
    "verb",
    {
        "segment": Entry("engine.cli.segment:main", text="segment one CT or a folder of them"),
        "sample": Entry("engine.cli.sample:main", text="write the sample study, a computed chest"),
        "convert": Entry("engine.cli.convert:main", text="write a CT or a mask in another format"),
        "export": Entry("engine.cli.export:main", text="write what the window exports from a case"),
        "cases": Entry("engine.cli.cases:main", text="list the cases kept here, or remove some"),
        "train": Entry("engine.cli.train:main", text="train a network from a recipe"),
        "travel": Entry("engine.cli.travel:main", text="train on another machine: pack, train, bring home"),
        "evaluate": Entry("engine.cli.evaluate:main", text="measure a model on labelled cases"),
        "explain": Entry("engine.cli.explain:main", text="say why the network answers as it does at a place"),
        "reproduce": Entry("engine.cli.reproduce:main", text="train a paper's table again on your data"),
        "models": Entry("engine.cli.models:main", text="list networks and weights"),
        "doctor": Entry("engine.cli.doctor:main", text="say what is there, what is missing, what to do"),
    },
)

# Answered by the window, listed with the others.
OPEN_TEXT = "open a CT in the window, or take a picture of it"
