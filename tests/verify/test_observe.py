"""A lab is looked at once, all of it at the same time; what refuses is reported, and the rest is seen all the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes import FakeSession
from verify.sound import facts_of, lab_of, sound

from mcastlab.lab.design.names import aws_router_name, remote_router_name
from mcastlab.lab.design.routers import designed_routers
from mcastlab.lab.model import Group
from mcastlab.ports import ShellResult
from mcastlab.render.routers import render_remote_router
from mcastlab.verify.engine import verify
from mcastlab.verify.findings import Verdict
from mcastlab.verify.observe import host_inspector
from mcastlab.verify.observe.hosts import observe_host
from mcastlab.verify.observe.lab import Sources, observe, pings_of
from mcastlab.verify.observe.routers import RUNNING, observe_router
from mcastlab.verify.snapshot.lab import asked_paths
from mcastlab_base.errors import RefusedError, TimedOutError
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from mcastlab.facts import Facts
    from mcastlab.ports import RouterSession, Shell
    from mcastlab.verify.snapshot.aws import ObservedAws

SAMPLES = Path(__file__).parents[1] / "ios" / "show" / "samples"
LAB = lab_of()
FACTS = facts_of(LAB)
OSLO = LAB.sites[0]
PINGED = """\
Type escape sequence to abort.
Sending 2, 100-byte ICMP Echos to 10.255.0.10, timeout is 1 seconds:
!!
Success rate is 100 percent (2/2), round-trip min/avg/max = 1/2/3 ms
"""
ANSWERS = {
    "show version": "nonsense",
    "show platform hardware throughput level": "The current throughput level is 250000 kb/s\n",
    "show ip interface brief": (
        "Interface              IP-Address      OK? Method Status                Protocol\n"
        "Loopback0              10.254.0.10     YES NVRAM  up                    up      \n"
    ),
    "show crypto ikev2 sa": (SAMPLES / "crypto_ikev2_sa.txt").read_text(encoding="utf-8"),
    "show ip bgp summary": "% BGP not active\n",
    "show ip pim interface": (
        "\nAddress          Interface                Ver/   Nbr    Query  DR         DR\n"
        "                                          Mode   Count  Intvl  Prior\n"
        "10.254.0.10      Loopback0                v2/S   0      30     1          10.254.0.10\n"
    ),
    "show ip pim neighbor": (SAMPLES / "ip_pim_neighbor.txt").read_text(encoding="utf-8"),
    "show ip pim rp mapping": (SAMPLES / "ip_pim_rp_mapping.txt").read_text(encoding="utf-8"),
    "show ip pim tunnel": (SAMPLES / "ip_pim_tunnel.txt").read_text(encoding="utf-8"),
    "show ip igmp interface": (SAMPLES / "ip_igmp_interface.txt").read_text(encoding="utf-8"),
    "show ip igmp groups": (SAMPLES / "ip_igmp_groups.txt").read_text(encoding="utf-8"),
    "show ip mroute count": (SAMPLES / "ip_mroute_count.txt").read_text(encoding="utf-8"),
    "show ip mroute": (SAMPLES / "ip_mroute.txt").read_text(encoding="utf-8"),
    "show ip rpf 10.255.0.10": (SAMPLES / "ip_rpf_mroute.txt").read_text(encoding="utf-8"),
    "show ip rpf 10.0.0.9": " RPF information for ? (10.0.0.9) failed, no route exists\n",
    "ping": PINGED,
}


def session(name: str = "harbour/oslo-router") -> FakeSession:
    running = render_remote_router(LAB, OSLO, FACTS.sites["oslo"]).text.reveal()
    return FakeSession(
        router=name,
        answers={RUNNING: [f"Building configuration...\n\n{running}end\n"]} | {k: [v] for k, v in ANSWERS.items()},
    )


def test_a_router_is_read_with_what_it_answers_and_its_keys_stay_in_it() -> None:
    keys = {str(each.outside_address): each.pre_shared_key for each in FACTS.sites["oslo"].tunnels}
    first = min(keys)
    view = observe_router(
        session(),
        site="oslo",
        rpf_of=[IPv4Address("10.255.0.10"), IPv4Address("10.0.0.9")],
        keys={**keys, first: Secret("another")},
        pings={"underlay": "ping"},
    )
    assert view.keys == {address: address != first for address in keys}
    assert "k3y_nobody_sees" not in repr(view)
    assert "pre-shared-key ***" in view.running
    assert view.throughput_kbits == 250_000
    assert view.bgp == ()
    assert view.rpf[IPv4Address("10.0.0.9")] is None
    found = view.rpf[IPv4Address("10.255.0.10")]
    assert found is not None
    assert found.kind == "multicast (static)"
    assert view.underlay is not None
    assert view.underlay.received == 2
    # What cannot be read is named, and nothing else is lost by it.
    assert (view.version, list(view.unread)) == (None, ["show version"])


class Host:
    """A shell that answers one thing."""

    def __init__(self, host: str, result: ShellResult | Exception) -> None:
        self.host = host
        self._result = result

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        del command, timeout_s
        if isinstance(self._result, Exception):
            raise self._result
        return self._result


GROUP = Group(name="paging", address=IPv4Address("239.1.1.1"))


@pytest.mark.process
def test_what_a_host_says_of_itself_runs_as_it_is_and_is_read() -> None:
    look = Path(host_inspector.__file__)
    done = subprocess.run(
        [sys.executable, str(look), "239.1.1.1", "5004", "0"], capture_output=True, text=True, check=True
    )
    reported = json.loads(done.stdout)
    assert {"kernel", "interface", "source"} <= set(reported)
    view = observe_host(Host("buoy-1", ShellResult(code=0, stdout=done.stdout, stderr="")), None, GROUP, sends=False)
    assert (view.name, view.kernel, view.ttl) == ("buoy-1", reported["kernel"], None)


@pytest.mark.parametrize(
    "result",
    [
        ShellResult(code=127, stdout="", stderr="python3: not found"),
        ShellResult(code=0, stdout="no JSON", stderr=""),
        ShellResult(code=0, stdout="[]", stderr=""),
    ],
)
def test_a_host_that_cannot_say_is_refused_by_name(result: ShellResult) -> None:
    with pytest.raises(RefusedError, match="buoy-1"):
        observe_host(Host("buoy-1", result), None, GROUP, sends=True)


def sources(snapshot_aws: ObservedAws, *, refuse: str = "") -> Sources:
    """Return ways to a lab in which one thing refuses."""

    def refusing(what: str) -> None:
        if refuse == what:
            raise RefusedError(f"{what} refuses", hint="ask again")

    def account() -> ObservedAws:
        refusing("account")
        return replace(snapshot_aws, router=None, hosts={})

    def facts() -> Facts:
        refusing("facts")
        return FACTS

    def cloud(_facts: Facts, _account: ObservedAws) -> ObservedAws:
        refusing("cloud")
        return snapshot_aws

    def router(name: str, _facts: Facts | None) -> RouterSession:
        refusing(name)
        made = session(name)
        made.answers.update(
            {f"show ip rpf {path.network.network_address}": [ANSWERS["show ip rpf 10.0.0.9"]] for path in PATHS}
        )
        made.answers.update({f"show ip route {end}": ["% Network not in table\n"] for end in ENDS})
        made.answers.update({ping: [PINGED] for site in LAB.sites for ping in pings_of(LAB, site).values()})
        return made

    def shells(_facts: Facts | None) -> dict[str, Shell]:
        names = [*(LAB.host_names if _facts else ()), *(each.name for site in LAB.sites for each in site.machines)]
        good = ShellResult(code=0, stdout='{"kernel": "6.1", "interface": "ens5", "source": "10.40.1.7"}', stderr="")
        return {name: Host(name, TimedOutError(f"{name} is slow") if refuse == name else good) for name in names}

    return Sources(account=account, facts=facts, cloud=cloud, router=router, shells=shells)


SOUND = sound(LAB)
ENDS = [end for place in designed_routers(LAB) for end in place.gre_ends]
PATHS = asked_paths(LAB, {name: view.source for name, view in SOUND.hosts.items() if view.source})


@pytest.mark.parametrize(
    ("refuse", "unseen"),
    [
        ("", []),
        ("account", ["aws"]),
        ("cloud", ["aws"]),
        ("facts", ["buoy-1", "buoy-2", "facts", "harbour/aws-router"]),
        ("harbour/oslo-router", ["harbour/oslo-router"]),
        ("buoy-2", ["buoy-2"]),
        ("oslo-phone", ["oslo-phone"]),
    ],
)
def test_what_refuses_is_unseen_and_the_rest_is_seen(refuse: str, unseen: list[str]) -> None:
    assert SOUND.cloud is not None
    reported: list[str] = []
    seen = observe(LAB, sources(SOUND.cloud, refuse=refuse), progress=reported.append)
    assert [each.what for each in seen.unseen] == unseen
    everything = {aws_router_name(LAB), *(remote_router_name(LAB, site) for site in LAB.sites)}
    assert set(seen.routers) == everything - set(unseen)
    assert any(re.fullmatch(r"([1-9]\d*) of \1 routers, hosts and devices were asked", each) for each in reported)


def test_a_verification_in_which_aws_refuses_is_a_report_with_its_cause_first() -> None:
    assert SOUND.cloud is not None
    report = verify(LAB, sources(SOUND.cloud, refuse="account"), progress=lambda _: None, patience_s=0)
    assert report.verdict is Verdict.FAILS
    assert report.diagnoses[0].key == "aws_does_not_answer"
    assert "account refuses" in report.diagnoses[0].sentence
    assert report.checks[0].verdict is Verdict.FAILS
