"""The engine process: segments, cancels within a second, survives errors, dies with its parent, comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from engine.core.errors import Cancelled, InputError, ModelError, WorkerError
from engine.geometry.box import Box
from engine.predict.segment import SegmentOptions, segment
from engine.predict.worker import EngineProcess, Handlers
from tests.support.models import quick_chest, tiny_model

OPTIONS = SegmentOptions(device="cpu", backend="torch", threads=1, precision="fp32")
LONG_S = 120


@pytest.fixture(scope="module")
def process():
    with EngineProcess() as one:
        yield one


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model") / "t.safetensors").path


def test_it_gives_what_the_function_gives(process: EngineProcess, model: Path) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (8.0, 6.0, 6.0), noise_hu=30)
    texts: list[str] = []
    together = np.zeros(hu.shape, np.uint8)
    done = threading.Event()

    def slab(box: Box, labels: np.ndarray) -> None:
        together[box.slices] = labels

    handlers = Handlers(lambda _d, _t, text: texts.append(text), slab, lambda _result: done.set())
    result = process.segment(process.share(hu, grid), model=model, options=OPTIONS, handlers=handlers).wait(LONG_S)
    assert done.wait(5)
    expected = segment(hu, grid, model=model, options=OPTIONS)
    assert (result.labels == expected.labels).all()
    assert (together == expected.labels).all()
    assert result.warnings == expected.warnings
    assert any("window" in text for text in texts)


def test_a_failure_comes_over_as_the_same_sentences(process: EngineProcess, tmp_path: Path) -> None:
    hu, grid, _ = quick_chest()
    failed: list[Exception] = []
    ticket = process.segment(
        process.share(hu, grid), model=tmp_path / "none.safetensors", handlers=Handlers(failed=failed.append)
    )
    with pytest.raises(ModelError, match="do not exist") as told:
        ticket.wait(LONG_S)
    assert told.value.fix
    assert failed == [told.value]
    assert process.alive


def test_an_input_that_is_refused_leaves_the_process_alive(process: EngineProcess, model: Path) -> None:
    hu, grid, _ = quick_chest()
    grey = np.clip(hu // 8 + 128, 0, 255).astype(np.int16)
    with pytest.raises(InputError, match="Hounsfield"):
        process.segment(process.share(grey, grid), model=model, options=OPTIONS).wait(LONG_S)
    assert process.alive


def test_a_defect_is_told_with_its_details(process: EngineProcess) -> None:
    with pytest.raises(WorkerError, match="defect") as told:
        process.call("engine.predict.tiles:plan", None, None, shape="nonsense", tile=(1, 1, 1)).wait(LONG_S)
    assert "Traceback" in told.value.details


def test_it_runs_nothing_but_the_engine(process: EngineProcess) -> None:
    with pytest.raises(WorkerError, match="does not run"):
        process.call("os:getcwd", None).wait(LONG_S)


def test_a_cancel_ends_the_job_and_not_the_process(process: EngineProcess, model: Path) -> None:
    hu, grid, _ = quick_chest((60, 160, 200), (4.0, 2.2, 2.2), noise_hu=20)
    begun, stopped = threading.Event(), threading.Event()
    handlers = Handlers(progress=lambda done, _total, _text: begun.set() if done >= 1 else None, cancelled=stopped.set)
    ticket = process.segment(process.share(hu, grid), model=model, options=OPTIONS, handlers=handlers)
    assert begun.wait(LONG_S)
    ticket.cancel()
    with pytest.raises(Cancelled):
        ticket.wait(10)
    assert stopped.wait(5)
    assert process.alive


def test_a_kill_is_told_and_the_next_request_starts_anew(process: EngineProcess, model: Path) -> None:
    hu, grid, _ = quick_chest((60, 160, 200), (4.0, 2.2, 2.2), noise_hu=20)
    begun = threading.Event()
    handlers = Handlers(progress=lambda done, _total, _text: begun.set() if done >= 1 else None)
    ticket = process.segment(process.share(hu, grid), model=model, options=OPTIONS, handlers=handlers)
    assert begun.wait(LONG_S)
    killed = process.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    with pytest.raises(WorkerError, match="ended"):
        ticket.wait(10)
    text = process.warm_up(model, OPTIONS).wait(LONG_S)
    assert "torch" in text
    assert process.pid not in {None, killed}


def test_closing_cancels_what_runs_and_leaves_no_file(model: Path) -> None:
    hu, grid, _ = quick_chest()
    engine = EngineProcess()
    shared = engine.share(hu, grid)
    ticket = engine.segment(shared, model=model, options=OPTIONS)
    engine.close()
    with pytest.raises(Cancelled):
        ticket.wait(1)
    assert not shared.path.exists()
    assert not engine.alive


def test_once_closed_it_starts_nothing_and_takes_no_ct() -> None:
    hu, grid, _ = quick_chest()
    engine = EngineProcess()
    shared = engine.share(hu, grid)
    engine.close()
    for late in (engine.start, lambda: engine.share(hu, grid), lambda: engine.call("engine.core.words:said", shared)):
        with pytest.raises(Cancelled):
            late()
    assert not engine.alive
    assert not shared.path.parent.exists()


@pytest.mark.parametrize("undeletable", [False, True])
def test_a_ct_that_is_being_written_while_it_closes_goes_too(
    monkeypatch: pytest.MonkeyPatch, *, undeletable: bool
) -> None:
    hu, grid, _ = quick_chest()
    engine = EngineProcess()
    folder = engine.share(hu, grid).path.parent

    class Planes:
        def __iter__(self) -> Iterator[np.ndarray]:
            yield hu[0]
            if undeletable:  # as where an open file cannot be deleted
                with monkeypatch.context() as patch:
                    patch.setattr("engine.predict.worker.shutil.rmtree", lambda *_args, **_how: None)
                    engine.close()
            else:
                engine.close()
            yield hu[1]

    with pytest.raises(Cancelled):
        engine.share(Planes(), grid)  # type: ignore[arg-type]
    assert not folder.exists()


_PARENT = """
import sys
from engine.predict.worker import EngineProcess
if __name__ == "__main__":
    engine = EngineProcess()
    engine.start()
    print(engine.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a kill that cannot be caught")
def test_it_dies_with_its_parent_however_that_ends(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    psutil.wait_procs([child], timeout=20)
    ends = time.monotonic() + 20
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < ends:
        psutil.wait_procs([child], timeout=0.2)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
