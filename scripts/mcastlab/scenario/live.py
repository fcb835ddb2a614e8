"""What happens in a test at a moment, shown while it runs: which step, who talks, and who listens."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from mcastlab.text import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcastlab.lab.device_tests import DeviceTest
    from mcastlab.scenario.script import Script

EVERY_S: Final = 1.0
NAMED: Final = 3
"""Of more that talk, the number is shown."""


def happening(test: DeviceTest, script: Script, at_ms: float) -> str:
    """Return what happens at a moment of a test; nothing before its first step and after its last.

    Args:
        test: the test.
        script: what each device does in it.
        at_ms: milliseconds from its begin.
    """
    steps = [
        (number, step.verb)
        for number, (step, period) in enumerate(zip(test.steps, script.periods, strict=True), 1)
        if period.begin_ms <= at_ms < period.end_ms
    ]
    if not steps:
        return ""
    number, verb = steps[0]
    talking = [each for each in script.spoken if each.span.begin_ms <= at_ms < each.span.end_ms]
    groups = {each.group for each in talking}
    names = sorted({script.devices[each.device].name for each in talking})
    hearing = {
        stay.device
        for stay in script.stays
        if stay.span.begin_ms <= at_ms < stay.span.end_ms and (stay.group in groups or not groups)
    } - ({talking[0].device} if len(talking) == 1 else set())
    who = ", ".join(names) if len(names) <= NAMED else count(len(names), "device")
    said = f"{who} {'talks' if len(names) == 1 else 'talk'}" if names else "nobody talks"
    return f"step {number} of {len(test.steps)}, {verb}: {said}, {count(len(hearing), 'device')} {_verb(len(hearing))}"


def _verb(number: int) -> str:
    return "listens" if number == 1 else "listen"


@contextmanager
def live_progress(
    test: DeviceTest, script: Script, progress: Callable[[str], None], *, lead_s: float
) -> Iterator[None]:
    """Tell what happens in a test for as long as this lasts, whenever that changes.

    Args:
        test: the test.
        script: what each device does in it.
        progress: what is reported.
        lead_s: in how many seconds it begins.
    """
    begin, ended = time.monotonic() + lead_s, Event()

    def tell() -> None:
        last = ""
        while not ended.wait(EVERY_S):
            found = happening(test, script, (time.monotonic() - begin) * 1000)
            if found not in {"", last}:
                progress(found)
                last = found

    thread = Thread(target=tell, name="live", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
