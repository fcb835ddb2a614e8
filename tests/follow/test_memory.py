"""What a follower loads: it runs for days beside other things."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("aws_cdk", "jsii", "genie", "jinja2", "asyncssh", "iosxe", "awsregion", "ministack")
MOST_MB = 110
"""Half of it is the SDK's; a follower may have 150 MB with thousands of live groups."""
PROGRAM = """\
import json, sys
import mcastlab.cli.following, mcastlab.cli.verbs.follow, mcastlab.report.terminal_follow
from mcastlab.aws.clients import Clients
for _ in range(3):
    Clients("us-east-1").ec2
size = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS:"))
print(json.dumps([sorted(sys.modules), size / 1024]))
"""


@pytest.mark.process
def test_follower_loads_nothing_heavy_and_a_new_session_takes_no_more_memory() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    modules, megabytes = json.loads(done.stdout)
    assert [name for name in HEAVY if name in modules] == []
    assert megabytes < MOST_MB
