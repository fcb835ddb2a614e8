"""The probe for real: hosts in network namespaces on a wire with IGMP snooping, sound and broken."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import pytest
from traffic.wire import Host, wire

from mcastlab.lab.model import Group
from mcastlab.remote_python import packed
from mcastlab.traffic import participants
from mcastlab.traffic.fleet import Fleet, command
from mcastlab.traffic.matrix import run_matrix
from mcastlab.traffic.options import Options, Stream
from mcastlab.traffic.participants import setting_of
from mcastlab.traffic.plan import PlannedFlow, TrafficNode, TrafficPlan
from mcastlab.traffic.profiles import profile
from mcastlab.traffic.results import SilenceKind, StallKind
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcastlab.lab.model import Lab
    from mcastlab.ports import ShellResult
    from mcastlab.traffic.options import Profile
    from mcastlab.traffic.results import TrafficReport

PATIENT_S: Final = 30
"""On a busy machine a round that came too late for its time is played again."""
MEASURING: Final = "until grep -q 010101EF /proc/net/igmp; do sleep 0.05; done; sleep 2.5"
"""Wait until a host has joined 239.1.1.1, and until what it hears of it is measured."""
STOP_PROBE: Final = """{measuring}; python3 - <<'END'
import ctypes, glob, os, time
own = os.readlink("/proc/self/ns/net")
def runs(path):
    try:
        return os.readlink(path + "/ns/net") == own and b"\\0run\\0" in open(path + "/cmdline", "rb").read()
    except OSError:
        return False
