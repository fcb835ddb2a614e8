"""Sending: every line in order, a stop at the first refused one, and no key in what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from facts_sample import FACTS, KEY
from fakes import FakeSession

from mcastlab.errors import RefusedError, TimedOutError
from mcastlab.push.ready import await_conditions, conditions
from mcastlab.push.refusal import refusal_in
from mcastlab.push.send import lines_of, send
from mcastlab.render.routers import render_all

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

CARET = "                 ^\n% Invalid input detected at '^' marker.\n"


def ignore(*_: object) -> None:
    """Take progress and do nothing."""


def test_every_line_is_sent_in_order_then_saved(lab: Lab) -> None:
    session = FakeSession()
    rendered = render_all(lab, FACTS)[1]
    sent = send(session, rendered, progress=ignore)
    texts = [line.text for line in lines_of(rendered)]
    assert session.calls == ["<enter>", *texts, "<leave>", "<save>"]
    assert sent.lines == len(texts)
    assert f"  pre-shared-key {KEY}" in texts


def test_nothing_follows_a_refused_line_and_nothing_is_saved(lab: Lab) -> None:
    session = FakeSession(refuse={"ip pim sparse-mode": CARET})
    with pytest.raises(RefusedError) as caught:
        send(session, render_all(lab, FACTS)[0], progress=ignore)
    assert session.calls[-2:] == [" ip pim sparse-mode", "<leave>"]
    assert "demo/aws-router refused line 6 of aws_router.j2: 'ip pim sparse-mode'" in caught.value.text
    assert "% Invalid input detected at '^' marker." in caught.value.text


def test_refused_key_line_does_not_tell_the_key(lab: Lab) -> None:
    session = FakeSession(refuse={f"pre-shared-key {KEY}": CARET})
    with pytest.raises(RefusedError) as caught:
        send(session, render_all(lab, FACTS)[1], progress=ignore)
    assert "'pre-shared-key ***'" in caught.value.text
    assert KEY not in caught.value.text + caught.value.hint


@pytest.mark.parametrize(
    "message",
    [
        "% Invalid input detected at '^' marker.",
        "% Incomplete command.",
        '% Ambiguous command:  "ip pim s"',
        "% 10.0.0.0 overlaps with GigabitEthernet1",
        "%Tunnel0 used by PIM for Registering, configuration no allowed.",
        "% Bad mask /33 for address 10.0.0.1",
        "Command rejected: bad platform",
    ],
)
def test_refusal_is_recognised(message: str) -> None:
    assert refusal_in(f"something\n{message}\n") == message


@pytest.mark.parametrize("output", ["", "%Warning: this is only said\n", " description 100 % Invalid\n"])
def test_what_is_merely_said_is_no_refusal(output: str) -> None:
    assert refusal_in(output) is None


def test_waits_until_the_neighbour_is_there(lab: Lab) -> None:
    aws, far = "demo/aws-router", "demo/lab-router"
    wanted = conditions(lab, FACTS, aws_router=aws, far_routers={"lab": far})
    sessions = {
        far: FakeSession(
            answers={
                "show ip bgp summary": ["169.254.10.1 4 64512 3 3 1 0 0 never Active", _established()],
                "show ip pim neighbor": [
                    "172.16.200.1      Tunnel200                00:00:04/00:01:40 v2    1 / S P G"
                ],
            }
        ),
        aws: FakeSession(
            answers={
                "show ip pim neighbor": ["172.16.200.2      Tunnel200                00:00:04/00:01:40 v2    1 / S P G"]
            }
        ),
    }
    await_conditions(dict(sessions), wanted, progress=ignore, timeout_s=5)
    assert sessions[far].calls.count("show ip bgp summary") == 2


def test_says_what_it_waited_for_and_what_the_router_last_said(lab: Lab) -> None:
    wanted = conditions(lab, FACTS, aws_router="a", far_routers={"lab": "f"})[:1]
    session = FakeSession(answers={"show ip bgp summary": ["169.254.10.1 4 64512 3 3 1 0 0 never Idle"]})
    with pytest.raises(TimedOutError, match=r"f: no BGP with 169\.254\.10\.1 .* within 0 s[\s\S]*never Idle"):
        await_conditions({"f": session}, wanted, progress=ignore, timeout_s=0)


def _established() -> str:
    return "169.254.10.1    4        64512       5       5        3    0    0 00:00:07        2"
