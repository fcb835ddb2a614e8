"""Several twins on one machine at one time, under different names and of different users, each for itself."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from accounts import ordinary_user

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.twin


@dataclass(frozen=True)
class Owner:
    """Who has a twin, under which name."""

    name: str
    environment: dict[str, str]
    identity: dict[str, Any]

    def start(self, *words: str, verb: str = "twin") -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-B", "-m", "mcastlab", verb, "--name", self.name, *words],
            cwd=PROJECT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **self.identity,
        )

    def verb(self, *words: str) -> str:
        return finished(self.start(*words))

    def reported(self) -> dict[str, str]:
        """The environment that `twin env` exports."""
        # A value may be of several lines, within its quotes.
        return dict(word.split("=", 1) for word in shlex.split(self.verb("env")) if "=" in word)

    def ec2(self) -> Any:
        reported = self.reported()
        session: Any = boto3.Session
        return session(
            aws_access_key_id=reported["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=reported["AWS_SECRET_ACCESS_KEY"],
            region_name=reported["AWS_REGION"],
        ).client("ec2", endpoint_url=reported["AWS_ENDPOINT_URL"])


def finished(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


@pytest.fixture
def owners() -> Iterator[list[Owner]]:
    """This user twice, and an ordinary one where this is root."""
    with tempfile.TemporaryDirectory(prefix="mcastlab-side-") as folder:
        # Each user's own runtime folder goes without saying; here it is the test's.
        Path(folder).chmod(0o755)
        mine = runtime(Path(folder) / "mine", os.geteuid())
        found = [Owner("side-a", mine, {}), Owner("side-b", mine, {})]
        if os.geteuid() == 0:
            user = ordinary_user()
            theirs = runtime(Path(folder) / "theirs", user.pw_uid) | {"HOME": user.pw_dir, "USER": user.pw_name}
            identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
            # The same name as one of ours: names are each user's own.
            found.append(Owner("side-a", theirs | {"LOGNAME": user.pw_name}, identity))
        yield found
        for owner in found:
            owner.start("down").communicate(timeout=60)


def runtime(folder: Path, uid: int) -> dict[str, str]:
    folder.mkdir(mode=0o700)
    shutil.chown(folder, uid)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "XDG_"))}
    return {**kept, "XDG_RUNTIME_DIR": str(folder)}


def test_twins_side_by_side_know_nothing_of_each_other(owners: list[Owner]) -> None:
    for process in [owner.start("up") for owner in owners]:
        finished(process)
    for number, owner in enumerate(owners):
        owner.ec2().create_vpc(CidrBlock=f"10.{number}.0.0/16")
    for number, owner in enumerate(owners):
        assert [vpc["CidrBlock"] for vpc in owner.ec2().describe_vpcs()["Vpcs"]] == [f"10.{number}.0.0/16"]
        # The same addresses in each, and each reaches its own.
        ping = owner.start("phone-1", "--twin", "--", "ping", "-c", "1", "-w", "5", "192.168.50.1", verb="ssh")
        assert "1 received" in finished(ping)
    first, *others = owners
    assert "removed" in first.verb("down")
    for owner in others:
        assert "all that are to run" in owner.verb("status")
