"""The probe on a host: put there once, and driven through a shell."""

from __future__ import annotations

import base64
import json
import shlex
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from mcastlab.lab.model import Group
    from mcastlab.ports import Shell

SHELL_TIMEOUT_S: Final = 30.0


class RemoteProbe:
    """The probe of one run on one host. Its files stand in a folder of the run's own, which `remove` takes away."""

    def __init__(self, shell: Shell, run: str) -> None:
        """Put the probe there.

        Raises:
            RefusedError: the host cannot be reached, or has no Python 3.
            TimedOutError: it did not answer in time.
        """
        self._shell = shell
        self._run = run
        self._folder = f"/tmp/mcastlab-{run}-{shell.host}"  # noqa: S108  (on the host; made anew, or it is an error)
        source = Path(__file__).with_name("trial_probe.py").read_bytes()
        packed = base64.b64encode(zlib.compress(source)).decode()
        unpack = "import base64,sys,zlib;sys.stdout.buffer.write(zlib.decompress(base64.b64decode(sys.argv[1])))"
        self._do(
            f"mkdir -m 700 {self._folder} && python3 -c {shlex.quote(unpack)} {packed} > {self._folder}/probe.py",
            "putting the probe there",
        )

    @property
    def host(self) -> str:
        """The host's name."""
        return self._shell.host

    def listen(self, group: Group) -> None:
        """Join the group and count in the background; returns once joined."""
        self._probe(f"listen {self._state} {self._flow(group)}")

    def watch(self, group: Group) -> None:
        """Count what reaches the host's interface, without joining."""
        self._probe(f"watch {self._state} {self._flow(group)}")

    def peek(self) -> list[dict[str, Any]]:
        """Return the flows counted so far, as the probe names their fields."""
        return list(self._probe(f"peek {self._state}")["flows"])

    def stop(self) -> list[dict[str, Any]]:
        """Leave, and return the flows counted."""
        return list(self._probe(f"stop {self._state}")["flows"])

    def send(self, group: Group, *, phase: int, count: int, interval_ms: float, ttl: int, size: int) -> dict[str, Any]:
        """Send numbered datagrams; returns sent, errors and source."""
        stream = f"--phase {phase} --count {count} --interval-ms {interval_ms} --ttl {ttl} --size {size}"
        return self._probe(f"send {self._flow(group)} {stream}", timeout_s=SHELL_TIMEOUT_S + count * interval_ms / 1000)

    def remove(self) -> None:
        """End a probe that still listens, and take its files away."""
        pid = f"{self._folder}/state.pid"
        self._do(f"[ ! -f {pid} ] || kill $(cat {pid}); rm -rf {self._folder}", "taking the probe away")

    @property
    def _state(self) -> str:
        return f"{self._folder}/state.json"

    def _flow(self, group: Group) -> str:
        return f"--group {group.address} --port {group.port} --run {self._run}"

    def _probe(self, arguments: str, *, timeout_s: float = SHELL_TIMEOUT_S) -> dict[str, Any]:
        verb = arguments.split(maxsplit=1)[0]
        output = self._do(f"python3 {self._folder}/probe.py {arguments}", f"probe {verb}", timeout_s=timeout_s)
        try:
            answer: dict[str, Any] = json.loads(output)
        except ValueError:
            raise RefusedError(f"{self.host}: probe {verb} answered no JSON: {output.strip()!r}") from None
        return answer

    def _do(self, command: str, doing: str, *, timeout_s: float = SHELL_TIMEOUT_S) -> str:
        result = self._shell.run(command, timeout_s=timeout_s)
        if result.code != 0:
            raise RefusedError(
                f"{self.host}: {doing} ended with {result.code}: {(result.stderr or result.stdout).strip()}",
                hint="the host needs Python 3.9 or later",
            )
        return result.stdout
