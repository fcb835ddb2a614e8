"""A Linux machine of the lab: a namespace with its own files, processes and name, in which commands are run.

Its file system is the machine's, read-only, with private folders where scripts write: /etc stands on a copy, the rest
is empty. What a script does as root ends at the node: its pid namespace dies with it, and it holds no capability that
reaches farther than the node's own network.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.twin.machine import SEARCH_PATH
from mcastlab.twin.mounts import SKELETON

if TYPE_CHECKING:
    from pathlib import Path

START_S: Final = 10
"""Seconds within which a node must stand."""

_CAPABILITIES: Final = (
    "chown,dac_override,dac_read_search,fowner,fsetid,kill,setgid,setuid,setfcap,"
    "net_bind_service,net_broadcast,net_admin,net_raw,ipc_lock,sys_chroot,sys_nice,sys_resource"
)
"""What root is in a node. It lacks sys_admin, by which mounts could be undone."""

_EMPTY: Final = ("/run", "/tmp", "/var/tmp", "/var/log", "/root", "/home", "/mnt", "/srv", "/dev/shm")  # noqa: S108
_OUTPUT_LIMIT: Final = 1 << 20

_SETUP: Final = """
name=$1 private=$2 skeleton=$3; shift 3
mount -t proc -o nosuid,nodev proc /proc
mount --bind /proc/sys /proc/sys
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,ro /proc/sys
mount -o remount,bind,ro /sys
mkdir -p "$private/upper" "$private/work" "$private/dev"
mount -t tmpfs -o mode=755,nosuid tmpfs "$private/dev"
for device in null zero full random urandom tty net/tun; do
  mkdir -p "$(dirname "$private/dev/$device")"
  touch "$private/dev/$device"
  mount --bind "/dev/$device" "$private/dev/$device"
done
mkdir "$private/dev/pts" "$private/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$private/dev/pts"
ln -s pts/ptmx "$private/dev/ptmx"
ln -s /proc/self/fd "$private/dev/fd"
ln -s fd/0 "$private/dev/stdin"
ln -s fd/1 "$private/dev/stdout"
ln -s fd/2 "$private/dev/stderr"
mount --rbind "$private/dev" /dev
if ! mount -t overlay -o "lowerdir=$skeleton/etc,upperdir=$private/upper,workdir=$private/work" overlay /etc 2>&1; then
  mount -t tmpfs -o mode=755 tmpfs "$private/upper"
  cp -a "$skeleton/etc/." "$private/upper"
  mount --bind "$private/upper" /etc
fi
for folder in "$@"; do
  if [ -d "$folder" ]; then mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$folder"; fi
