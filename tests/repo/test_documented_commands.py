"""The commands of the documentation that need no lab which is up run as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cli.places import bare
from documented import ALONE, OFFLINE, DocumentedShell, block_with
from judges import programs_of

from mcastlab import lab_choice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process


@pytest.mark.parametrize("listed", [OFFLINE, ALONE], ids=["offline", "alone"])
def test_commands_that_need_no_lab_end_as_they_should(listed: Mapping[str, int], tmp_path: Path) -> None:
    # A region's socket lies below its state, and what pytest gives is too long for one.
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        _run(listed, bare(Path(short)), tmp_path)


def _run(listed: Mapping[str, int], environment: dict[str, str], tmp_path: Path) -> None:
    del environment[lab_choice.VARIABLE]
    folder = tmp_path / "a clone"
    folder.mkdir()
    shell = DocumentedShell(folder, environment)
    try:
        for line, code in listed.items():
            shell.run(line, code)
    finally:
        if listed is ALONE:
            shell.run("./scripts/lab region down", 0)
    assert shell.failed == [], "\n\n".join(shell.failed)


def test_ansible_reads_the_inventory_as_the_nodes_of_the_demos_lab(lab: Lab, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(block_with("yaml", "ansible_network_os"), encoding="utf-8")
    expression = "{{ ansible_libssh_config_file | default(ansible_ssh_common_args) }}"
    words = ("all", "-i", inventory, "-e", "ansible_connection=local", "-o", "-m", "debug", "-a", f"msg={expression}")
    done = subprocess.run(
        [programs_of("programs") / "ansible", *words],
        env={**os.environ, "ANSIBLE_HOME": str(tmp_path), "MCASTLAB_SSH_CONFIG": "/the/twin.conf"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    reported = {
        node: json.loads(value)["msg"]
        for node, value in re.findall(r"^(\S+) \| SUCCESS => (.*)$", done.stdout, re.MULTILINE)
    }
    routers = {site.router.ssh: "/the/twin.conf" for site in lab.sites}
    devices = {device.name: "-F /the/twin.conf" for site in lab.sites for device in site.machines}
    assert reported == {**routers, **devices}
