"""A device that reboots says nothing as it goes, and reports its groups once it is up; judged by tshark."""

from __future__ import annotations

import shlex
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from traffic.wire import Host, wire

from mcastlab.lab.document import parse_yaml
from mcastlab.places import PROJECT
from mcastlab.scenario.play import play
from mcastlab.scenario.reading import parse_test

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.process

GROUP: Final = "239.1.1.1"
LAB: Final = parse_yaml(
    f"""\
name: phones
vpc: {{cidr: 10.10.0.0/16}}
hosts:
- {{name: desk, count: 2}}
sites:
- name: berlin
  router: {{ssh: berlin-router, wan: 203.0.113.2/30, lan: 192.168.50.1/24}}
  devices:
  - {{name: phone-1, address: 192.168.50.20}}
groups:
- {{name: paging, address: {GROUP}}}
""",
    "lab.yaml",
)
TEST: Final = """\
name: morning
steps:
- reboot: {members: desk-1, for: 5s}
- conference: {group: paging, members: "*", talkers: 3, turn: 6s, for: 6s}
"""
FIELDS: Final = ("frame.time_epoch", "rtp.ssrc", "igmp.type", "igmp.record_type", "igmp.maddr", "ip.dst", "ip.ttl")
REPORTS: Final = {2: ("0x16", "", GROUP, GROUP, "1"), 3: ("0x22", "4", GROUP, "224.0.0.22", "1")}
"""By version: type, type of its record, group, destination and time to live."""


@pytest.fixture(scope="module")
def hosts() -> Iterator[Mapping[str, Host]]:
    with wire(("desk-1", "desk-2", "phone-1")) as made:
        yield made


@contextmanager
def captured(host: Host, file: Path, *options: str) -> Iterator[None]:
    """Capture what a host sends of IGMP and RTP for as long as this lasts, or so many packets of it."""
    named = shlex.join(("-i", "eth0", "-Q", "out", "--immediate-mode", "-U", *options, "-w", "-"))
    argv = host.argv(f"exec tcpdump -q -Z root {named} 'igmp or udp port 5004'")
    with (
        file.open("wb") as pcap,
        subprocess.Popen(argv, stdout=pcap, stderr=subprocess.PIPE, text=True) as tcpdump,
    ):
        assert tcpdump.stderr is not None
        assert "listening on" in tcpdump.stderr.readline()
        yield
        if not options:
            tcpdump.terminate()


def rows_of(file: Path) -> list[list[str]]:
    """The fields of each packet, by tshark, which finds no fault with any."""
    read = ("tshark", "-r", str(file), "-d", "udp.port==5004,rtp", "-o", "ip.check_checksum:TRUE")
    faulty = "_ws.malformed || _ws.expert.severity == error || igmp.checksum.status == 0"
    assert subprocess.run((*read, "-Y", faulty), capture_output=True, check=True).stdout == b""
    words = (word for field in FIELDS for word in ("-e", field))
    found = subprocess.run((*read, "-T", "fields", *words), capture_output=True, text=True, check=True).stdout
    return [line.split("\t") for line in found.splitlines()]


def reported_at(rows: list[list[str]], version: int) -> list[float]:
    """When a version's report of the group was sent."""
    return [float(at) for at, _, *rest in rows if tuple(rest) == REPORTS[version]]


def test_a_device_that_rebooted_reports_its_groups_and_did_not_leave_them(
    hosts: Mapping[str, Host], tmp_path: Path
) -> None:
    test, script = parse_test(TEST, "morning.yaml", LAB)
    with captured(hosts["desk-1"], tmp_path / "reboot.pcap"):
        play(test, script, LAB, hosts, progress=print)
    rows = rows_of(tmp_path / "reboot.pcap")
    talked = [float(at) for at, ssrc, *_ in rows if ssrc]
    reports = reported_at(rows, 2)
    # Beside those of its join and of queries: it speaks again from when it is up.
    assert any(abs(at - talked[0]) < 0.2 for at in reports), (talked[0], reports)
    assert any(abs(at - talked[0] - 1) < 0.2 for at in reports), (talked[0], reports)
    left = [float(at) for at, _, kind, *_ in rows if kind == "0x17"]
    assert left
    assert min(left) > talked[-1]


@pytest.mark.parametrize("version", [2, 3])
def test_a_report_is_one_of_the_version_that_its_interface_speaks(
    version: int, hosts: Mapping[str, Host], tmp_path: Path
) -> None:
    source = PROJECT / "scripts"
    shown = f"igmp.member_interface = lambda _: ('eth0', {version})"
    program = f"from mcastlab.traffic.probe import igmp\n{shown}\nigmp.report_membership('{GROUP}')"
    with captured(hosts["desk-2"], tmp_path / "report.pcap", "-c", "1"):
        done = hosts["desk-2"].run(f"cd {source} && python3 -B -c {shlex.quote(program)}", timeout_s=20)
        assert done.code == 0, done.stderr
    assert len(reported_at(rows_of(tmp_path / "report.pcap"), version)) == 1


def test_who_may_not_send_reports_says_so(hosts: Mapping[str, Host]) -> None:
    ordinary = replace(hosts["phone-1"], privileged=False)
    source = PROJECT / "scripts"
    program = (
        "from mcastlab.traffic.probe import igmp, sockets\n"
        f"sock = sockets.member('{GROUP}', 5004)\nigmp.report_membership('{GROUP}')"
    )
    done = ordinary.run(f"cd {source} && python3 -B -c {shlex.quote(program)}", timeout_s=20)
    assert "PermissionError" in done.stderr
