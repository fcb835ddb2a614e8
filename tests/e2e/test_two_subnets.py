"""Senders in two subnets of the router's zone: each datagram reaches everybody once, in the VPC and at the site.

So they do after the lab was changed and its router replaced in place.
"""

from __future__ import annotations

import json
import os
import shlex
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml
from traffic.captures import capture_of, dissected
from trials.flows import Direction, Trial
from trials.run import Stream, run_trial

from mcastlab.aws.cdk import CdkDeployer
from mcastlab.aws.clients import Clients
from mcastlab.aws.deploying import deploy_lab, planned
from mcastlab.aws.images import images_of
from mcastlab.cli.connections import Connections
from mcastlab.host_setup import set_up
from mcastlab.lab.design.names import VPC_BOUNDARY, aws_router_name
from mcastlab.lab_files import PROJECT, read_lab
from mcastlab.traffic.listen import group_named, page
from mcastlab.traffic.media import media

from .breaks import line_out
from .conftest import CommandLine, Deployed, in_twin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trials.flows import Outcome

    from mcastlab.lab.model import Lab
    from mcastlab.ports import Shell

pytestmark = [pytest.mark.twin, pytest.mark.timeout(900)]

SENDER: Final = """\
import itertools, os, socket, struct, time
group = os.environ["MCASTLAB_GROUP"], int(os.environ["MCASTLAB_PORT"])
way = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
way.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 16)
begin = time.monotonic()
for number in itertools.count():
    way.sendto(struct.pack("!BBHII", 0x80, 0, number & 0xFFFF, number * 160, 0x5EED) + bytes(160), group)
    time.sleep(max(0, begin + (number + 1) * 0.02 - time.monotonic()))
"""
"""A user's own program, which knows nothing of us: G.711 mu-law, until it is ended."""
SETUP: Final = f"""\
#!/bin/bash
set -e
echo {{number}} >> /opt/runs
cat > /opt/sender.py <<'END'
{SENDER}END
"""
STREAM: Final = Stream(count=60, establish_within_s=40)
BROKEN: Final = Stream(count=20, batch=5, establish_within_s=3)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    written = (PROJECT / "tests/labs/two_subnets.yaml").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("two-subnets") / "lab.yaml"
    written = written.replace("239.1.1.1}", "239.1.1.1, announce: true}")
    path.write_text(written.replace("subnet: front}", "subnet: front, setup: setup.sh}"), encoding="utf-8")
    path.with_name("setup.sh").write_text(SETUP.format(number=1), encoding="utf-8")
    yield from in_twin(path)


