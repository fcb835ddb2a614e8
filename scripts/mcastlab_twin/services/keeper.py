"""Keeps long-running services as they are wanted: each by a task of its own, so that a slow one delays no other."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcastlab_twin.services.service import Service
    from mcastlab_twin.services.specifications import Name

RETRY_S: Final = 1.0
"""Seconds until a service that failed is tried again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """How often parts of a service have ended by themselves, and what did last."""

    times: int
    last: str

    def __str__(self) -> str:
        return f"{self.last}; {self.times} in all so far, started again each time"


@dataclass(slots=True)
class _Kept:
    wanted: object | None
    running: object | None = None
    spec: object | None = None
    """What the service was last brought to, whether or not it still is."""
    service: Service | None = None
    fault: str = ""
    task: asyncio.Task[None] | None = None


class ServiceKeeper:
    """Drives named services to their wanted specifications; equal specifications change nothing."""

    def __init__(self, make: Callable[[object], Service]) -> None:
        self._make = make
        self._kept: dict[Name, _Kept] = {}
        self.crashes: dict[Name, Crash] = {}
        """What has ended by itself since the beginning, by service."""
        self.changed = asyncio.Event()
        """Set whenever a service came up, went down or failed."""

    def want(self, specs: Mapping[Name, object]) -> None:
        """Have exactly these services run; returns at once."""
        for name in self._kept.keys() - specs.keys():
            self._set(name, None)
        for name, spec in specs.items():
            self._set(name, spec)

    async def drop_all_but(self, names: frozenset[Name]) -> None:
        """Stop the services that are not named and wait until they are gone."""
        going = [name for name in self._kept if name not in names]
        for name in going:
            self._set(name, None)
        tasks = [self._kept[name].task for name in going if name in self._kept]
        await asyncio.gather(*(task for task in tasks if task is not None))

    @property
    def settled(self) -> bool:
        """Every service runs as wanted."""
        return all(kept.wanted == kept.running and kept.service is not None for kept in self._kept.values())

    @property
    def faults(self) -> dict[Name, str]:
        """What the last attempt of each failing service said."""
        return {name: kept.fault for name, kept in self._kept.items() if kept.fault}

    def running(self) -> dict[Name, Service]:
        """Return the services that run."""
        return {name: kept.service for name, kept in self._kept.items() if kept.service is not None}

    def look_after(self) -> None:
        """Start again what has ended by itself; returns at once, and remembers it in `crashes`."""
        for name, kept in self._kept.items():
            problem = kept.service.problem() if kept.service is not None and kept.task is None else ""
            if problem:
                before = self.crashes.get(name)
                self.crashes[name] = Crash(times=1 if before is None else before.times + 1, last=problem)
                _log.warning("%s: %s; it is started again", "/".join(name), problem)
                kept.running, kept.fault = None, problem
                kept.task = asyncio.create_task(self._drive(name, kept))

    def _set(self, name: Name, spec: object | None) -> None:
        kept = self._kept.setdefault(name, _Kept(None))
        kept.wanted = spec
        if kept.task is None and kept.wanted != kept.running:
            kept.task = asyncio.create_task(self._drive(name, kept))

    async def _drive(self, name: Name, kept: _Kept) -> None:
        """Bring one service to what is wanted, however often that changes meanwhile."""
        try:
            while kept.wanted != kept.running:
                await self._step(name, kept)
                self.changed.set()
        finally:
            kept.task = None
            if kept.wanted is None:
                self._kept.pop(name, None)

    async def _step(self, name: Name, kept: _Kept) -> None:
        wanted = kept.wanted
        try:
            if kept.service is not None:
                if wanted is not None and await self._changed_in_place(kept.service, kept.spec, wanted):
                    kept.running, kept.spec, kept.fault = wanted, wanted, ""
                    return
                service, kept.service, kept.running = kept.service, None, None
                await service.stop()
            if wanted is not None:
                begin = time.monotonic()
                service = self._make(wanted)
                await service.start()
                kept.service = service
                kept.running, kept.spec, kept.fault = wanted, wanted, ""
                _log.info("%s is up after %.2f s", "/".join(name), time.monotonic() - begin)
        except Exception as error:  # noqa: BLE001  (one that fails ends no other; it is reported, and tried again)
            fault = f"{type(error).__name__}: {error}"
            if fault != kept.fault:
                _log.exception("%s failed; it is tried again every %g s", name, RETRY_S)
            kept.fault = fault
            self.changed.set()
            if kept.wanted is not None:
                await asyncio.sleep(RETRY_S)

    @staticmethod
    async def _changed_in_place(service: Service, spec: object | None, wanted: object) -> bool:
        """Repair a service and bring it to another specification without a restart, where it can."""
        repaired = not service.problem() or await service.repair()
        return repaired and (spec == wanted or await service.update(wanted))
