"""A region in the test's own process, and one behind a socket."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from twin.awsregion.assemblies import synthesised
from twin.awsregion.labs import ACCOUNT, PROFILE

from awsregion import credentials
from awsregion.core import Region
from awsregion.ec2.store import Neighbours
from awsregion.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from botocore.model import ServiceModel

    from awsregion.credentials import OwnerCredentials


@pytest.fixture(scope="session")
def ec2_model() -> ServiceModel:
    """botocore's own model of EC2: the judge of what goes over the wire."""
    return botocore.session.Session().get_service_model("ec2")


@pytest.fixture(scope="session")
def wire(ec2_model: ServiceModel) -> Wire:
    return Wire(ec2_model)


@pytest.fixture
def region(wire: Wire) -> Region:
    """A region with one instance profile, ``hosts``."""
    known = {"hosts": PROFILE, PROFILE["Arn"]: PROFILE}
    return Region(name="us-east-1", account=ACCOUNT, wire=wire, neighbours=Neighbours(instance_profile=known.get))


@dataclass(frozen=True, slots=True)
class Served:
    """A region's process."""

    url: str
    control: Path
    state: Path
    instances: Path
    pid: int
    owner: OwnerCredentials

    @property
    def keys(self) -> dict[str, str]:
        """The owner's access key, as boto3 takes it."""
        return {
            "aws_access_key_id": self.owner.access_key_id,
            "aws_secret_access_key": self.owner.secret.reveal(),
        }

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point tools at the region."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.owner.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.owner.secret.reveal(),
        }

    def client(self, service: str) -> Any:
        """Return a boto3 client that tries once and does not wait long."""
        return _client(self, service)


@cache
def _client(served: Served, service: str) -> Any:
    session: Any = boto3.Session()
    return session.client(
        service,
        endpoint_url=served.url,
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=5),
        **served.keys,
    )


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A region in a process of its own, on a socket that it inherits, as the sandbox starts it."""
    folder = tmp_path_factory.mktemp("region")
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    number = listener.fileno()
    command = (
        *(sys.executable, "-m", "awsregion", "--fd", str(number)),
        *("--control", str(folder / "control"), "--state", str(folder / "state"), "--log", str(folder / "log")),
        *("--credentials", str(folder / credentials.FILE)),
        *("--instances", str(folder / "instances")),
    )
    owner = credentials.create(folder / credentials.FILE)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, pass_fds=(number,)) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url == f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield Served(url, folder / "control", folder / "state", folder / "instances", process.pid, owner)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        listener.close()
        log = (folder / "log").read_text()
        assert "Traceback" not in log, log[-4000:]


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default lab's cloud assembly."""
    return synthesised(tmp_path_factory.mktemp("default-lab"))
