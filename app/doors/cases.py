"""Opening: what is inside a source, a picture of each row, the volume itself, and masks laid over it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.jobs.job import Job
from engine.case.volume import SeriesInfo, Volume

if TYPE_CHECKING:
    from engine.io.options import Question
    from engine.io.source import Scan, SeriesRow


@dataclass(frozen=True)
class Started:
    """The volume's array is there; it holds one slice and fills from now on."""

    volume: Volume


@dataclass(frozen=True)
class Filled:
    """Slices [start, stop) are final."""

    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A picture of one row, (h, w) uint8."""

    number: int
    pixels: object


def scan(path: Path) -> Job:
    """Look what is inside a folder, zip or file. The job's result is an `engine.io.source.Scan`."""

    def work(job: Job) -> Scan:
        from engine.io.source import scan as look

        return look(path, progress=job, cancel=job.token)

    return Job("Looking what is inside", work)


def thumbnails(rows: tuple[SeriesRow, ...]) -> Job:
    """Make a picture of each row that can be opened; each is emitted as a `Thumbnail` when it is there."""

    def work(job: Job) -> None:
        from engine.io.source import thumbnail

        for row in rows:
            job.token.check()
            if row.loadable:
                job.emit_part(Thumbnail(row.number, thumbnail(row, size=96, cancel=job.token)))

    return Job("Making previews", work, visible=False)


def open_volume(source: SeriesRow | Path, answers: tuple[tuple[str, str], ...] = ()) -> Job:
    """Read a volume. Emits one `Started`, then `Filled`s; the result is the finished `Volume`.

    Args:
        source: A row of a scan, or a path.
        answers: What the person answered to the reader's questions: (key, value).
    """

    def work(job: Job) -> Volume:
        from engine.io.options import ReadOptions
        from engine.io.source import open_volume as read

        options = ReadOptions()
        for key, value in answers:
            options = options.answered(key, value)
        return read(
            source,
            options,
            started=lambda volume: job.emit_part(Started(volume)),
            filled=lambda start, stop: job.emit_part(Filled(start, stop)),
            progress=job,
            cancel=job.token,
        )

    return Job("Reading", work)


def open_sample() -> Job:
    """Compute the sample study; the first time that takes some seconds. The result is a `Volume`."""

    def work(job: Job) -> Volume:
        from engine.synth.demo import DEMO_NAME, demo

        sample = demo(progress=job, cancel=job.token)
        slices = sample.grid.shape_zyx[0]
        info = SeriesInfo(DEMO_NAME, "synthetic", slices=slices, thickness_mm=sample.grid.spacing_zyx_mm[0])
        hu = sample.hu.view()
        hu.flags.writeable = False
        return Volume(hu, sample.grid, info)

    return Job("Making the sample", work)


def questions() -> dict[str, Question]:
    """Return what a reader may ask, with the options of the terminal that answer."""
    from engine.io.options import QUESTIONS

    return QUESTIONS
