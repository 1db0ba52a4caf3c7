"""Ray as far as the program uses it, in threads of this process. What travels is pickled, as it would be."""

from __future__ import annotations

import pickle
import types
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any


class RayError(Exception):
    pass


class RayTaskError(RayError):
    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"ray::Worker.do()\n{type(cause).__name__}: {cause}")
        self.cause = cause


class RayActorError(RayError):
    pass


class Die(BaseException):
    """Raised in a worker: its whole process is gone."""


class FakeRay:
    """Stands in for the module ``ray``; put it into ``sys.modules``.

    Args:
        nodes: (processors, graphics cards) of each machine.
        refuse: What ``init`` raises.
    """

    def __init__(self, *nodes: tuple[float, float], refuse: Exception | None = None) -> None:
        self.machines = nodes or ((2.0, 0.0),)
        self.refuse = refuse
        self.exceptions = types.SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)
        self.inits: list[tuple[str, dict[str, Any]]] = []
        self.actors: list[_Actor] = []
        self.options: list[dict[str, Any]] = []
        self.down = 0
        self.__spec__ = types.SimpleNamespace()  # so that it counts as installed

    def init(self, address: str, **options: Any) -> None:
        self.inits.append((address, options))
        if self.refuse is not None:
            raise self.refuse

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Alive": True, "Resources": {"CPU": c, "GPU": g} if g else {"CPU": c}} for c, g in self.machines]

    def remote(self, **options: Any) -> Any:
        def kind(cls: type) -> Any:
            def make(*arguments: Any) -> _Actor:
                self.options.append(options)
                self.actors.append(_Actor(cls, arguments))
                return self.actors[-1]

            return types.SimpleNamespace(remote=make)

        return kind

    def wait(
        self, refs: Sequence[Future[Any]], *, num_returns: int = 1, timeout: float | None = None
    ) -> tuple[list[Future[Any]], list[Future[Any]]]:
        done, _ = wait(refs, timeout, "ALL_COMPLETED" if num_returns == len(refs) else FIRST_COMPLETED)
        first = [ref for ref in refs if ref in done][:num_returns]
        return first, [ref for ref in refs if ref not in first]

    def get(self, ref: Future[Any]) -> Any:
        return ref.result()

    def kill(self, actor: _Actor) -> None:
        actor.dead = True

    def shutdown(self) -> None:
        self.down += 1
        for actor in self.actors:
            actor.pool.shutdown(wait=True)


class _Actor:
    def __init__(self, cls: type, arguments: tuple[Any, ...]) -> None:
        self.pool = ThreadPoolExecutor(4)
        self.dead = False
        self._made = cls(*_travel(arguments))

    def __getattr__(self, name: str) -> Any:
        return types.SimpleNamespace(remote=lambda *arguments: self.pool.submit(self._call, name, arguments))

    def _call(self, name: str, arguments: tuple[Any, ...]) -> Any:
        if self.dead:
            raise RayActorError("The actor is dead.")
        try:
            return _travel(getattr(self._made, name)(*_travel(arguments)))
        except Die:
            self.dead = True
            raise RayActorError("The actor died.") from None
        except Exception as error:
            raise RayTaskError(_travel(error)) from None


def _travel(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))
