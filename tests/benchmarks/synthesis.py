"""How long synthesis and the quick verbs take, as ratios measured side by side in one run: nothing here is a test.

    python tests/benchmarks/synthesis.py [--runs N]

Each figure is the median of N runs of whole processes, taken in turn, so that a drift of the machine's speed hits all.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from mcastlab.aws.cdk import command, environment
from mcastlab.lab_files import DEFAULT_LAB, PROJECT

BARE_APP = """
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from cdk_nag import AwsSolutionsChecks

app = cdk.App()
stack = cdk.Stack(app, "Bare", synthesizer=cdk.LegacyStackSynthesizer())
vpc = ec2.Vpc(stack, "Vpc", max_azs=1, subnet_configuration=[])
cdk.Validations.of(vpc).acknowledge(cdk.Acknowledgment(id="AwsSolutions-VPC7", reason="a bare VPC"))
cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
app.synth()
"""


def document_with_sites(count: int) -> dict[str, Any]:
    """Return the default lab with that many sites."""
    document: dict[str, Any] = json.loads(DEFAULT_LAB.read_text(encoding="utf-8"))["context"]["lab"]
    sites = [
        {
            "name": f"site-{number}",
            "number": number,
            "router": {
                "ssh": f"router-{number}",
                "asn": 65001,
                "wan": {
                    "interface": "GigabitEthernet1",
                    "address": f"198.51.{100 + number // 64}.{number % 64 * 4 + 2}/30",
                },
                "lan": {"interface": "GigabitEthernet3", "address": f"192.168.{number}.1/24"},
            },
            "devices": [{"name": f"phone-{number}", "address": f"192.168.{number}.20"}],
        }
        for number in range(1, count + 1)
    ]
    return {**document, "sites": sites}


def synth(folder: Path, app: str, *options: str) -> list[str]:
    """Return the command that synthesises an app into a folder."""
    return command(["synth", "--quiet", "--no-notices", "--app", app, "--output", str(folder / "out"), *options])


def seconds(argv: list[str]) -> float:
    """Run a command and return how long it took."""
    start = time.perf_counter()
    subprocess.run(argv, cwd=PROJECT, env=environment(), check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Ratios of synthesis and of the quick verbs.")
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bare.py").write_text(BARE_APP, encoding="utf-8")
        labs = {}
        for count in (1, 10, 100):
            labs[count] = folder / f"sites-{count}.yaml"
            labs[count].write_text(yaml.safe_dump(document_with_sites(count)), encoding="utf-8")
        ours = f"{sys.executable} app.py"
        settings = json.loads((PROJECT / "cdk.json").read_text(encoding="utf-8"))["context"]
        flags = [
            word
            for key, value in settings.items()
            if key != "lab"
            for word in ("-c", f"{key}={json.dumps(value).strip(chr(34))}")
        ]
        commands = {
            "a bare VPC, same settings, same rules": synth(folder, f"{sys.executable} {folder}/bare.py", *flags),
            "default lab": synth(folder, ours),
            "one site": synth(folder, ours, "-c", f"lab={labs[1]}"),
            "ten sites": synth(folder, ours, "-c", f"lab={labs[10]}"),
            "a hundred sites": synth(folder, ours, "-c", f"lab={labs[100]}"),
            "mcastlab check": [sys.executable, "-m", "mcastlab", "check", "--lab", "demo"],
            "mcastlab --help": [sys.executable, "-m", "mcastlab", "--help"],
        }
        taken: dict[str, list[float]] = {title: [] for title in commands}
        for _ in range(runs):
            for title, argv in commands.items():
                taken[title].append(seconds(argv))
    medians = {title: statistics.median(values) for title, values in taken.items()}
    for title, median in medians.items():
        print(f"{median:7.2f} s  {title}")
    for over, under, bound in (
        ("default lab", "a bare VPC, same settings, same rules", 1.3),
        ("ten sites", "one site", 1.5),
        ("a hundred sites", "one site", 4.0),
    ):
        print(f"{medians[over] / medians[under]:7.2f}    {over} / {under} (aim: at most {bound})")


if __name__ == "__main__":
    main()
