"""Weights that may be used for some purposes only: whoever is about to use them asks here, once, and a yes is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.model.action import Host
from app.model.prefs import Preferences
from engine.core.errors import Choice, ChoiceNeeded

KEY = "licence"
"""`ChoiceNeeded.key` of the question; its one choice is the answer of who agrees."""

_being_asked: set[str] = set()
"""Weights whose question is on screen: two that want the same weights at a time do not ask twice."""


@dataclass(frozen=True)
class LicenceQuestion:
    """Weights that may be used for some purposes only, about which nobody was asked yet.

    Args:
        id: Of the weights.
        licence: Its name.
        forbidden: What it forbids, in a sentence.
    """

    id: str
    licence: str
    forbidden: str


class Licences:
    """What has to be asked before weights are used; looked up once a model, as weights are hashed."""

    def __init__(self) -> None:
        self._known: dict[str, LicenceQuestion] = {}

    def question(self, model: str, agreed: Mapping[str, str]) -> LicenceQuestion | None:
        """Return what has to be asked before weights are used; None if nothing. Reads weights: beside the window only.

        Args:
            model: Id of the weights; empty for the default.
            agreed: Id of weights → the licence somebody agreed to.

        Raises:
            ModelError: there are no such weights, or they are damaged.
        """
        from engine.nets.card import licence_words
        from engine.nets.weights import find_model

        if model not in self._known:
            card = find_model(model or None).card
            self._known[model] = LicenceQuestion(card.id, card.licence, licence_words(card))
        question = self._known[model]
        free = not question.forbidden or agreed.get(question.id) == question.licence
        return None if free else question


def agree(question: LicenceQuestion, host: Host, preferences: Preferences) -> bool:
    """Ask a person and remember a yes; a no is asked again when the weights are wanted again.

    Args:
        question: About which weights.
        host: Asks.
        preferences: Where a yes is kept.
    """
    if preferences.now.licences.get(question.id) == question.licence:
        return True
    if question.id in _being_asked:
        return False
    needed = ChoiceNeeded(
        f"Use “{question.id}” for non-commercial purposes only?",
        question.forbidden,
        flag="",
        key=KEY,
        choices=(Choice(question.id, "I use them non-commercially"),),
    )
    _being_asked.add(question.id)
    try:
        answer = host.ask(needed)
    finally:
        _being_asked.discard(question.id)
    if answer is None:
        return False
    preferences.update(licences={**preferences.now.licences, question.id: question.licence})
    return True
