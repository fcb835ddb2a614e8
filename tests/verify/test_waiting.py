"""After a push the routers are polled by the very checks of a verification, all at once, until all of them hold."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from facts_sample import FACTS

from mcastlab.lab.design.names import aws_router_name, remote_router_name
from mcastlab.verify.findings import Verdict
from mcastlab.verify.waiting import await_working
from mcastlab_base.errors import RefusedError, TimedOutError
from mcastlab_base.waiting import CLOCK, ManualWaitClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.lab.model import Lab
    from mcastlab_base.waiting import WaitClock

UP = "00:00:07        2"
BRIEF = """\
Interface              IP-Address      OK? Method Status                Protocol
Loopback0              10.254.0.10     YES NVRAM  up                    up
Tunnel101              169.254.10.2    YES NVRAM  up                    up
Tunnel200              172.16.200.2    YES NVRAM  up                    up
"""
IKE = """\
Tunnel-id Local                 Remote                fvrf/ivrf            Status
1         203.0.113.1/500       198.51.100.10/500     none/none            READY
      Encr: AES-CBC, keysize: 256, PRF: SHA256, Hash: SHA256, DH Grp:14, Auth sign: PSK, Auth verify: PSK
      Life/Active Time: 28800/60 sec
"""
PINGED = """\
Type escape sequence to abort.
Sending 2, 100-byte ICMP Echos to 10.255.0.10, timeout is 1 seconds:
{marks}
Success rate is {percent} percent ({received}/2){times}
"""
ANSWERED = PINGED.format(marks="!!", percent=100, received=2, times=", round-trip min/avg/max = 1/2/3 ms")
SILENT = PINGED.format(marks="..", percent=0, received=0, times="")
BGP = (
    "BGP router identifier 10.254.0.10, local AS number 65001\n"
    "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd\n"
    "169.254.10.1    4        64512       5       5        3    0    0 {}"
)
RUNNING = """\
interface Tunnel101
 tunnel destination 198.51.100.10
 tunnel protection ipsec profile P
!
interface Tunnel200
 ip pim sparse-mode
!
end
"""
NEIGHBOUR = "{}      Tunnel200                00:00:04/00:01:40 v2    1 / S P G"


@dataclass
class Router:
    """A router whose BGP comes up by the states that are left, the last of which stays."""

    router: str
    neighbour: str
    bgp: list[str] = field(default_factory=lambda: [UP])
    ping: str = ANSWERED
    brief: str = BRIEF
    calls: list[str] = field(default_factory=list)
    closed: bool = False
    meet: Callable[[], object] = lambda: None

    def show_all(self, *commands: str) -> tuple[str, ...]:
        self.meet()
        return tuple(self._answer(command) for command in commands)

    def _answer(self, command: str) -> str:
        self.calls.append(command)
        if command == "show ip bgp summary":
            return BGP.format(self.bgp.pop(0) if len(self.bgp) > 1 else self.bgp[0])
        answers = {
            "show running-config": RUNNING,
            "show ip interface brief": self.brief,
            "show crypto ikev2 sa": IKE,
            "show ip pim neighbor": NEIGHBOUR.format(self.neighbour),
        }
        return answers.get(command, self.ping)

    def close(self) -> None:
        self.closed = True


def pair(lab: Lab) -> tuple[Router, Router]:
    """Return the AWS router and the site's."""
    return (
        Router(aws_router_name(lab), "172.16.200.2"),
        Router(remote_router_name(lab, lab.sites[0]), "172.16.200.1"),
    )


def wait(
    lab: Lab,
    routers: tuple[Router, ...],
    *,
    timeout_s: float = 5,
    reported: list[str] | None = None,
    clock: WaitClock = CLOCK,
) -> object:
    by_name = {each.router: each for each in routers}
    progress = (lambda _: None) if reported is None else reported.append
    return await_working(
        lab,
        FACTS,
        lambda name: by_name[name],  # type: ignore[arg-type,return-value]
        progress=progress,
        timeout_s=timeout_s,
        clock=clock,
    )


@dataclass
class Late:
    """A clock of a wait, at whose seconds things happen to a router."""

    at: dict[float, Callable[[], object]]
    clock: ManualWaitClock = field(default_factory=ManualWaitClock)

    def now(self) -> float:
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)
        for due in [each for each in self.at if each <= self.clock.now()]:
            self.at.pop(due)()


def test_waits_until_bgp_has_learnt_routes_and_then_lets_gre_prove_itself(lab: Lab) -> None:
    aws, far = pair(lab)
    far.bgp = ["never    Active", UP]
    reported: list[str] = []
    found = wait(lab, (aws, far), reported=reported)
    assert {each.verdict for each in found.results} == {Verdict.HOLDS}  # type: ignore[attr-defined]
    # Twice at a glance, and once more with the pings that only then are answered.
    assert far.calls.count("show ip bgp summary") == 3
    assert [call for call in far.calls if call.startswith("ping")] == far.calls[-2:]
    assert far.calls.count("show running-config") == 1
    assert any("BGP with 169.254.10.1" in line for line in reported)
    assert (aws.closed, far.closed) == (True, True)


