"""Waiting by a clock that moves only when somebody sleeps by it."""

from __future__ import annotations

import asyncio
from itertools import islice

import pytest

from mcastlab_base.async_waiting import until
from mcastlab_base.errors import TimedOutError
from mcastlab_base.waiting import ManualWaitClock, attempts, duration, wait_for


def seen(timeout_s: float, every_s: float, **more: float) -> list[float]:
    return [round(at, 3) for at in attempts(timeout_s, every_s=every_s, clock=ManualWaitClock(), **more)]


def test_it_is_tried_at_once_then_after_each_pause_and_last_when_the_time_is_over() -> None:
    assert seen(1.0, 0.4) == [0.0, 0.4, 0.8, 1.0]
    assert seen(1.0, 0.5) == [0.0, 0.5, 1.0]
    assert seen(0.0, 0.4) == [0.0]
    assert seen(-1.0, 0.4) == [0.0]


def test_pauses_grow_up_to_the_longest() -> None:
    assert seen(2.0, 0.1, factor=2.0, longest_s=0.4) == [0.0, 0.1, 0.3, 0.7, 1.1, 1.5, 1.9, 2.0]
    assert seen(1.0, 0.1, factor=3.0) == [0.0, 0.1, 0.4, 1.0]


def test_what_takes_long_itself_is_not_tried_past_the_time() -> None:
    clock, tried = ManualWaitClock(), 0
    for _ in attempts(1.0, every_s=0.1, clock=clock):
        tried += 1
        clock.sleep(0.7)
    assert tried == 2
    assert clock.now() == pytest.approx(1.5)


def test_it_is_said_what_is_awaited_and_once_it_lasts_for_how_long() -> None:
    missing, reported = iter(["a and b", "b", "b", ""]), list[str]()
    clock = ManualWaitClock()
    wait_for(lambda: next(missing), timeout_s=60, every_s=2, progress=reported.append, clock=clock)
    assert reported == ["waiting for a and b", "waiting for b", "waiting for b (4 s)"]
    assert clock.now() == 6


def test_what_is_missing_when_the_time_is_over_is_named_with_what_to_do() -> None:
    with pytest.raises(TimedOutError) as raised:
        wait_for(
            lambda: "the agent of i-1",
            timeout_s=5,
            every_s=1,
            progress=lambda _text: None,
            hint="start it",
            clock=ManualWaitClock(),
        )
    assert (raised.value.text, raised.value.hint) == ("waited 5 s for the agent of i-1", "start it")


def test_by_the_machine_s_own_clock_time_goes_on() -> None:
    first, second = islice(attempts(1.0, every_s=0.001), 2)
    assert second > first >= 0


@pytest.mark.parametrize(("seconds", "said"), [(0, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (7322, "2 h 2 min")])
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_in_an_event_loop_it_is_asked_until_there_is_something_or_the_time_is_over() -> None:
    answers = iter([None, None, "there", "unasked"])

    async def ask() -> str | None:
        return next(answers)

    async def never() -> None:
        return None

    assert asyncio.run(until(ask, "it is there", timeout_s=5, every_s=0.001)) == "there"
    assert list(answers) == ["unasked"]
    with pytest.raises(TimeoutError, match=r"it is there: not within 0\.01 s"):
        asyncio.run(until(never, "it is there", timeout_s=0.01, every_s=0.001))
