"""The same step on many routers at once, through nornir; what fails on one is a value, and the others go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nornir.core import Nornir
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
from nornir.core.task import Result
from nornir.plugins.runners import ThreadedRunner

from mcastlab.errors import LabError
from mcastlab.ios.show.tables import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nornir.core.task import Task

    from mcastlab.routers.device import Device

WORKERS: Final = 100
"""Routers talked to at once: a session waits for its router nearly all the time."""


def on_all(devices: Sequence[Device], step: Callable[[Device], object]) -> dict[str, LabError]:
    """Carry out a step on every router and return the errors, by router.

    Raises:
        Exception: whatever a step raised that is no `LabError`: a mistake in it.
    """
    by_name = {device.router.name: device for device in devices}
    if not by_name:
        return {}
    hosts = Hosts({name: Host(name=name) for name in by_name})
    runner = ThreadedRunner(num_workers=min(WORKERS, len(by_name)))
    nornir = Nornir(inventory=Inventory(hosts=hosts, groups=Groups(), defaults=Defaults()), runner=runner)

    def task(task: Task) -> Result:
        try:
            step(by_name[task.host.name])
        except UnreadableError as error:
            return Result(host=task.host, result=error.of(task.host.name))
        except LabError as error:
            return Result(host=task.host, result=error)
        return Result(host=task.host)

    done = nornir.run(task=task, raise_on_error=False)
    failures: dict[str, LabError] = {}
    for name, results in done.items():
        if results.exception is not None:
            raise results.exception
        if isinstance(results[0].result, LabError):
            failures[name] = results[0].result
    return failures