def test_all_routers_are_asked_at_once(lab: Lab) -> None:
    aws, far = pair(lab)
    # Neither is answered before both were asked.
    barrier = threading.Barrier(2, timeout=10)
    aws.meet = far.meet = barrier.wait
    wait(lab, (aws, far))


def test_says_what_it_waited_for_and_what_was_seen_last(lab: Lab) -> None:
    aws, far = pair(lab)
    far.bgp = ["never    Idle"]
    with pytest.raises(
        TimedOutError, match=r"within 0 s that BGP with 169\.254\.10\.1 [\s\S]*Idle.*show ip bgp summary"
    ):
        wait(lab, (aws, far), timeout_s=0)
    assert (aws.closed, far.closed) == (True, True)


def test_gre_that_carries_nothing_is_not_up(lab: Lab) -> None:
    aws, far = pair(lab)
    far.ping = SILENT
    with pytest.raises(TimedOutError, match=r"reaches 10\.255\.0\.10.*0 of 2 echo requests"):
        wait(lab, (aws, far), timeout_s=0)


def test_what_stops_it_is_reported_with_its_fix(lab: Lab) -> None:
    aws, far = pair(lab)
    far.brief = BRIEF.replace("Tunnel101              169.254.10.2    YES NVRAM  up                    up", "")
    far.brief += "Tunnel101              169.254.10.2    YES NVRAM  administratively down down\n"
    with pytest.raises(TimedOutError, match="`shutdown`") as caught:
        wait(lab, (aws, far), timeout_s=0)
    assert "no shutdown" in caught.value.hint


def test_an_answer_that_cannot_be_read_is_reported_at_once(lab: Lab) -> None:
    aws, far = pair(lab)
    far.brief = "nonsense"
    with pytest.raises(RefusedError, match=f"{far.router}: cannot read show ip interface brief"):
        wait(lab, (aws, far))
    assert (aws.closed, far.closed) == (True, True)


def test_each_layer_has_its_time_from_the_moment_when_the_one_below_held(lab: Lab) -> None:
    aws, far = pair(lab)
    far.bgp, far.ping, far.neighbour = ["never    Active"], SILENT, "198.51.100.99"

    def bgp_opens() -> None:
        far.bgp = [UP]

    def gre_carries() -> None:
        far.ping = ANSWERED

    def pim_meets() -> None:
        far.neighbour = "172.16.200.1"

    reported: list[str] = []
    clock = Late({45.0: bgp_opens, 100.0: gre_carries, 155.0: pim_meets})
    found = wait(lab, (aws, far), timeout_s=240, reported=reported, clock=clock)
    assert {each.verdict for each in found.results} == {Verdict.HOLDS}  # type: ignore[attr-defined]
    assert 155 <= clock.now() < 160
    assert any(line.startswith("waiting for BGP (43 s; an open that failed") for line in reported)
    assert any(line.startswith("waiting for GRE (") for line in reported)
    assert any(line.startswith("waiting for PIM (50 s; a hello") for line in reported)


@pytest.mark.parametrize(
    ("fault", "layer", "after_s"), [("bgp", "BGP", 60), ("gre", "GRE", 60), ("pim", "PIM", 65)], ids=str
)
def test_a_layer_that_never_holds_ends_the_wait_by_its_name(lab: Lab, fault: str, layer: str, after_s: float) -> None:
    aws, far = pair(lab)
    match fault:
        case "bgp":
            far.bgp = ["never    Active"]
        case "gre":
            far.ping, far.neighbour = SILENT, "198.51.100.99"
        case _:
            far.neighbour = "198.51.100.99"
    clock = Late({})
    with pytest.raises(TimedOutError, match=f"^{layer}: it does not hold within 60 s that"):
        wait(lab, (aws, far), timeout_s=240, clock=clock)
    assert after_s <= clock.now() < after_s + 3


def test_layers_that_hold_by_turns_end_the_wait_when_all_the_time_is_over(lab: Lab) -> None:
    aws, far = pair(lab)

    def down() -> None:
        far.bgp = ["never    Active"]

    def up() -> None:
        far.bgp, far.neighbour, far.ping = [UP], "198.51.100.99", SILENT

    down()
    clock = Late({float(at): (up if at // 30 % 2 else down) for at in range(0, 300, 30)})
    with pytest.raises(TimedOutError, match="within 240 s"):
        wait(lab, (aws, far), timeout_s=240, clock=clock)
    assert clock.now() == pytest.approx(240)


def test_a_look_that_lasts_past_the_time_is_followed_by_one_that_names_the_layer(lab: Lab) -> None:
    aws, far = pair(lab)
    far.bgp = ["never    Active"]
    clock = ManualWaitClock()
    far.meet = lambda: clock.sleep(7)
    with pytest.raises(TimedOutError, match=r"^BGP: it does not hold within 10 s"):
        wait(lab, (aws, far), timeout_s=10, clock=clock)
    assert clock.now() == pytest.approx(21.2)