(pid,) = [int(path[6:]) for path in glob.glob("/proc/[0-9]*") if runs(path)]
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
assert ptrace(SEIZE, pid, None, None) == ptrace(INTERRUPT, pid, None, None) == 0, os.strerror(ctypes.get_errno())
os.waitpid(pid, 0x40000000)
time.sleep({for_s})
ptrace(DETACH, pid, None, None)
END
"""
"""Stop the probe that runs on a host for a time, as a tracer does: `nsenter` stops with a child that SIGSTOP stops."""
SHORT: Final = Options(measure_ms=400, settle_ms=900, payload=False, establish_within_s=3)


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> Iterator[Mapping[str, Host]]:
    with wire((*lab.host_names, *(device.name for site in lab.sites for device in site.devices))) as made:
        yield made


def played(lab: Lab, hosts: Mapping[str, Host], options: Options = SHORT) -> TrafficReport:
    return run_matrix(lab, hosts, options, progress=print)


def on_wire(hosts: Mapping[str, Host], command: str) -> None:
    """Run a command where the bridge is."""
    done = replace(next(iter(hosts.values())), host="wire").run(command, timeout_s=20)
    assert done.code == 0, done.stderr


def test_everybody_hears_everybody_and_nothing_else(lab: Lab, hosts: Mapping[str, Host]) -> None:
    ordinary = {**hosts, "doppel-2": replace(hosts["doppel-2"], privileged=False)}
    report = played(lab, ordinary, replace(SHORT, payload=True, establish_within_s=PATIENT_S))
    assert report.holds
    pairs = {(each.sender, each.receiver) for each in report.deliveries}
    assert pairs == {(one, other) for one in hosts for other in hosts if one != other}
    for each in report.deliveries:
        assert each.latency is not None
        # All namespaces have one clock: what is found is right to the error that is told.
        assert abs(each.latency.clock_offset_us) <= each.latency.clock_error_us
        assert 0 <= each.latency.min_us <= each.latency.median_us <= each.latency.p95_us <= each.latency.max_us
        assert each.join_delay_ms is not None
        assert sum(part.sent for part in each.timeline) >= each.sent
    # An ordinary user may not watch an interface, and says nothing of it.
    silent = {(each.host, each.kind) for each in report.silences}
    assert silent == {
        (host, kind) for host in ("doppel-1", "phone-1") for kind in (SilenceKind.NEVER_JOINED, SilenceKind.LEFT)
    }
    left = {each.receiver: each.leave_delay_ms for each in report.deliveries}
    assert left["doppel-2"] is None
    assert left["doppel-1"] is not None
    # The bridge's links carry packets of 8500 octets.
    assert {each.largest_octets for each in report.payloads if each.receiver == "doppel-2"} == {8472}


def test_a_domain_that_delivers_to_everybody_is_told(lab: Lab, hosts: Mapping[str, Host]) -> None:
    on_wire(hosts, "for port in p1 p2 p3; do ip link set $port type bridge_slave mcast_flood on; done")
    on_wire(hosts, "ip link set br0 type bridge mcast_snooping 0")
    try:
        report = played(lab, hosts)
    finally:
        on_wire(hosts, "ip link set br0 type bridge mcast_snooping 1")
        on_wire(hosts, "for port in p1 p2 p3; do ip link set $port type bridge_slave mcast_flood off; done")
    assert {(each.host, each.kind) for each in report.silences if each.heard} == {
        (host, kind) for host in hosts for kind in (SilenceKind.NEVER_JOINED, SilenceKind.LEFT)
    }
    assert all(each.holds for each in report.deliveries)
    assert not report.holds


def test_a_group_that_leaks_to_members_of_another_is_told(lab: Lab, hosts: Mapping[str, Host]) -> None:
    first = lab.groups[0]
    groups = tuple(
        first.model_copy(update={"name": name, "address": first.address + number})
        for number, name in enumerate(("first", "second"))
    )
    # The second group's datagrams reach doppel-1, member or not.
    on_wire(hosts, f"bridge mdb add dev br0 port p1 grp {groups[1].address} permanent")
    try:
        report = played(lab.model_copy(update={"groups": groups}), hosts)
    finally:
        on_wire(hosts, f"bridge mdb del dev br0 port p1 grp {groups[1].address} permanent")
    leaking = {(each.group, each.host, each.kind) for each in report.silences if each.heard}
    assert leaking == {("second", "doppel-1", kind) for kind in SilenceKind}


def test_what_is_lost_or_never_comes_is_told(lab: Lab, hosts: Mapping[str, Host]) -> None:
    lossy = "add table ip broken; add chain ip broken in { type filter hook input priority 0 ; }; "
    lossy += "add rule ip broken in ip protocol udp numgen inc mod 49 0 drop"
    deaf = "add table ip broken; add chain ip broken in { type filter hook input priority 0 ; policy drop ; }"
    for name, rules in (("doppel-2", lossy), ("phone-1", deaf)):
        assert hosts[name].run(f"nft '{rules}'", timeout_s=10).code == 0
    try:
        report = played(lab, hosts)
    finally:
        for name in ("doppel-2", "phone-1"):
            hosts[name].run("nft delete table ip broken", timeout_s=10)
    found = {(each.sender, each.receiver): each for each in report.deliveries}
    assert 0 < found["doppel-1", "doppel-2"].lost < found["doppel-1", "doppel-2"].sent
    never = found["doppel-1", "phone-1"]
    assert never.received == 0
    assert never.sent > 0
    assert (never.latency, never.established_after_s, never.join_delay_ms) == (None, None, None)
    assert found["phone-1", "doppel-1"].holds
    # Nothing reached phone-1: what the commands know of its clock bounds the latency, and nobody tells a middle.
    one_way = found["phone-1", "doppel-1"]
    assert one_way.latency is None
    assert one_way.bound is not None
    assert 0 <= one_way.bound.lower_ms < one_way.bound.upper_ms
    assert one_way.bound.upper_ms > 1
    assert {part.latency_median_us for part in one_way.timeline} == {None}
    # Nobody was busy long enough to be excused for what a filter dropped.
    assert found["doppel-1", "doppel-2"].stalled < found["doppel-1", "doppel-2"].lost
    assert not report.holds


def test_a_receiver_that_is_stopped_is_told_and_measured_again(
    lab: Lab, hosts: Mapping[str, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two such streams fill the queue of a host without rights, of 8 MB, in a second.
    fast = Stream(name="fast", what="fast", interval_us=2000, burst=4, sizes=(1300,))
    monkeypatch.setattr(participants, "stream", lambda _name, **_: fast)
    ordinary = {**hosts, "doppel-2": replace(hosts["doppel-2"], privileged=False)}
    stopping: list[subprocess.Popen[bytes]] = []
    told: list[str] = []

    def progress(text: str) -> None:
        told.append(text)
        if text.endswith("to establish themselves") and not stopping:
            stopping.append(subprocess.Popen(hosts["doppel-2"].argv(STOP_PROBE.format(measuring=MEASURING, for_s=2.5))))

    options = replace(SHORT, measure_ms=6000, establish_within_s=PATIENT_S)
    report = run_matrix(lab, ordinary, options, progress=progress)
    assert stopping[0].wait(10) == 0
    first = [each for each in report.stalls if each.host == "doppel-2" and each.round == 1]
    assert {each.kind for each in first} == {StallKind.QUEUE_FULL}
    assert sum(each.lost for each in first) > 10
    assert len([text for text in told if text.endswith("to establish themselves")]) > 1
    assert report.holds


def test_what_a_filter_drops_of_all_flows_for_as_long_is_the_networks(lab: Lab, hosts: Mapping[str, Host]) -> None:
    drop = "add table ip broken; add chain ip broken in { type filter hook input priority 0 ; }; "
    drop += "add rule ip broken in ip protocol udp drop"
    breaking: list[subprocess.Popen[bytes]] = []

    def progress(text: str) -> None:
        if text.endswith("to establish themselves"):
            script = f"{MEASURING}; nft '{drop}'; sleep 1; nft delete table ip broken"
            breaking.append(subprocess.Popen(hosts["doppel-2"].argv(script)))

    report = run_matrix(lab, hosts, replace(SHORT, measure_ms=6000, establish_within_s=PATIENT_S), progress=progress)
    assert [each.wait(10) for each in breaking] == [0] * len(breaking)
    lost = {each.sender: each.lost for each in report.deliveries if each.receiver == "doppel-2"}
    assert all(number > 50 for number in lost.values()), lost
    assert not report.holds


def test_interrupted_it_leaves_no_process(lab: Lab, hosts: Mapping[str, Host]) -> None:
    before = processes(hosts)

    def interrupt(_: str) -> None:
        signal.setitimer(signal.ITIMER_REAL, 2)

    def raising(*_: object) -> None:
        raise KeyboardInterrupt

    old = signal.signal(signal.SIGALRM, raising)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_matrix(lab, hosts, replace(SHORT, profile="churn"), progress=interrupt)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert processes(hosts) == before


def processes(hosts: Mapping[str, Host]) -> list[str]:
    """Return the commands that run in the sandbox, but for this question."""
    told = hosts["phone-1"].run("cat /proc/[0-9]*/cmdline | tr '\\0' ' '; true", timeout_s=10).stdout
    return [word for word in told.split() if word.endswith(("python3", "infinity"))]


def test_what_a_killed_run_left_is_no_bystander_and_is_ended(lab: Lab, hosts: Mapping[str, Host]) -> None:
    group = lab.groups[0].address
    joining = f"s.setsockopt(0, 35, socket.inet_aton('{group}') + bytes(4))"
    member = f"import socket, sys; s = socket.socket(2, 2); {joining}; sys.stdin.read()"
    before = processes(hosts)
    argv = hosts["doppel-1"].argv(f'exec python3 -c "{member}"')
    # It ends with its input.
    with subprocess.Popen(argv, stdin=subprocess.PIPE):
        report = played(lab, hosts)
    assert report.holds
    assert {each.host for each in report.silences} == {"doppel-2", "phone-1"}

    fleet = Fleet(hosts)
    plan = profile(setting_of(lab, replace(SHORT, profile="churn"), guard_ms=100))
    begin = time.time_ns()
    document = packed(json.dumps(plan.document("0badcafe", dict.fromkeys(plan.busy, begin), {})).encode())
    left = [subprocess.Popen(hosts[name].argv(command("run", document, name))) for name in hosts]
    end = time.monotonic() + 10
    while len(processes(hosts)) < len(before) + len(left):
        assert time.monotonic() < end
        time.sleep(0.05)
    # The probe listens once its program is read.
    ended = 0
    while ended < len(left):
        assert time.monotonic() < end
        ended += fleet.clear(hosts)
    assert [each.wait(10) for each in left] == [0] * len(left)
    assert processes(hosts) == before


def test_a_host_without_python_is_absent_and_the_others_are_measured(lab: Lab, hosts: Mapping[str, Host]) -> None:
    class Bare(Host):
        def run(self, command: str, *, timeout_s: float) -> ShellResult:
            return Host.run(self, f"PATH=/nowhere; {command}", timeout_s=timeout_s)

    bare = Bare("doppel-1", hosts["doppel-1"].enter)
    report = played(lab, {**hosts, "doppel-1": bare})
    (absent,) = report.absent
    assert re.match(r"doppel-1: the probe ended with 127: .*python3", absent.why)
    assert not report.holds
    ends = {end for each in report.deliveries for end in (each.sender, each.receiver)}
    assert ends >= {"doppel-2"}
    assert "doppel-1" not in ends | {each.host for each in report.silences}
    assert all(each.holds for each in report.deliveries)


def test_a_host_that_is_lost_on_the_way_is_absent_and_the_others_are_measured_anew(
    lab: Lab, hosts: Mapping[str, Host]
) -> None:
    class Lost(Host):
        def run(self, command: str, *, timeout_s: float) -> ShellResult:
            if " run " in command:
                raise RefusedError(f"{self.host}: it was stopped")
            return Host.run(self, command, timeout_s=timeout_s)

    report = played(lab, {**hosts, "doppel-2": Lost("doppel-2", hosts["doppel-2"].enter)})
    assert [(each.host, each.why) for each in report.absent] == [("doppel-2", "doppel-2: it was stopped")]
    assert report.deliveries
    assert all(each.holds for each in report.deliveries)


def test_where_nobody_is_left_to_play_the_first_ones_error_is_told(lab: Lab, hosts: Mapping[str, Host]) -> None:
    @dataclass(frozen=True)
    class Gone(Host):
        def run(self, command: str, *, timeout_s: float) -> ShellResult:
            raise RefusedError(f"{self.host}: gone after {len(command)} characters within {timeout_s} s")

    with pytest.raises(RefusedError, match="doppel-1: gone"):
        played(lab, {name: Gone(name, host.enter) for name, host in hosts.items()})


def test_profiles_hold_on_a_sound_wire_beside_each_other(lab: Lab, hosts: Mapping[str, Host]) -> None:
    group = lab.groups[0]
    asked: tuple[tuple[Profile, str], ...] = (("conference", "g711"), ("churn", "h264"), ("paging", "plain"))

    def play(place: int) -> TrafficReport:
        own = group.model_copy(update={"address": group.address + 10 + place})
        kind, stream = asked[place]
        rate = 4000 if kind == "paging" else None
        options = replace(SHORT, profile=kind, stream=stream, rate_pps=rate, establish_within_s=PATIENT_S)
        return played(lab.model_copy(update={"groups": (own,)}), hosts, options)

    with ThreadPoolExecutor() as pool:
        reports = list(pool.map(play, range(len(asked))))
    assert [report.profile for report in reports if report.holds] == [kind for kind, _ in asked]
    conference, churn, paging = reports
    assert {each.receiver for each in conference.deliveries} == set(hosts)
    assert {each.receiver for each in churn.deliveries} == set(hosts)
    assert {each.sender for each in paging.deliveries} == {"doppel-1"}
    assert {(each.asked_pps, each.sustained_pps) for each in paging.rates} == {(4000, 4000)}


def test_more_than_a_shells_output_comes_in_pages(hosts: Mapping[str, Host], monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(hosts)
    fleet.greet(["doppel-1"])
    node = TrafficNode(name="doppel-1", site=None)
    flows = tuple(
        PlannedFlow(group=0, sender=0, start_ms=0, interval_us=1000, burst=1, count=1, sizes=(24,)) for _ in range(6000)
    )
    group = Group.model_validate({"name": "group", "address": "239.1.1.1"})
    asked: list[str] = []
    run = Host.run

    def noting(self: Host, command: str, *, timeout_s: float) -> ShellResult:
        result = run(self, command, timeout_s=timeout_s)
        asked.append(command.split()[6])
        assert len(result.stdout) < 24_000
        return result

    monkeypatch.setattr(Host, "run", noting)
    plan = TrafficPlan(
        groups=(group,), nodes=(node,), flows=flows, memberships=(), settle_ms=0, guard_ms=0, end_ms=3000, ttl=1
    )
    (found,) = fleet.carry_out(plan).values()
    assert len(found["sent"]) == 6000
    assert {each["sent"] for each in found["sent"]} == {1}
    assert asked[0] == "run"
    assert "page" in asked
    assert asked[-1] == "stop"
