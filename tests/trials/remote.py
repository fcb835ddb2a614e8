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
    from trials.run import Stream

    from mcastlab.lab.model import Group
    from mcastlab.ports import Shell

PROBE: Final = Path(__file__).with_name("trial_probe.py")
SHELL_TIMEOUT_S: Final = 30.0


class RemoteProbe:
    """The probe of one run on one host. Its files stand in a folder of the run's own, which `remove` takes away.

    Each command is a login of its own, so the probe goes there with its first one and goes with its last.

    Raises (each method):
        RefusedError: the host cannot be reached, or has no Python 3.
        TimedOutError: it did not answer in time.
    """

    def __init__(self, shell: Shell, run: str) -> None:
        self._shell = shell
        self._run = run
        self._folder = f"/tmp/mcastlab-{run}-{shell.host}"  # noqa: S108  (on the host; made anew, or it is an error)
        self._stands = False

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

    def await_whole(self, *, batch: int, in_a_row: int, within_s: float) -> int | None:
        """Wait until so many batches in a row have arrived whole; return the first one's number, None if none has."""
        words = f"await {self._state} --batch {batch} --in-a-row {in_a_row} --within {within_s}"
        first: int | None = self._probe(words, timeout_s=SHELL_TIMEOUT_S + within_s)["first"]
        return first

    def stop(self) -> list[dict[str, Any]]:
        """Leave, and return the flows counted."""
        return list(self._probe(f"stop {self._state}", last=True)["flows"])

    def send(self, group: Group, stream: Stream, *, phase: int) -> dict[str, Any]:
        """Send numbered datagrams; returns sent, errors and source."""
        words = f"send {self._flow(group)} --phase {phase} --count {stream.count} {self._pace(stream)}"
        return self._probe(words, timeout_s=SHELL_TIMEOUT_S + stream.count * stream.interval_ms / 1000, last=True)

    def send_batches(self, group: Group, stream: Stream) -> dict[str, Any]:
        """Send batches until `end_batches`; returns when each one began and the source."""
        pace = f"--count {stream.batch} --within {stream.establish_within_s} {self._pace(stream)}"
        words = f"batches {self._end} {self._flow(group)} {pace}"
        return self._probe(words, timeout_s=SHELL_TIMEOUT_S + stream.establish_within_s)

    def end_batches(self) -> None:
        """Let `send_batches` end."""
        self._do(f"touch {self._end}", "ending the batches")

    def remove(self) -> None:
        """End a probe that still listens, and take its files away, where they are still there."""
        if self._stands:
            pid = f"{self._folder}/state.pid"
            self._do(f"[ ! -f {pid} ] || kill $(cat {pid}); rm -rf {self._folder}", "taking the probe away")

    @property
    def _state(self) -> str:
        return f"{self._folder}/state.json"

    @property
    def _end(self) -> str:
        return f"{self._folder}/end"

    @staticmethod
    def _pace(stream: Stream) -> str:
        return f"--interval-ms {stream.interval_ms} --ttl {stream.ttl} --size {stream.size}"

    def _flow(self, group: Group) -> str:
        return f"--group {group.address} --port {group.port} --run {self._run}"

    def _probe(self, arguments: str, *, timeout_s: float = SHELL_TIMEOUT_S, last: bool = False) -> dict[str, Any]:
        verb = arguments.split(maxsplit=1)[0]
        command = f"python3 {self._folder}/probe.py {arguments}"
        if not self._stands:
            command, self._stands = f"{self._put()} && {command}", True
        if last:
            command = f"{command} && rm -rf {self._folder}"
        output = self._do(command, f"probe {verb}", timeout_s=timeout_s)
        self._stands = not last
        try:
            answer: dict[str, Any] = json.loads(output)
        except ValueError:
            raise RefusedError(f"{self.host}: probe {verb} answered no JSON: {output.strip()!r}") from None
        return answer

    def _put(self) -> str:
        packed = base64.b64encode(zlib.compress(PROBE.read_bytes())).decode()
        unpack = "import base64,sys,zlib;sys.stdout.buffer.write(zlib.decompress(base64.b64decode(sys.argv[1])))"
        put = f"python3 -c {shlex.quote(unpack)} {packed} > {self._folder}/probe.py"
        return f"mkdir -m 700 {self._folder} && {put}"

    def _do(self, command: str, doing: str, *, timeout_s: float = SHELL_TIMEOUT_S) -> str:
        result = self._shell.run(command, timeout_s=timeout_s)
        if result.code != 0:
            raise RefusedError(
                f"{self.host}: {doing} ended with {result.code}: {(result.stderr or result.stdout).strip()}",
                hint="the host needs Python 3.9 or later",
            )
        return result.stdout
