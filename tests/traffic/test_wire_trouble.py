"""The probe for real, where a host stops, is lost or is interrupted."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import pytest
from traffic.wire import PATIENT_S, SHORT, Host, played

from mcastlab.remote_python import packed
from mcastlab.traffic import participants
from mcastlab.traffic.fleet import Fleet, command
from mcastlab.traffic.matrix import run_matrix
from mcastlab.traffic.matrix_plan import matrix_plan
from mcastlab.traffic.options import Stream
from mcastlab.traffic.participants import setting_of
from mcastlab.traffic.results import StallKind
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.lab.model import Lab
    from mcastlab.ports import ShellResult

pytestmark = pytest.mark.twin

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


def test_a_receiver_that_is_stopped_is_reported_and_measured_again(
    lab: Lab, hosts: Mapping[str, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two such streams fill the queue of a host without rights, of 8 MB, in a second.
    fast = Stream(name="fast", what="fast", interval_us=2000, burst=4, sizes=(1300,))
    monkeypatch.setattr(participants, "stream", lambda _name, **_: fast)
    ordinary = {**hosts, "doppel-2": replace(hosts["doppel-2"], privileged=False)}
    stopping: list[subprocess.Popen[bytes]] = []
    reported: list[str] = []

    def progress(text: str) -> None:
        reported.append(text)
        if text.endswith("to establish themselves") and not stopping:
            stopping.append(subprocess.Popen(hosts["doppel-2"].argv(STOP_PROBE.format(measuring=MEASURING, for_s=2.5))))

    options = replace(SHORT, measure_ms=6000, establish_within_s=PATIENT_S)
    report = run_matrix(lab, ordinary, options, progress=progress)
    assert stopping[0].wait(10) == 0
    first = [each for each in report.stalls if each.host == "doppel-2" and each.round == 1]
    assert {each.kind for each in first} == {StallKind.QUEUE_FULL}
    assert sum(each.lost for each in first) > 10
    assert len([text for text in reported if text.endswith("to establish themselves")]) > 1
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
            run_matrix(lab, hosts, replace(SHORT, measure_ms=10_000), progress=interrupt)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert processes(hosts) == before


def processes(hosts: Mapping[str, Host]) -> list[str]:
    """Return the commands that run in the sandbox, but for this question."""
    reported = hosts["phone-1"].run("cat /proc/[0-9]*/cmdline | tr '\\0' ' '; true", timeout_s=10).stdout
    return [word for word in reported.split() if word.endswith(("python3", "infinity"))]


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
    plan = matrix_plan(setting_of(lab, replace(SHORT, measure_ms=10_000), guard_ms=100))
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


def test_where_nobody_is_left_to_play_the_first_ones_error_is_reported(lab: Lab, hosts: Mapping[str, Host]) -> None:
    @dataclass(frozen=True)
    class Gone(Host):
        def run(self, command: str, *, timeout_s: float) -> ShellResult:
            raise RefusedError(f"{self.host}: gone after {len(command)} characters within {timeout_s} s")

    with pytest.raises(RefusedError, match="doppel-1: gone"):
        played(lab, {name: Gone(name, host.enter) for name, host in hosts.items()})
