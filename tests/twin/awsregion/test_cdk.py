"""The unmodified CDK command line against the region, from a ready cloud assembly: synthesis is the stacks' matter."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from twin.awsregion.assemblies import synthesised
from twin.awsregion.stacks import Stack, left_over
from twin.awsregion.template import TEMPLATE

from awsregion.control import RegionControl
from awsregion.faults import RegionFault
from mcastlab.aws.cdk import command, environment
from mcastlab.lab_files import DEFAULT_LAB

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twin.awsregion.conftest import Served

    Cdk = Callable[..., subprocess.CompletedProcess[str]]

# Beside the end-to-end tests these have the rest of the cores.
pytestmark = [pytest.mark.process, pytest.mark.timeout(900)]

STACK = "by-cdk"


@pytest.fixture
def cdk(served: Served, tmp_path: Path) -> Cdk:
    """Run the CDK command line on an assembly, by default that in the test's folder; no setting is the user's."""
    reported = environment() | {
        "HOME": str(tmp_path),
        "CDK_HOME": str(tmp_path / "cdk-home"),
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        "AWS_REGION": "us-east-1",
        **served.environment,
    }

    def run(*arguments: str, app: Path | None = tmp_path) -> subprocess.CompletedProcess[str]:
        of = () if app is None else ("-a", str(app))
        return subprocess.run(
            command(["--no-notices", "--no-color", *of, *arguments]),
            env=reported,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
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


def test_a_stack_that_cannot_be_is_a_failure_and_no_tick(served: Served, cdk: Cdk, tmp_path: Path) -> None:
    template, before = deepcopy(TEMPLATE), left_over(served.client)
    template["Resources"]["Gateway"]["Properties"]["MulticastSupport"] = "yes"
    assemble(tmp_path, template)
    deployed = cdk("deploy", "--all", "--require-approval", "never")
    assert deployed.returncode == 1
    assert "Value (yes) for parameter Options.MulticastSupport is invalid." in deployed.stdout + deployed.stderr
    Stack(served.client, STACK).delete()
    assert left_over(served.client) == before


DEPLOY = ("deploy", "--all", "--require-approval", "never", "--concurrency", "4")
DESTROY = ("destroy", "--all", "--force")


def test_the_default_lab_beside_another_of_the_same_document(
    served: Served, cdk: Cdk, tmp_path: Path, assembly: Path
) -> None:
    ec2, before = served.client("ec2"), left_over(served.client)
    control, domain = RegionControl(served.control), "AWS::EC2::TransitGatewayMulticastDomain"
    asyncio.run(control.fail(RegionFault(what="create", target=domain)))
    failed = cdk(*DEPLOY, app=assembly)
    assert failed.returncode == 1
    assert "A fault was asked for" in failed.stdout + failed.stderr
    assert left_over(served.client) == before
    first = cdk(*DEPLOY, app=assembly)
    assert first.returncode == 0, first.stdout + first.stderr
    alone = left_over(served.client)
    twin = synthesised(tmp_path / "second", "-c", "name=second")
    second = cdk(*DEPLOY, app=twin)
    assert second.returncode == 0, second.stdout + second.stderr
    both = left_over(served.client)
    assert {name: 2 * count - before[name] for name, count in alone.items()} == both
    assert len({one["CustomerGatewayId"] for one in alive(ec2.describe_customer_gateways()["CustomerGateways"])}) == 2
    none = cdk("diff", "--fail", app=assembly)
    assert none.returncode == 0, none.stdout + none.stderr
    again = cdk(*DEPLOY, app=assembly)
    assert (again.stdout + again.stderr).count("(no changes)") == 4
    stack = Stack(served.client, "demo-Hosts")
    ids = stack.ids()
    changed = tmp_path / "changed"
    shutil.copytree(assembly, changed)
    file = changed / "demo-Hosts.template.json"
    template = json.loads(file.read_text(encoding="utf-8"))
    host = next(name for name, one in template["Resources"].items() if one["Type"] == "AWS::EC2::Instance")
    template["Resources"][host]["Properties"]["Tags"] = [{"Key": "Name", "Value": "other"}]
    file.write_text(json.dumps(template), encoding="utf-8")
    updated = cdk(*DEPLOY, app=changed)
    assert updated.returncode == 0, updated.stdout + updated.stderr
    assert (updated.stdout + updated.stderr).count("(no changes)") == 3
    assert stack.ids() == ids
    named = {
        one["InstanceId"]: [tag["Value"] for tag in one["Tags"] if tag["Key"] == "Name"]
        for reservation in ec2.describe_instances(InstanceIds=[ids[host]])["Reservations"]
        for one in reservation["Instances"]
    }
    assert named == {ids[host]: ["other"]}
    asyncio.run(control.fail(RegionFault(what="delete", target=domain)))
    refused = cdk(*DESTROY, app=assembly)
    assert refused.returncode == 1
    assert "A fault was asked for" in refused.stdout + refused.stderr
    assert cdk(*DESTROY, app=assembly).returncode == 0
    assert left_over(served.client) == alone
    for name in ("Hosts", "Router", "Site-lab", "Network"):
        Stack(served.client, f"second-{name}").delete()
    assert left_over(served.client) == before


def alive(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in listed if one["State"] != "deleted"]


def test_a_template_past_50_kib_needs_bootstrap_once_and_then_nothing_more(
    served: Served, cdk: Cdk, tmp_path: Path
) -> None:
    document = json.loads(DEFAULT_LAB.read_text(encoding="utf-8"))["context"]["lab"]
    document["hosts"][0]["count"] = 90
    lab = tmp_path / "large.yaml"
    lab.write_text(json.dumps(document), encoding="utf-8")
    folder, before = synthesised(tmp_path / "out", "-c", f"lab={lab}"), left_over(served.client)
    assert (folder / "demo-Hosts.template.json").stat().st_size > 51200
    refused = cdk(*DEPLOY, app=folder)
    assert refused.returncode == 1
    assert "Template too large to deploy" in refused.stdout + refused.stderr
    made = cdk("bootstrap", "aws://000000000000/us-east-1", app=None)
    assert made.returncode == 0, made.stdout + made.stderr
    deployed = cdk(*DEPLOY, app=folder)
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    running = served.client("ec2").describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["pending"]}])
    assert sum(len(one["Instances"]) for one in running["Reservations"]) == 91
    for name in ("Hosts", "Router", "Site-lab", "Network"):
        Stack(served.client, f"demo-{name}").delete()
    s3 = served.client("s3")
    bucket = Stack(served.client, "CDKToolkit").outputs()["BucketName"]
    for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    Stack(served.client, "CDKToolkit").delete()
    # The bootstrap template keeps its bucket.
    s3.delete_bucket(Bucket=bucket)
    assert left_over(served.client) == before
