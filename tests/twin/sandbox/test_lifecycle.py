"""A whole twin by its life cycle's functions: region, remote site, the way in, and the end of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from private_modes import open_to_others
from twin.fabric.clouds import LAB
from twin.sandbox.life import gone_within, inside

from awsregion.credentials import ACCOUNT
from mcastlab_base.errors import RefusedError
from mcastlab_twin import lifecycle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab_twin.sandbox import run_folder

pytestmark = pytest.mark.twin

NAME = "test-lifecycle"


@pytest.fixture(scope="module")
def twin() -> Iterator[run_folder.Twin]:
    lifecycle.down(NAME)
    try:
        yield lifecycle.up(LAB, NAME)
    finally:
        lifecycle.down(NAME)


def ssh(twin: run_folder.Twin, host: str, command: str) -> str:
    argv = ["ssh", "-F", str(twin.ssh_config), "-o", "BatchMode=yes", host, command]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_environment_leads_boto3_to_an_empty_region_of_the_twin(
    twin: run_folder.Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in lifecycle.environment(twin).items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    assert session.client("sts").get_caller_identity()["Account"] == ACCOUNT
    assert session.client("ec2").describe_vpcs()["Vpcs"] == []
    assert session.region_name == LAB.region


def test_its_files_are_its_owner_s_alone(twin: run_folder.Twin) -> None:
    assert open_to_others(twin.run_dir) == {}
    assert twin.credentials.exists()


def test_a_far_router_is_as_its_owner_set_it_up(twin: run_folder.Twin) -> None:
    shown = ssh(twin, "lab-router", "show ip interface brief")
    assert "203.0.113.2" in shown
    assert "192.168.50.1" in shown
    assert "hostname lab-router" in ssh(twin, "lab-router", "show running-config")


def test_a_far_device_reaches_its_router_and_nothing_of_the_machines(twin: run_folder.Twin) -> None:
    assert "1 received" in ssh(twin, "phone-1", "ping -c 1 -w 2 192.168.50.1")
    interfaces = {line.split("@")[0].split()[0] for line in ssh(twin, "phone-1", "ip -brief link").splitlines()}
    assert interfaces == {"lo", "eth0"}


def test_the_status_says_that_the_fabric_is_settled(twin: run_folder.Twin) -> None:
    reported = json.loads((twin.run_dir / "status.json").read_text())
    assert reported["settled"]
    assert reported["faults"] == {}
    assert reported["running"] == ["device/pager-7", "device/phone-1", "device/phone-2", "site/lab"]


def test_a_second_twin_of_that_name_is_refused_and_the_first_lives_on(twin: run_folder.Twin) -> None:
    with pytest.raises(RefusedError, match="is up already"):
        lifecycle.up(LAB, NAME)
    assert lifecycle.find(NAME) == twin


def test_nobody_outside_this_machine_can_connect(twin: run_folder.Twin) -> None:
    listening = {
        sock.split()[3]
        for sock in subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout.splitlines()
    }
    ports = {line.split()[1] for line in twin.ssh_config.read_text().splitlines() if "Port" in line}
    ports.add(twin.endpoint.rpartition(":")[2])
    assert {address for address in listening if address.rpartition(":")[2] in ports} == {
        f"127.0.0.1:{port}" for port in ports
    }


def test_when_the_region_dies_the_twin_ends_and_says_so() -> None:
    name = "test-lifecycle-region"
    lifecycle.down(name)
    twin = lifecycle.up(LAB, name)
    held = inside(twin)
    (region,) = [pid for pid in held if b"awsregion\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(region, signal.SIGKILL)
    assert gone_within(held, 5)
    assert lifecycle.find(name) is None
    reported = twin.log.read_text()
    assert "the twin ends" in reported
    assert "the region's process ended with -9" in reported
    assert lifecycle.down(name).had_files


def test_down_ends_daemons_of_routers_too(twin: run_folder.Twin) -> None:
    held = inside(twin)
    programs = {Path(f"/proc/{pid}/comm").read_text().strip() for pid in held}
    assert {"bird", "unshare", "tini"} <= programs
    assert lifecycle.down(NAME).was_up
    assert gone_within(held, 5)
    assert not twin.run_dir.exists()
