"""Instances that stop, start and reboot by the EC2 API keep their disks, and one that is stopped hides no other."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

import pytest

from mcastlab.aws.clients import Clients
from mcastlab.cli.connections import Connections
from mcastlab.cli.main import main
from mcastlab.lab.design.names import aws_router_name
from mcastlab.routers.ssh.host_keys import pins_folder
from mcastlab_base.errors import LabError

from . import breaks
from .breaking import until
from .conftest import Deployed, in_twin

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.twin

LAB: Final = """\
name: osprey
vpc: {cidr: 172.23.0.0/16}
hosts:
- {name: raft, count: 3}
sites:
- name: visby
  router: {ssh: visby-router, asn: 65078, wan: 198.51.100.2/30, lan: 10.32.7.1/24}
  devices:
  - {name: visby-phone, address: 10.32.7.20}
groups:
- {name: calls, address: 239.78.7.1}
"""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    path = tmp_path_factory.mktemp("osprey") / "lab.yaml"
    path.write_text(LAB, encoding="utf-8")
    yield from in_twin(path)


@pytest.fixture(autouse=True)
def _inside(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in deployed.command_line.environment.items():
        if os.environ.get(key) != value:
            monkeypatch.setenv(key, value)


def asked(deployed: Deployed, capsys: pytest.CaptureFixture[str], verb: str, *options: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main([verb, "--lab", str(deployed.command_line.lab_file), "--json", *options])
    return code, json.loads(capsys.readouterr().out)


def running_config(deployed: Deployed) -> str:
    with Connections(deployed.lab).sessions(Connections(deployed.lab).facts(), lambda _: None) as sessions:
        return sessions[aws_router_name(deployed.lab)].show("show running-config")


def answers(deployed: Deployed) -> bool:
    try:
        return "hostname" in running_config(deployed)
    except LabError:
        return False


def move(deployed: Deployed, action: str, instance_id: str, state: str) -> None:
    """Stop, start or reboot an instance, and wait until it is in a state."""
    ec2 = Clients(deployed.lab.region).ec2
    getattr(ec2, action)(InstanceIds=[instance_id])

    def there() -> bool:
        (reported,) = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
        return reported["Instances"][0]["State"]["Name"] == state

    until(there, f"{instance_id} is {state}")


def test_a_router_that_stops_and_starts_keeps_what_was_saved_and_its_host_key(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    router = Connections(deployed.lab).facts().router_instance_id
    breaks.configure(deployed, aws_router_name(deployed.lab), "interface Loopback99", "description not saved")
    pin = (pins_folder() / router).read_text()
    before = Clients(deployed.lab.region).ec2.describe_instances(InstanceIds=[router])["Reservations"][0]["Instances"][
        0
    ]
    move(deployed, "stop_instances", router, "stopped")
    code, report = asked(deployed, capsys, "verify", "--no-traffic")
    assert (code, report["diagnoses"][0]["key"]) == (1, "instance_does_not_run")
    move(deployed, "start_instances", router, "running")
    until(lambda: answers(deployed), "the router answers")
    shown = running_config(deployed)
    assert "Loopback99" not in shown
    assert "ip pim rp-address" in shown
    after = Clients(deployed.lab.region).ec2.describe_instances(InstanceIds=[router])["Reservations"][0]["Instances"][0]
    assert after["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert pin.split()[1:3] == (pins_folder() / router).read_text().splitlines()[-1].split()[1:3]
    until(lambda: asked(deployed, capsys, "verify", "--no-traffic")[0] == 0, "all checks hold")
    assert asked(deployed, capsys, "drift")[0] == 0
    # A source may stay unheard until its router registers again. Source: RFC 7761, section 4.11, Register-Stop timer.
    until(lambda: asked(deployed, capsys, "verify")[0] == 0, "all traffic arrives")


def test_a_reboot_of_the_router_is_a_reload(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    router = Connections(deployed.lab).facts().router_instance_id
    breaks.configure(deployed, aws_router_name(deployed.lab), "interface Loopback98", "description not saved")
    move(deployed, "reboot_instances", router, "running")
    until(lambda: answers(deployed) and "Loopback98" not in running_config(deployed), "it runs what was saved")
    until(lambda: asked(deployed, capsys, "verify", "--no-traffic")[0] == 0, "all checks hold")


def test_one_stopped_host_is_a_finding_and_the_rest_is_measured(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    lab, facts = deployed.lab, Connections(deployed.lab).facts()
    name, others = lab.host_names[1], (lab.host_names[0], lab.host_names[2])
    host = facts.host_instance_ids[name]
    Connections(lab).shells(facts)[name].run("echo mine > /etc/mine; echo home > /home/mine", timeout_s=20)
    move(deployed, "stop_instances", host, "stopped")
    code, report = asked(deployed, capsys, "verify")
    assert code == 1
    assert [cause["key"] for cause in report["diagnoses"]] == ["instance_does_not_run"]
    assert [each["host"] for each in report["traffic"]["absent"]] == [name]
    heard = {(each["sender"], each["receiver"]) for each in report["traffic"]["deliveries"]}
    assert {(others[0], others[1]), (others[1], "visby-phone"), ("visby-phone", others[0])} <= heard
    assert all(each["holds"] for each in report["traffic"]["deliveries"])
    assert name not in {end for pair in heard for end in pair}
    code, traffic = asked(deployed, capsys, "traffic")
    assert (code, [each["host"] for each in traffic["absent"]]) == (1, [name])
    assert asked(deployed, capsys, "status")[0] == 1
    move(deployed, "start_instances", host, "running")
    until(lambda: _says(deployed, name, "cat /etc/mine /home/mine") == "mine\nhome\n", "its files are there")
    until(lambda: asked(deployed, capsys, "verify")[0] == 0, "all traffic arrives")


def _says(deployed: Deployed, host: str, script: str) -> str:
    try:
        return (
            Connections(deployed.lab).shells(Connections(deployed.lab).facts())[host].run(script, timeout_s=20).stdout
        )
    except LabError:
        return ""
