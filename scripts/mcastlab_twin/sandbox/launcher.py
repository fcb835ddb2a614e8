"""Start of a twin's sandbox, from outside: one process whose death is the death of everything inside.

The sandbox is a pid, mount and network namespace (for an ordinary user within a user namespace), PID 1 in it reaps
orphans (daemons fork away), and the supervisor runs under it. Listening sockets are opened before, in the machine's own
network, and handed in: that is how a node inside answers on loopback outside.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab_base import private_files
from mcastlab_base.errors import LabError, RefusedError, TimedOutError
from mcastlab_base.waiting import attempts
from mcastlab_twin.sandbox import machine, manifest, run_folder
from mcastlab_twin.sandbox.inheritance import inherited, withhold_descriptors
from mcastlab_twin.sandbox.run_folder import Twin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.lab.model import Lab

READY_S: Final = 60
"""Seconds until a sandbox must have reported that it is ready."""

_DROPPED_CAPABILITIES: Final = (
    "sys_module",
    "sys_boot",
    "sys_rawio",
    "sys_time",
    "syslog",
    "audit_control",
    "mac_admin",
)
"""What root inside must not do to the machine. In a user namespace the kernel forbids them anyway."""

_SOURCE_ROOT: Final = Path(__file__).resolve().parents[2]
_LOG_TAIL: Final = 2000


def start(
    lab: Lab,
    name: str,
    *,
    quotas: Sequence[str] = (),
    slow: float | None = None,
    supervisor: Sequence[str] = ("-m", "mcastlab_twin.supervisor"),
) -> Twin:
    """Start a sandbox, detached, and wait until what it holds is ready.

    Args:
        lab: whose remote sites it is to hold.
        name: the twin's name on this machine, for this user.
        quotas: those of the region that were raised, as ``route=100``.
        slow: how fast the clock of a region in its slow mode goes; None is a fast region.
        supervisor: the arguments of the Python that runs inside.

    Raises:
        RefusedError: the machine cannot hold a twin, one of that name is up, or the supervisor could not start.
        TimedOutError: it was not ready in time.
    """
    way = machine.decide(machine.inspect())
    run_dir, lock = run_folder.claim(name)
    sockets: list[socket.socket] = []
    try:
        names = manifest.ssh_names(lab)
        sockets += (_listen() for _ in range(1 + len(names)))
        api, *rest = sockets
        content = manifest.Manifest(
            name=name,
            lab=lab,
            run_dir=run_dir,
            api=api.fileno(),
            ssh={name: sock.fileno() for name, sock in zip(names, rest, strict=True)},
            quotas=tuple(quotas),
            slow=slow,
        )
        manifest_file = run_dir / "manifest.json"
        private_files.write(manifest_file, content.model_dump_json())
        ready, ready_inside = os.pipe()
        try:
            passed = (lock, ready_inside, *(sock.fileno() for sock in sockets))
            arguments = (*supervisor, "--manifest", str(manifest_file), "--ready", str(ready_inside))
            pid = _spawn(way, arguments, passed, run_dir)
        finally:
            os.close(ready_inside)
        twin = Twin(
            name=name,
            pid=pid,
            endpoint=f"http://127.0.0.1:{api.getsockname()[1]}",
            region=lab.region,
            run_dir=run_dir,
            way=way.why,
            quotas=tuple(quotas),
            slow=slow,
            buttons={
                name: f"127.0.0.1:{sock.getsockname()[1]}"
                for name, sock in zip(names, rest, strict=False)
                if name in manifest.appliance_names(lab)
            },
        )
        # Written before anything is waited for: should we be killed now, `down` knows what to end.
        run_folder.write_record(twin)
        try:
            _await_ready(ready, twin)
        except BaseException:
            kill(pid)
            raise
        finally:
            os.close(ready)
        twin = twin.model_copy(update={"ready": True})
        run_folder.write_record(twin)
        return twin
    finally:
        os.close(lock)
        for sock in sockets:
            sock.close()


def init_of(twin: Twin) -> int | None:
    """Return the sandbox's PID 1 as the machine counts it; None where it is gone."""
    try:
        children = Path(f"/proc/{twin.pid}/task/{twin.pid}/children").read_text().split()
    except OSError:
        return None
    return int(children[0]) if children else None


def kill(pid: int) -> None:
    """End a sandbox at once; harmless when it is gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    reap(pid, 5)


def reap(pid: int, timeout_s: float) -> bool:
    """Wait until a process is gone, a child of ours or not; tell whether it is."""
    return any(not _is_running(pid) for _ in attempts(timeout_s, every_s=0.01))


def _is_running(pid: int) -> bool:
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass  # somebody else's child: its state tells
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stream:  # noqa: PTH123  (a kernel file)
            return stream.read().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def _listen() -> socket.socket:
    sock = socket.create_server(("127.0.0.1", 0), backlog=128)
    sock.set_inheritable(True)
    return sock


def _spawn(way: machine.Way, arguments: Sequence[str], passed: Sequence[int], run_dir: Path) -> int:
    """Start the sandbox's processes in a session of their own; of our descriptors, those in `passed` are theirs too.

    Whatever else our caller left open for us (a lock, a pipe whose end somebody waits for) is not kept open by a twin.
    """
    argv = _argv(way, arguments)
    environment = {
        "PATH": machine.SEARCH_PATH,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(_SOURCE_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    withhold_descriptors(but=passed)
    for descriptor in passed:
        os.set_inheritable(descriptor, True)  # noqa: FBT003  (its only form)
    log = os.open(run_dir / "sandbox.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        files = (
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, log, 1),
            (os.POSIX_SPAWN_DUP2, log, 2),
            *((os.POSIX_SPAWN_CLOSE, descriptor) for descriptor in inherited(passed)),
        )
        return os.posix_spawn(argv[0], argv, environment, file_actions=files, setsid=True)
    finally:
        os.close(log)
        for descriptor in passed:
            os.set_inheritable(descriptor, False)  # noqa: FBT003


def _argv(way: machine.Way, arguments: Sequence[str]) -> list[str]:
    unshare = machine.find_program("unshare") or "unshare"
    drop = ",".join(f"-{name}" for name in _DROPPED_CAPABILITIES)
    limit = () if way.user_namespace else ("setpriv", "--bounding-set", drop, "--")
    return [
        unshare,
        *machine.unshare_arguments(user_namespace=way.user_namespace),
        "tini",
        "--",
        *limit,
        sys.executable,
        *arguments,
    ]


def _await_ready(descriptor: int, twin: Twin) -> None:
    """Read the sandbox's one line: an empty object when it is ready, or what went wrong."""
    line = b""
    end = time.monotonic() + READY_S
    while not line.endswith(b"\n"):
        left = end - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise TimedOutError(f"the twin {twin.name} was not ready within {READY_S} s", hint=_tail(twin.log))
        chunk = os.read(descriptor, 65536)
        if not chunk:
            raise RefusedError(f"the twin {twin.name} ended while it started", hint=_tail(twin.log))
        line += chunk
    answer = json.loads(line)
    if "error" in answer:
        raise LabError(answer["error"], hint=answer.get("hint") or _tail(twin.log))


def _tail(log: Path) -> str:
    try:
        return f"its log ({log}) ends:\n{log.read_text(errors='replace')[-_LOG_TAIL:]}"
    except OSError:
        return f"it left no log in {log}"