done
chmod 755 /run /var/log /root /home /mnt /srv
hostname "$name"
echo "$name" > /etc/hostname
echo "127.0.0.1 localhost $name" > /etc/hosts
echo ready
exec tini -s -- sleep infinity
"""
"""The node has the harmless devices only. Without overlayfs /etc is a copy; what the attempt said comes first."""

_RUN: Final = """
umask 077
mkdir -p /run/scripts
file=/run/scripts/$1
cat > "$file"
chmod 700 "$file"
cd "$2"
shift 2
exec "$@" "$file" < /dev/null
"""


class NodeError(Exception):
    """A node could not be started; the text holds what its setup said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a script ended. `timed_out` scripts were killed."""

    code: int
    stdout: str
    stderr: str
    timed_out: bool
    seconds: float


class LinuxNode:
    """One Linux machine in the network namespace `netns`."""

    def __init__(self, netns: str, hostname: str, run_dir: Path) -> None:
        self.netns = netns
        self._hostname = hostname
        self._run_dir = run_dir
        self._holder: asyncio.subprocess.Process | None = None
        self._init = 0
        self._scripts = 0

    async def start(self) -> None:
        """Make its file system and its process space.

        Raises:
            NodeError: a step of it failed.
        """
        self._run_dir.mkdir(parents=True, exist_ok=True)
        log, setup = self._run_dir / "setup.log", self._run_dir / "setup"
        setup.write_text(_SETUP)
        with log.open("wb") as errors:
            self._holder = await asyncio.create_subprocess_exec(
                *("ip", "netns", "exec", self.netns),
                *("unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child"),
                *("sh", "-e", str(setup), self._hostname, str(self._run_dir), str(SKELETON), *_EMPTY),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        said = await self._wait_until_ready(self._holder)
        if said != b"ready\n":
            await self.stop()
            raise NodeError(f"{self.netns} did not start: {said.decode()}{log.read_text(errors='replace')}")
        self._init = _only_child(self._holder.pid)

    @staticmethod
    async def _wait_until_ready(holder: asyncio.subprocess.Process) -> bytes:
        """Read what the setup says: the line ``ready``, after whatever a failed attempt at an overlay had to say."""
        if holder.stdout is None:
            return b""
        said = b""
        async with asyncio.timeout(START_S):
            async for line in holder.stdout:
                if line == b"ready\n":
                    return line
                said += line
        return said

    def problem(self) -> str:
        """Return what has ended of it that should run; empty where nothing has."""
        ended = self._holder is not None and self._holder.returncode is not None
        return f"PID 1 of {self._hostname} has ended" if ended else ""

    async def stop(self) -> None:
        """End every process in it. Harmless when not started."""
        if self._holder is not None and self._holder.returncode is None:
            self._holder.kill()
            await self._holder.wait()
        self._holder = None

    async def run(
        self, script: str, *, interpreter: tuple[str, ...] = ("sh",), folder: str = "/", timeout_s: float
    ) -> Result:
        """Run a script as root and wait for its end; what it leaves in the background runs on.

        Args:
            script: its text.
            interpreter: what is to run the script's file; nothing runs the file itself, by its first line.
            folder: the working directory.
            timeout_s: seconds after which it is killed with the processes of its group.
        """
        self._scripts += 1
        name = f"script-{self._scripts}"
        out, err = self._run_dir / f"{name}.out", self._run_dir / f"{name}.err"
        begin = time.monotonic()
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                *self.argv("sh", "-c", _RUN, "run", name, folder, *interpreter),
                stdin=asyncio.subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        timed_out = False
        try:
            async with asyncio.timeout(timeout_s):
                await process.communicate(script.encode())
        except TimeoutError:
            timed_out = True
        finally:
            if process.returncode is None:
                await end_group(process)
        code = process.returncode if process.returncode is not None else -1
        texts = (_read(out), _read(err))
        out.unlink()
        err.unlink()
        return Result(
            code=code, stdout=texts[0], stderr=texts[1], timed_out=timed_out, seconds=time.monotonic() - begin
        )

    async def open(self, command: str | None) -> asyncio.subprocess.Process:
        """Start a shell command (or a shell that reads commands) with pipes to its three streams."""
        return await asyncio.create_subprocess_exec(
            *self.argv("bash", *(("-c", command) if command is not None else ("-s",))),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )

    def argv(self, *argv: str) -> tuple[str, ...]:
        """Return the command that runs `argv` in the node, as its root.

        Raises:
            NodeError: it does not run.
        """
        if self._holder is None or not self._init:
            raise NodeError(f"{self.netns} is not running")
        return (
            *("nsenter", "--target", str(self._init), "--mount", "--uts", "--net", "--pid"),
            *("setpriv", "--bounding-set", f"-all,+{_CAPABILITIES.replace(',', ',+')}", "--"),
            *("env", "-i", f"PATH={SEARCH_PATH}", "HOME=/root", "LANG=C.UTF-8", "USER=root"),
            *argv,
        )


async def end_group(process: asyncio.subprocess.Process) -> None:
    """Kill a process that was started in a session of its own, with all of its group."""
    with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _only_child(pid: int) -> int:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:  # noqa: PTH123  (a kernel file)
        return int(stream.read().split()[0])


def _read(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(_OUTPUT_LIMIT).decode(errors="replace")
