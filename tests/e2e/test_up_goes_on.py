"""What breaks `up` half way ends it with one sentence and its exit code, and the same command then goes on."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest
from documented import words_of

from mcastlab.aws.clients import Clients
from mcastlab.lab_files import PROJECT, read_lab
from mcastlab_twin.sandbox import mounts

from .breaking import in_sandbox, until
from .conftest import VERB_TIMEOUT_S, CommandLine, Deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.twin, pytest.mark.timeout(900)]

LAB: Final = """\
name: halfway
vpc: {cidr: 10.78.0.0/16}
hosts:
- {name: raft}
sites:
- name: umea
  router: {ssh: umea-router, asn: 65079, wan: 198.51.100.2/30, lan: 10.33.7.1/24}
  devices:
  - {name: umea-phone, address: 10.33.7.20}
groups:
- {name: calls, address: 239.79.7.1}
"""
INTERFACES: Final = 30
"""Network interfaces that the account may have."""
LEFT: Final = 3
"""Of which others leave the lab so many at first: fewer than it needs."""
_FAULT: Final = """\
import asyncio, pathlib, sys
from awsregion.control import RegionControl
from awsregion.faults import RegionFault
control = RegionControl(pathlib.Path(sys.argv[1]))
asyncio.run(control.fail(RegionFault(what=sys.argv[2], target=sys.argv[3])))
"""


@pytest.fixture
def standing(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """A lab in whose twin nothing is deployed yet."""
    path = tmp_path_factory.mktemp("halfway") / "lab.yaml"
    path.write_text(LAB, encoding="utf-8")
    outside = CommandLine(path, dict(os.environ))
    try:
        outside.must("twin", "up", "--quota", f"network-interface={INTERFACES}")
        exports = outside.must("twin", "env")
        reported = dict(word.partition("=")[::2] for word in shlex.split(exports) if "=" in word)
        for key, value in reported.items():
            monkeypatch.setenv(key, value)
        yield Deployed(read_lab(path), CommandLine(path, {**os.environ, **reported}))
    finally:
        outside.must("twin", "down")


def fail(deployed: Deployed, what: str, target: str) -> None:
    in_sandbox(deployed, sys.executable, "-c", _FAULT, str(mounts.STATE / "region.sock"), what, target)


def failed_up(deployed: Deployed) -> str:
    """Run `up`, which AWS refuses; return its last sentence and the hint."""
    done = deployed.command_line.run("up", "--yes")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr[done.stderr.rindex("error: ") :]


def interrupted_up(deployed: Deployed, ec2: Any) -> tuple[int, str]:
    """Run `up` and interrupt it, as Ctrl-C does, while its first stack is under way."""
    words = (sys.executable, "-m", "mcastlab", "up", "--yes", "--lab", str(deployed.command_line.lab_file))
    with subprocess.Popen(
        words,
        cwd=PROJECT,
        env=deployed.command_line.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        until(lambda: ec2.describe_vpcs()["Vpcs"] or process.poll() is not None, "the first stack begins", every_s=0.1)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=VERB_TIMEOUT_S)
    return process.returncode, said


def test_the_same_command_goes_on_after_whatever_broke_it(standing: Deployed) -> None:
    ec2: Any = Clients(standing.lab.region).ec2
    code, said = interrupted_up(standing, ec2)
    assert code == 130, said
    assert "Traceback" not in said

    others = ec2.create_vpc(CidrBlock="10.200.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=others, CidrBlock="10.200.1.0/24")["Subnet"]["SubnetId"]
    there = len(ec2.describe_network_interfaces()["NetworkInterfaces"])
    filled = [
        ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
        for _ in range(INTERFACES - LEFT - there)
    ]
    fail(standing, "deny", "CreateVpnConnection")
    assert "not authorized to perform: ec2:CreateVpnConnection" in failed_up(standing)

    assert "the maximum number of network interfaces in a region, 30, is reached" in failed_up(standing)
    for interface in filled:
        ec2.delete_network_interface(NetworkInterfaceId=interface)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=others)

    fail(standing, "expire", "ec2:DescribeInstances")
    sentence = failed_up(standing)
    assert "the credentials of this environment have expired" in sentence
    assert "the same command then goes on" in sentence
    # Nothing was configured so far: the routers get all of their lines now.
    done = standing.command_line.must(*words_of("./scripts/lab up --yes"))
    assert "Multicast flows both ways." in done
