"""What the engine process does for the window. Each function takes its job first and gives back plain data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from engine.case.volume import Notice
from engine.nets.weights import ModelFile, find_model
from engine.predict import guards
from engine.predict.backends import Engine, EngineRequest, open_engine
from engine.predict.segment import Segmentation, SegmentOptions, segment
from engine.predict.worker_child import Job

_WARM = "warm engine"


def warm_up(job: Job, *, model: str | Path | None, options: SegmentOptions | None) -> str:
    """Load a network and keep it; return what it runs on."""
    engine, _ = warm_engine(job, find_model(model), options or SegmentOptions())
    return engine.text


def segment_job(job: Job, *, model: str | Path | None, options: SegmentOptions | None) -> Segmentation:
    """Segment the job's CT. Labels go over as slabs; the result comes back without them."""
    options = options or SegmentOptions()
    found = find_model(model)
    job.update(0, 1, "Getting the network ready")
    engine, said = warm_engine(job, found, options)
    result = segment(
        job.hu,
        job.grid,
        model=found,
        options=options,
        engine=engine,
        progress=job,
        cancel=job.cancel,
        on_slab=job.slab,
    )
    notices = (*(Notice(guards.DEVICE, text, "info") for text in said), *result.notices)
    return replace(result, labels=np.zeros((0, 0, 0), dtype=np.uint8), notices=notices)


def warm_engine(job: Job, model: ModelFile, options: SegmentOptions) -> tuple[Engine, list[str]]:
    """Return the engine for `model`, the one of the last job if it fits; only one is kept."""
    key = (model.card.sha256, model.card.patch, options.device, options.backend, options.threads, options.precision)
    held = cast("tuple[Any, Engine] | None", job.kept.get(_WARM))
    if held is not None and held[0] == key:
        return held[1], []
    job.kept.pop(_WARM, None)
    warnings: list[str] = []
    o = options
    request = EngineRequest(model, model.card.patch, o.device, o.threads, o.precision, job.cancel)
    engine = open_engine(request, options.backend, warnings=warnings)
    job.kept[_WARM] = (key, engine)
    return engine, warnings