@pytest.fixture(autouse=True)
def _inside(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in deployed.command_line.environment.items():
        if os.environ.get(key) != value:
            monkeypatch.setenv(key, value)


def sent(deployed: Deployed, group: str, sender: str, stream: Stream) -> Outcome:
    """Send to a group from one of those that are in it, and return what the others got."""
    lab = deployed.lab
    members = (*lab.host_names, *(device.name for site in lab.sites for device in site.devices))
    trial = Trial(
        direction=Direction.TO_SITE if sender in lab.host_names else Direction.TO_AWS,
        group=next(each for each in lab.groups if each.name == group),
        sender=sender,
        receivers=tuple(name for name in members if name != sender),
        bystanders=(),
    )
    shells = Connections(lab).shells(Connections(lab).facts())
    return run_trial(trial, shells, stream, progress=print)


# The router joins the one group, and the API registers it in the other.
@pytest.mark.parametrize("group", ["paging", "calls"])
@pytest.mark.parametrize("sender", ["near-1", "beside-1", "phone-1"])
def test_each_datagram_reaches_everybody_once(deployed: Deployed, group: str, sender: str) -> None:
    outcome = sent(deployed, group, sender, STREAM)
    assert outcome.holds, outcome
    assert [each.duplicates for each in outcome.receptions] == [0, 0], outcome


# An ordinary program without a privilege: what a player does.
HEAR_SAP: Final = """\
import socket
heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
heard.bind(("239.195.255.255", 9875))
heard.setsockopt(0, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.195.255.255") + bytes(4))
heard.settimeout(40)
while not (packet := heard.recv(65535))[0] & 4:
    print(packet.hex())
print(packet.hex())
"""


@pytest.mark.parametrize(("sender", "listener"), [("beside-1", "phone-1"), ("phone-1", "beside-1")])
def test_an_announcement_is_seen_at_the_other_end(
    deployed: Deployed, sender: str, listener: str, tmp_path: Path
) -> None:
    lab = deployed.lab
    shells, paging = Connections(lab).shells(Connections(lab).facts()), group_named(lab, "paging")
    with ThreadPoolExecutor(1) as pool:
        hearing = pool.submit(shells[listener].run, f"python3 -c {shlex.quote(HEAR_SAP)}", timeout_s=60)
        until_member(shells[listener])
        page(lab, paging, shells, sound=media("g711u", 1352), for_ms=3000, sender=sender, progress=print)
        heard = hearing.result()
    packets = [bytes.fromhex(line) for line in heard.stdout.split()]
    assert len(packets) > 1, heard.stderr
    fields = ("sap.flags.t", "sdp.session_name", "sdp.connection_info.address", "sdp.media.port", "_ws.malformed")
    # The first one may be lost, as it builds the tree.
    *_, announced, deleted = dissected(capture_of(tmp_path / "heard.pcap", packets, 9875), fields)
    assert tuple(announced.values()) == ("0", "paging", "239.1.1.1", "5004", "")
    assert (deleted["sap.flags.t"], deleted["_ws.malformed"]) == ("1", "")


def until_member(shell: Shell) -> None:
    """Wait until the listener is a member, and its router knows."""
    waited = "for _ in $(seq 200); do grep -q FFFFC3EF /proc/net/igmp && exec sleep 1; sleep 0.1; done; exit 1"
    assert shell.run(waited, timeout_s=40).code == 0


def test_without_the_boundary_datagrams_come_in_again_and_the_diagnosis_says_so(deployed: Deployed) -> None:
    line, section = f"ip multicast boundary {VPC_BOUNDARY} out", ["interface GigabitEthernet1"]
    with line_out(deployed, aws_router_name(deployed.lab), line, section=section):
        outcome = sent(deployed, "paging", "beside-1", BROKEN)
        found = deployed.command_line.run("verify", "--no-traffic", "--json")
        diagnoses = json.loads(found.stdout)["diagnoses"]
    assert {each.receiver: each.duplicates > each.received // 2 for each in outcome.receptions} == {
        "near-1": True,
        "phone-1": True,
    }, outcome
    assert [each["key"] for each in diagnoses] == ["no_boundary"]
    assert sent(deployed, "paging", "beside-1", STREAM).holds


def test_a_program_that_setup_brings_is_played_and_measured(deployed: Deployed, tmp_path: Path) -> None:
    lab, line = deployed.lab, deployed.command_line
    shells = Connections(lab).shells(Connections(lab).facts())
    assert set_up(lab, shells, progress=print) == {"near-1": True}
    assert set_up(lab, shells, progress=print) == {"near-1": False}
    runs = [
        {"on": "near-1", "command": "exec python3 /opt/sender.py", "to": "paging", "for": "2s"},
        {"on": "phone-1", "command": f"python3 -c {shlex.quote(SENDER)}", "to": "paging", "for": "2s"},
    ]
    # What flows back to each host tells how far its clock is ahead, and a score is no range.
    steps = [{"page": {"from": "beside-1", "to": "paging", "for": "1s"}}, *({"run": each} for each in runs)]
    expected = [{"loss": "< 10 %"}, *({"step": step, "mos": ">= 3"} for step in (2, 3))]
    test = {"name": "programs", "steps": steps, "expect": expected}
    file = tmp_path / "programs.yaml"
    file.write_text(yaml.safe_dump(test), encoding="utf-8")
    report = json.loads(line.must("test", str(file), "--json"))
    rows = [row for row in report["heard"] if row["step"] > 1]
    heard = {(row["talker"], row["listener"]): (row["stream"], row["latency_p95_ms"] is not None) for row in rows}
    assert heard == {
        (talker, listener): ("g711u", True)
        for talker in ("near-1", "phone-1")
        for listener in ("near-1", "beside-1", "phone-1")
        if talker != listener
    }
    assert all(limit["holds"] for limit in report["limits"])
    assert shells["near-1"].run("pgrep -f sender.py; ls /tmp", timeout_s=20).stdout == "", "it ended with its step"
    runs[0]["command"] = "echo 'no microphone' >&2; exit 9"
    file.write_text(yaml.safe_dump({"name": "programs", "steps": [{"run": runs[0]}]}), encoding="utf-8")
    done = line.run("test", str(file))
    assert (done.returncode, "near-1: its program ended with 9: no microphone" in done.stderr) == (3, True), done


def memberships(deployed: Deployed) -> dict[str, set[str]]:
    """Return how the AWS router is a member of each group, by the API."""
    facts, clients = Connections(deployed.lab).facts(), Clients(deployed.lab.region)
    ec2: Any = clients.ec2
    (router,) = ec2.describe_instances(InstanceIds=[facts.router_instance_id])["Reservations"][0]["Instances"]
    own = {one["NetworkInterfaceId"] for one in router["NetworkInterfaces"]}
    rows = ec2.search_transit_gateway_multicast_groups(TransitGatewayMulticastDomainId=facts.multicast_domain_id)
    found: dict[str, set[str]] = {}
    for row in rows["MulticastGroups"]:
        if row["NetworkInterfaceId"] in own:
            found.setdefault(row["GroupIpAddress"], set()).add(row["MemberType"])
    return found


@pytest.mark.timeout(600)
def test_a_lab_changes_has_its_router_replaced_and_goes(deployed: Deployed, tmp_path: Path) -> None:
    document = yaml.safe_load(deployed.command_line.lab_file.read_text(encoding="utf-8"))
    (paging,) = (each for each in document["groups"] if each["name"] == "paging")
    paging["bridge"] = "static"
    changed = tmp_path / "lab.yaml"
    changed.write_text(yaml.safe_dump(document), encoding="utf-8")
    (tmp_path / "setup.sh").write_text(SETUP.format(number=2), encoding="utf-8")
    line, before = CommandLine(changed, deployed.command_line.environment), Connections(deployed.lab).facts()
    assert memberships(deployed)["239.1.1.1"] == {"igmp", "static"}, "one by its first interface, one by the other"

    # The router leaves the group over SSH before the API makes it a member, as AWS refuses who is there.
    left = deploy(read_lab(changed), changed, tmp_path)
    assert set(left) == {"239.1.1.1", "239.195.255.255"}, "with the group in which it is announced"
    assert [memberships(deployed)[group] for group in left] == [{"static"}, {"static"}]
    assert Connections(deployed.lab).facts() == before, "nothing was replaced"

    # Its interfaces are free before the new one is made: one is attached once.
    assert "Multicast flows both ways." in line.must("up", "--yes", "--replace-router")
    after = Connections(deployed.lab).facts()
    assert after.router_instance_id != before.router_instance_id
    assert after.host_instance_ids == before.host_instance_ids
    lab = read_lab(changed)
    shells = Connections(lab).shells(after)
    assert shells["near-1"].run("tail -n 1 /opt/runs", timeout_s=20).stdout == "2\n", "up ran what changed"
    assert set_up(lab, shells, progress=print) == {"near-1": False}
    # The twin goes with it.
    assert "every stack is gone" in line.must("down", "--yes")


def deploy(lab: Lab, file: Path, folder: Path) -> tuple[str, ...]:
    """Deploy a lab as `up` does, and return the groups that its router left before."""
    connections = Connections(lab)
    with CdkDeployer(folder / "cdk", ("-c", f"lab={file}"), print) as deployer:
        images = images_of(connections.clients, lab)
        plan = planned(connections.clients, lab, deployer, images)
        assert (plan.effects, plan.refused) == ((("delete", ()), ("replace", ()), ("restart", ())), ())
        deploy_lab(
            connections.clients,
            lab,
            deployer,
            images,
            plan,
            leave=lambda groups: connections.leave_groups(groups, print),
            progress=print,
        )
    return plan.static_members
