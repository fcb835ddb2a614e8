"""Targets for tests: a region that plays the account of the shell, and a twin that stands, as far as files tell."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import boto3

from awsregion import standalone
from mcastlab import lab_choice
from mcastlab.lab_files import PROJECT
from mcastlab_twin.sandbox import run_folder
from mcastlab_twin.sandbox.run_folder import Twin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from awsregion.standalone import Standalone

TEMPLATE: Final = '{"Resources": {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}}}'


def bare(folder: Path) -> dict[str, str]:
    """This environment with state and runtime folders below `folder`, the demo's lab, and no credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "XDG_", "MCASTLAB_"))}
    folders = {"XDG_STATE_HOME": folder / "state", "XDG_RUNTIME_DIR": folder / "run"}
    for each in folders.values():
        each.mkdir(mode=0o700, exist_ok=True)
    nothing = str(folder / "none")
    files = dict.fromkeys(("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "BOTO_CONFIG"), nothing)
    own = {"AWS_EC2_METADATA_DISABLED": "true", lab_choice.VARIABLE: lab_choice.DEMO}
    return {**kept, **{name: str(each) for name, each in folders.items()}, **files, **own}


def lab(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process of its own, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "mcastlab", *words],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def at_terminal(words: list[str], environment: dict[str, str]) -> str:
    """Run a program at a terminal of 80 columns and return what it showed."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    shown = b""
    with subprocess.Popen(words, cwd=PROJECT, env=environment, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        with suppress(OSError):  # what a terminal says when nobody has its other end any more
            while part := os.read(ours, 65536):
                shown += part
    os.close(ours)
    assert process.returncode == 0, shown
    return shown.decode()


@contextmanager
def standing_twin(name: str, endpoint: str) -> Iterator[Twin]:
    """Have a run folder as that of a twin which is up: locked, with its record."""
    folder, lock = run_folder.claim(name)
    twin = Twin(
        name=name, pid=os.getpid(), endpoint=endpoint, region="us-east-1", run_dir=folder, way="files", ready=True
    )
    run_folder.write_record(twin)
    try:
        yield twin
    finally:
        os.close(lock)
        run_folder.remove(folder)


def make_stacks(region: Standalone, *names: str) -> None:
    """Create stacks of one VPC each."""
    cloudformation = _cloudformation(region)
    for name in names:
        cloudformation.create_stack(StackName=name, TemplateBody=TEMPLATE)
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def stacks_in(region: Standalone) -> set[str]:
    """Return the names of the stacks that there are."""
    return {stack["StackName"] for stack in _cloudformation(region).describe_stacks()["Stacks"]}


def delete_stacks(region: Standalone) -> None:
    """Delete all stacks."""
    cloudformation = _cloudformation(region)
    for name in stacks_in(region):
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def _cloudformation(region: Standalone) -> Any:
    reported = standalone.environment(region)
    return boto3.client(
        "cloudformation",
        endpoint_url=region.endpoint,
        region_name=region.region,
        aws_access_key_id=reported["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=reported["AWS_SECRET_ACCESS_KEY"],
    )
