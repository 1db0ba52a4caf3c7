"""The verbs of the terminal: name → function that takes the words after the verb and returns the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.core.registry import Entry, Registry

Verb = Callable[[Sequence[str]], int]

VERBS: Registry[Verb] = Registry(
    "verb",
    {
        "segment": Entry("engine.cli.segment:main", text="segment one CT or a folder of them"),
        "click": Entry("engine.cli.click:main", text="segment one finding from clicks and boxes"),
        "sample": Entry("engine.cli.sample:main", text="write the sample study, a computed chest"),
        "convert": Entry("engine.cli.convert:main", text="write a CT or a mask in another format"),
        "export": Entry("engine.cli.export:main", text="write what the window exports from a case"),
        "train": Entry("engine.cli.train:main", text="train a network from a recipe"),
        "finetune": Entry("engine.cli.finetune:main", text="teach a model your corrected cases"),
        "evaluate": Entry("engine.cli.evaluate:main", text="score a model against reference masks"),
        "explain": Entry("engine.cli.explain:main", text="say why a voxel was segmented as it was"),
        "reproduce": Entry("engine.cli.reproduce:main", text="put a paper's table beside ours"),
        "models": Entry("engine.cli.models:main", text="list networks and weights"),
        "cases": Entry("engine.cli.cases:main", text="list the library of cases"),
        "doctor": Entry("engine.cli.doctor:main", text="say what is there, what is missing, what to do"),
    },
)

# Answered by the window, listed with the others.
OPEN_TEXT = "open a CT in the window, or take a picture of it"
