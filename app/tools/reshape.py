"""What is done to the whole active label at once: fill between slices, pieces, margin, smoothing."""

from __future__ import annotations

from collections.abc import Callable

from app.jobs.job import Job
from app.model.action import Action, Context
from app.tools.reasons import against_changing, against_editing
from engine.case.delta import Change, Delta
from engine.case.document import Case
from engine.case.labelset import Label
from engine.edit.allowed import Allowed
from engine.edit.between_slices import between_slices
from engine.edit.islands import keep_largest, remove_small
from engine.edit.margin import margin
from engine.edit.smooth import smooth

SPECK_ML = 0.1
SMOOTH_MM = 1.5
MARGIN_MM = 1.0

_Work = Callable[[Case, Label, Allowed], Delta | None]


def _needs_label(context: Context) -> str | None:
    return against_editing(context.session) or against_changing(context.session.label)


def _action(name: str, title: str, tip: str, work: _Work, *, key: str = "") -> Action:
    """Return the action that runs `work` on the active label beside the window and applies what comes out."""

    def run(context: Context) -> None:
        session, case, label = context.session, context.session.case, context.session.label
        if case is None or label is None:
            return
        writes, allowed = case.labels.writes, Allowed.of(case.labelset)

        def keep(change: Change | None) -> None:
            if session.case is not case or case.labels.writes != writes:
                session.message.emit(f"“{title}” was dropped: the labels changed meanwhile. Do it again.")
            elif change is None:
                session.message.emit(f"“{title}” changes nothing here.")
            else:
                case.history.apply(change)

        # It reads the live map; if anything is written meanwhile, what it found is dropped.
        job = Job(title, lambda _job: work(case, label, allowed))
        job.succeeded.connect(keep)
        job.failed.connect(context.host.show_problem)
        context.jobs.start(job)

    return Action(
        f"label.{name}",
        title,
        tip,
        run,
        keys=(key,) if key else (),
        menu="Labels/Active label",
        disabled_because=_needs_label,
    )


def _margin(sign: int) -> _Work:
    def work(case: Case, label: Label, allowed: Allowed) -> Delta | None:
        by_mm = max(MARGIN_MM, *case.volume.grid.spacing_zyx_mm[1:], min(case.volume.grid.spacing_zyx_mm))
        return margin(case.labels, case.volume.hu, label.id, sign * by_mm, allowed)

    return work


ACTIONS = (
    _action(
        "between",
        "Fill between slices",
        "Fill the empty slices between those the active label is drawn on.",
        lambda case, label, allowed: between_slices(case.labels, case.volume.hu, label.id, allowed),
        key="J",
    ),
    _action(
        "largest",
        "Keep largest piece",
        "Take away all pieces of the active label but the largest.",
        lambda case, label, _: keep_largest(case.labels, label.id),
    ),
    _action(
        "specks",
        "Remove specks",
        f"Take away pieces of the active label under {SPECK_ML:g} ml.",
        lambda case, label, _: remove_small(case.labels, label.id, under_ml=SPECK_ML),
    ),
    _action(
        "smooth",
        "Smooth",
        f"Smooth the border of the active label by {SMOOTH_MM:g} mm.",
        lambda case, label, allowed: smooth(case.labels, case.volume.hu, label.id, SMOOTH_MM, allowed),
    ),
    _action("grow", "Grow", f"Make the active label larger by {MARGIN_MM:g} mm, or one voxel.", _margin(1)),
    _action("shrink", "Shrink", f"Make the active label smaller by {MARGIN_MM:g} mm, or one voxel.", _margin(-1)),
)
