"""How long a follower took to join a test's groups, against the test's limits."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from mcastlab.follow.trace import FollowedJoin, FollowTrace
from mcastlab.lab.device_tests import DeviceTest
from mcastlab.scenario.play import with_followed
from mcastlab.scenario.results import DeviceTestReport

TEST = DeviceTest.model_validate({"name": "calls", "steps": [{"wait": {"for": "1s"}}], "expect": [{"follow": "< 2 s"}]})
REPORT = DeviceTestReport(name="calls", lab="phones", seed=1, devices=1, steps=(), heard=(), limits=())


def joined(*after_s: float | None) -> FollowTrace:
    joins = tuple(
        FollowedJoin(group=IPv4Address(f"239.9.0.{place}"), joined_at_s=1.0, after_s=each)
        for place, each in enumerate(after_s, 1)
    )
    return FollowTrace(duration_s=9.0, joins=joins)


@pytest.mark.parametrize(
    ("followed", "holds", "words"),
    [
        (joined(0.4, None), True, "239.9.0.1: follow 400 ms, limit < 2 s"),
        (joined(0.4, 2.5), False, "239.9.0.2: follow 2500 ms, limit < 2 s (1 of 2 outside the limit)"),
        (joined(None), False, "nobody: follow nothing was joined"),
        (None, False, "nobody: follow nothing was joined"),
    ],
)
def test_a_followers_delay_is_a_figure_of_the_test(followed: FollowTrace | None, holds: bool, words: str) -> None:  # noqa: FBT001
    report = with_followed(REPORT, TEST, followed)
    (limit,) = report.limits
    assert limit.holds is holds
    assert words in limit.sentence
    assert report.followed == followed
