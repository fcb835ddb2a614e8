"""A sandbox with the real fabric inside, driven by the test."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from twin.fabric.clouds import LAB

from mcastlab_twin import lifecycle
from mcastlab_twin.sandbox import launcher, run_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsregion.cloud import Cloud

AGENT = str(Path(__file__).with_name("agent.py"))


class Driver:
    """Asks the agent inside the sandbox."""

    def __init__(self, twin: run_folder.Twin) -> None:
        self.twin = twin
        url = urlsplit(twin.endpoint)
        self._address = (url.hostname or "", url.port or 0)

    def apply(self, cloud: Cloud, *services: tuple[str, str]) -> dict[str, Any]:
        text = cloud.model_dump_json(context={"reveal": True})
        hosts = [("host", each.id) for each in cloud.instances if each.platform == "linux"]
        reported: dict[str, Any] = self._ask("apply", cloud=text, services=[*hosts, *services])
        return reported

    def node(self, name: str | None, script: str, timeout_s: float = 20) -> dict[str, Any]:
        reported: dict[str, Any] = self._ask("node", name=name, script=script, timeout_s=timeout_s)
        return reported

    def sh(self, netns: str | None, script: str) -> str:
        reported = self._ask("sh", netns=netns, script=script)
        assert reported["code"] == 0, reported
        return str(reported["stdout"])

    def customer(self, key: str) -> None:
        self._ask("customer", key=key)

    def impair(self, **asked: dict[str, float]) -> dict[str, bool]:
        """Impair the WAN of sites by name, all others being sound; tell of each whether the kernel does it."""
        reported: dict[str, bool] = self._ask("impair", asked=asked)
        return reported

    def look(self) -> dict[str, Any]:
        """Have the services looked after; tell whether all run, what does not, and what has crashed so far."""
        reported: dict[str, Any] = self._ask("look")
        return reported

    def type(self, router: str, *lines: str) -> str:
        """Type lines at a remote router's prompt over SSH, and return what the terminal showed."""
        done = subprocess.run(
            ["ssh", "-F", str(self.twin.ssh_config), "-o", "BatchMode=yes", "-tt", router],
            input="\n".join(("terminal length 0", *lines, "exit", "")),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert re.search(r"^% ", done.stdout, re.MULTILINE) is None, done.stdout
        return done.stdout

    def live(self) -> Any:
        return self._ask("live")

    def _ask(self, do: str, **arguments: object) -> Any:
        with socket.create_connection(self._address, timeout=40) as connection, connection.makefile("rw") as stream:
            stream.write(json.dumps({"do": do, "with": arguments}) + "\n")
            stream.flush()
            reported = json.loads(stream.readline())
        assert "error" not in reported, reported["error"]
        return reported["answer"]


@pytest.fixture(scope="module")
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    name = f"test-{Path(request.node.nodeid).stem.replace('_', '-')}"
    lifecycle.down(name)
    twin = launcher.start(LAB, name, supervisor=(AGENT,))
    try:
        yield Driver(twin)
    finally:
        lifecycle.down(name)
