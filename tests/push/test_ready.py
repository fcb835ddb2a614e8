"""What a refusal is, and the wait until the routers work together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from facts_sample import FACTS
from fakes import FakeSession

from mcastlab.errors import TimedOutError
from mcastlab.ios.refusals import refusal_in
from mcastlab.routers.convergence import await_conditions, conditions

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab


def ignore(*_: object) -> None:
    """Take progress and do nothing."""


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
                "show ip bgp summary": [_bgp("never    Active"), _bgp("00:00:07        2")],
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
    session = FakeSession(answers={"show ip bgp summary": [_bgp("never    Idle")]})
    with pytest.raises(TimedOutError, match=r"f: no BGP with 169\.254\.10\.1 .* within 0 s[\s\S]*never +Idle"):
        await_conditions({"f": session}, wanted, progress=ignore, timeout_s=0)


def _bgp(state: str) -> str:
    return (
        "BGP router identifier 10.254.0.10, local AS number 65001\n"
        "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd\n"
        f"169.254.10.1    4        64512       5       5        3    0    0 {state}"
    )
