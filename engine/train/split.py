"""Which cases are learned from and which are kept aside, never two of one patient on both sides.

Neighbouring slices and repeated scans of a patient resemble each other; a split that parts them measures memory.
Who is who stands in ``patients.csv`` (case, patient) beside the cases; a third column, side, may divide them as someone
has decided before. Where the file is missing, cases with neighbouring names are kept together, as scans of one patient
mostly are, and that is said.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from engine.core.errors import InputError
from engine.core.words import counted

PATIENTS = "patients.csv"
SIDES = ("train", "validation")
By = Literal["patient", "neighbouring names", "manifest", "slice", "given"]


@dataclass(frozen=True)
class Split:
    """Names of cases.

    Args:
        train: To learn from, in the order given.
        validation: To choose the weights by.
        by: What keeps them apart; a manifest and ``patients.csv`` may say themselves which are kept aside; by slice
            every case is on both sides.
        never: Labels that were drawn in none of those learned from.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    by: By
    never: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the split as one line for a card."""
        without = f"; {' and '.join(self.never)} drawn in none of them, and not learned" if self.never else ""
        if self.by == "slice":
            return f"slices of {counted(len(self.train), 'case')}, other slices of the same kept aside{without}"
        by = {"manifest": "the manifest", "given": f"patient, as {PATIENTS} says"}.get(self.by, self.by)
        train = counted(len(self.train), "case")
        return f"{train}, {len(self.validation)} more to choose the weights by, split by {by}{without}"


def split(
    cases: Sequence[str], patients: Mapping[str, str] | None, *, validation: int, folds: int = 0, fold: int = 0
) -> Split:
    """Return a split of `cases`.

    Args:
        cases: Names, in their order.
        patients: Case → patient, for every case; None if unknown.
        validation: Cases to keep aside, about; without folds.
        folds: Parts of about equal size; 0 for a single part of `validation` cases.
        fold: Which part is kept aside, from 0.

    Raises:
        InputError: too few patients, no such fold, or a case without a patient.
    """
    groups = _blocks(cases, validation, folds) if patients is None else _by_patient(cases, patients)
    if folds:
        parts = _parts(groups, folds, keep_order=patients is None)
        if not 0 <= fold < folds or any(not part for part in parts):
            raise InputError(
                f"There is no fold {fold} of {folds}.",
                f"{counted(len(groups), 'patient or block of cases', 'patients or blocks of cases')} can be divided; "
                "folds count from 0.",
                "Choose fewer folds, or a fold below their number.",
            )
        kept = {case for group in parts[fold] for case in group}
    else:
        kept = _some(groups, min(validation, len(cases) - 1))
    train = tuple(c for c in cases if c not in kept)
    if not train:
        raise InputError("There is nothing to train on.", "Every case is of the patients kept aside.", "Add patients.")
    by = "neighbouring names" if patients is None else "patient"
    return Split(train, tuple(c for c in cases if c in kept), by)


def read_patients(folder: Path, cases: Sequence[str]) -> dict[str, str] | None:
    """Return case → patient from ``patients.csv`` in `folder`; None if there is no such file.

    Raises:
        InputError: it cannot be read, or a case is not in it.
    """
    path = folder / PATIENTS
    if not path.exists():
        return None
    rows = {row["case"]: row["patient"] for row in _rows(path)}
    missing = [case for case in cases if not rows.get(case)]
    if missing:
        raise InputError(
            f"“{PATIENTS}” does not say whose scan “{missing[0]}” is.",
            f"{counted(len(missing), 'case')} of {len(cases)} {'is' if len(missing) == 1 else 'are'} not in it.",
            "Add them; a case left out could end on both sides of the split.",
        )
    return {case: rows[case] for case in cases}


def read_sides(folder: Path, cases: Sequence[str]) -> dict[str, str] | None:
    """Return case → ``"train"`` or ``"validation"`` from the column side of ``patients.csv``; None without one.

    Raises:
        InputError: it cannot be read, a case has no side, or a patient stands on both.
    """
    path = folder / PATIENTS
    rows = {row["case"]: row for row in _rows(path)} if path.exists() else {}
    if not any("side" in row for row in rows.values()):
        return None
    patients, sides = read_patients(folder, cases) or {}, {case: rows[case].get("side") or "" for case in cases}
    wrong = next((case for case in cases if sides[case] not in SIDES), None)
    if wrong is not None:
        raise InputError(
            f"“{PATIENTS}” does not say on which side “{wrong}” stands.",
            f"Its side is “{sides[wrong]}”; it must be {' or '.join(SIDES)}.",
            "Correct the line, or take the column out: the cases are then divided by patient.",
        )
    refuse_both_sides([(patients[case], case, sides[case]) for case in cases], f"“{PATIENTS}”")
    return sides


def refuse_both_sides(rows: Sequence[tuple[str, str, str]], source: str) -> None:
    """Refuse a division that parts the cases of a patient.

    Args:
        rows: Patient, case, side.
        source: What divides them, as the sentence begins.

    Raises:
        InputError: a patient stands on both sides.
    """
    first: dict[str, tuple[str, str]] = {}
    for patient, case, side in rows:
        other, where = first.setdefault(patient, (case, side))
        if where != side:
            raise InputError(
                f"{source} puts the patient “{patient}” on both sides.",
                f"“{other}” is for {where}, “{case}” for {side}: the figures would measure memory.",
                "Put all cases of a patient on one side.",
            )


def _rows(path: Path) -> list[dict[str, str]]:
    """Return the lines of ``patients.csv``.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        return [row | {"case": row["case"], "patient": row["patient"]} for row in rows]
    except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
        raise InputError(
            f"“{PATIENTS}” cannot be read.", f"{error!r}.", "It needs a head line “case,patient” and a line per case."
        ) from error


def _by_patient(cases: Sequence[str], patients: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return the cases of each patient, in an order that does not change when patients are added."""
    of: dict[str, list[str]] = {}
    for case in cases:
        of.setdefault(patients[case], []).append(case)
    order = sorted(of, key=lambda patient: hashlib.sha256(patient.encode()).digest())
    return [tuple(of[patient]) for patient in order]


def _blocks(cases: Sequence[str], validation: int, folds: int) -> list[tuple[str, ...]]:
    if not folds:  # the last ones by name
        cut = len(cases) - min(validation, len(cases) - 1)
        return [tuple(cases[cut:]), tuple(cases[:cut])]
    edges = [round(i * len(cases) / folds) for i in range(folds + 1)]
    return [tuple(cases[a:b]) for a, b in pairwise(edges)]


def _parts(groups: Sequence[tuple[str, ...]], folds: int, *, keep_order: bool) -> list[list[tuple[str, ...]]]:
    if keep_order:
        return [[group] if group else [] for group in groups]
    parts: list[list[tuple[str, ...]]] = [[] for _ in range(folds)]
    for group in sorted(groups, key=len, reverse=True):
        min(parts, key=lambda part: sum(map(len, part))).append(group)
    return parts


def _some(groups: Sequence[tuple[str, ...]], wanted: int) -> set[str]:
    kept: set[str] = set()
    for group in groups[: max(0, len(groups) - 1)]:  # one patient at least is learned from
        if len(kept) >= wanted:
            break
        kept |= set(group)
    return kept
