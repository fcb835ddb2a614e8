"""What the local region costs, as ratios measured side by side in one run: nothing here is a test.

    python tests/benchmarks/region.py [--runs N]

A deployment is compared with what the CDK command line takes for itself: synthesis of the same lab, and the deployment
of a stack with one parameter in it. Each figure is the median of N runs, taken in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import boto3
import yaml
from synthesis import document_with_sites

from awsregion import standalone
from mcastlab.aws.cdk import command, environment
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsregion.standalone import Standalone

EMPTY = {"Resources": {"One": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}}}
DEPLOY = ("deploy", "--all", "--require-approval", "never", "--concurrency", "4")


def empty_assembly(folder: Path) -> Path:
    """Write the cloud assembly of a stack with next to nothing in it."""
    folder.mkdir()
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/us-east-1",
        "properties": {"templateFile": "one.template.json", "validateOnSynth": False},
        "displayName": "one",
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": {"one": artifact}}))
    (folder / "one.template.json").write_text(json.dumps(EMPTY))
    return folder


def cdk(reported: Mapping[str, str], *arguments: str) -> float:
    """Run the CDK command line and return how long it took."""
    begun = time.perf_counter()
    subprocess.run(
        command([arguments[0], "--no-notices", *arguments[1:]]),
        cwd=PROJECT,
        env={**environment(), **reported},
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - begun


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
    return int(found[1]) / 1024 if found else float("nan")


def until_answered(running: Standalone, service: Literal["ec2", "cloudformation"], call: str) -> None:
    """Ask a service until it answers."""
    reported = standalone.environment(running)
    os.environ.update(reported)
    # The default session would keep the key of the Region before.
    getattr(boto3.Session().client(service, endpoint_url=running.endpoint), call)()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What the local region costs.")
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    taken: dict[str, list[float]] = {}
    memory = 0.0
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_STATE_HOME"] = name
        labs = {}
        for count in (1, 20):
            labs[count] = Path(name, f"sites-{count}.yaml")
            labs[count].write_text(yaml.safe_dump(document_with_sites(count)), encoding="utf-8")
        empty = empty_assembly(Path(name, "empty"))
        assemblies = {count: Path(name, f"out-{count}") for count in labs}
        # Loaded before anything is timed: the SDK's own start is not the region's.
        boto3.client("ec2", region_name="us-east-1")
        boto3.client("cloudformation", region_name="us-east-1")
        for _ in range(runs):
            begun = time.perf_counter()
            running = standalone.up("bench", quotas=("security-group-rule=200",))
            until_answered(running, "ec2", "describe_vpcs")
            ready = time.perf_counter() - begun
            until_answered(running, "cloudformation", "list_stacks")
            reported = standalone.environment(running)
            row = {"ready: EC2 answers": ready, "ready: CloudFormation answers": time.perf_counter() - begun}
            row["synth, default lab"] = cdk(reported, "synth", "--quiet", "--output", name + "/synth")
            row["deploy --all, empty stack, ready assembly"] = cdk(reported, *DEPLOY, "--app", str(empty))
            row["deploy --all, default lab"] = cdk(reported, *DEPLOY, "--output", name + "/out")
            memory = max(memory, resident_mib(running.pid))
            cdk(reported, "destroy", "--all", "--force", "--app", name + "/out")
            for count, lab in labs.items():
                out = str(assemblies[count])
                cdk(reported, "synth", "--quiet", "--output", out, "-c", f"lab={lab}")
                row[f"deploy --all, {count} site(s), ready assembly"] = cdk(reported, *DEPLOY, "--app", out)
                memory = max(memory, resident_mib(running.pid))
                cdk(reported, "destroy", "--all", "--force", "--app", out)
            standalone.down("bench")
            for title, seconds in row.items():
                taken.setdefault(title, []).append(seconds)
    medians = {title: statistics.median(values) for title, values in taken.items()}
    for title, median in medians.items():
        print(f"{median:7.2f} s    {title}")
    print(f"{memory:7.0f} MiB  the most that was resident after a deployment (aim: under 250)")
    own = medians["synth, default lab"] + medians["deploy --all, empty stack, ready assembly"]
    ratios = (
        (
            "deploy of the default lab / (synth + deploy of an empty stack)",
            medians["deploy --all, default lab"] / own,
            1.3,
        ),
        (
            "twenty sites / one, from ready assemblies",
            medians["deploy --all, 20 site(s), ready assembly"] / medians["deploy --all, 1 site(s), ready assembly"],
            3.0,
        ),
        ("ready / 1.5 s", medians["ready: CloudFormation answers"] / 1.5, 1.0),
    )
    for title, ratio, bound in ratios:
        print(f"{ratio:7.2f}      {title} (aim: at most {bound})")


if __name__ == "__main__":
    main()
