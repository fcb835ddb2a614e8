"""The way into each node as in AWS: tunnels through the endpoint, pushed keys, pinned host keys; OpenSSH by it too."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from mcastlab.aws.clients import Clients
from mcastlab.cli.connections import Connections
from mcastlab.routers.ssh.host_keys import pins_folder

from .conftest import VERB_TIMEOUT_S

if TYPE_CHECKING:
    from .conftest import Deployed

pytestmark = pytest.mark.twin

TYPED: Final = b"stty size; echo $TERM; exit 9\r"


def at_terminal(deployed: Deployed, node: str) -> tuple[int, str]:
    """Open a shell at a terminal of 101 columns, type at its prompt, and return its exit code and what it showed."""
    words = (sys.executable, "-m", "mcastlab", "ssh", "--lab", str(deployed.command_line.lab_file), node)
    ours, its = pty.openpty()
    sized = ("sh", "-c", 'stty cols 101 rows 30; exec "$@"', "sh")
    # What a shell exports of its own size is not the size of this terminal.
    environment = {**deployed.command_line.environment, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(
        (*sized, *words), stdin=its, stdout=its, stderr=its, env=environment, start_new_session=True
    ) as process:
        os.close(its)
        shown, typed = b"", False
        while True:
            try:
                data = os.read(ours, 1 << 16)
            except OSError:
                break
            shown += data
            if not typed and b":/# " in shown:
                os.write(ours, TYPED)
                typed = True
        os.close(ours)
        return process.wait(timeout=VERB_TIMEOUT_S), shown.decode(errors="replace")


def test_a_command_on_a_host_has_its_streams_and_its_exit_code(in_cuts: Deployed) -> None:
    words = ("ssh", "probe-1", "--", "sh", "-c", "cat; echo err >&2; exit 7")
    done = subprocess.run(
        [sys.executable, "-m", "mcastlab", words[0], "--lab", str(in_cuts.command_line.lab_file), *words[1:]],
        env=in_cuts.command_line.environment,
        input="given\n",
        capture_output=True,
        text=True,
        timeout=VERB_TIMEOUT_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (7, "given\n"), done.stderr
    assert done.stderr.splitlines()[-1] == "err"
    instance = Connections(in_cuts.lab).facts().host_instance_ids["probe-1"]
    assert (pins_folder() / instance).read_text(encoding="utf-8").startswith(f"{instance} ssh-ed25519 ")


@pytest.mark.parametrize("node", ["probe-1", "turku-phone"])
def test_a_shell_on_a_host_or_device_has_a_terminal(in_cuts: Deployed, node: str) -> None:
    code, shown = at_terminal(in_cuts, node)
    assert code == 9, shown
    assert "30 101\r\nxterm\r\n" in shown


def test_a_router_answers_a_command_over_the_tunnel(in_cuts: Deployed) -> None:
    assert "Loopback0" in in_cuts.command_line.must("ssh", "aws-router", "--", "show", "ip", "interface", "brief")


def test_another_host_key_than_the_pinned_one_is_refused(in_cuts: Deployed) -> None:
    in_cuts.command_line.must("ssh", "probe-2", "--", "true")
    facts = Connections(in_cuts.lab).facts()
    pin, other = (pins_folder() / facts.host_instance_ids[name] for name in ("probe-2", "probe-1"))
    in_cuts.command_line.must("ssh", "probe-1", "--", "true")
    before = pin.read_text(encoding="utf-8")
    pin.write_text(before.split(" ", 1)[0] + " " + other.read_text(encoding="utf-8").split(" ", 1)[1], encoding="utf-8")
    try:
        done = in_cuts.command_line.run("ssh", "probe-2", "--", "true")
    finally:
        pin.write_text(before, encoding="utf-8")
    assert done.returncode == 3
    assert "probe-2: the host key has changed" in done.stderr


def test_a_closed_security_group_is_a_refusal_that_says_so(in_cuts: Deployed) -> None:
    instance = Connections(in_cuts.lab).facts().host_instance_ids["probe-1"]
    in_cuts.command_line.must("ssh", "probe-1", "--", "true")
    ec2 = Clients(in_cuts.lab.region).ec2
    found = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    group = found["SecurityGroups"][0]["GroupId"]
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    ssh = [each for each in rules if each.get("FromPort") == 22]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=ssh)
    try:
        done = in_cuts.command_line.run("ssh", "probe-1", "--", "true")
    finally:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=ssh)
    assert done.returncode == 3
    assert "let TCP 22 through" in done.stderr


def test_openssh_goes_the_same_way_by_our_proxy_command(in_cuts: Deployed) -> None:
    router = Connections(in_cuts.lab).facts().router_instance_id
    config = in_cuts.command_line.environment["MCASTLAB_SSH_CONFIG"]
    options = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes")
    done = subprocess.run(
        ["ssh", "-F", config, *options, router, "show version"],
        env=in_cuts.command_line.environment,
        capture_output=True,
        text=True,
        timeout=VERB_TIMEOUT_S,
        check=False,
    )
    # The key is the stack's own, which OpenSSH does not have: the router itself says no, and no sooner.
    assert "Permission denied" in done.stderr
    assert f"Permanently added '{router}' (RSA)" in done.stderr
