"""What a twin must not change, as the machine shows it, and which processes belong to a twin."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

_LOOKS: Final = (
    ("ip", "link"),
    ("ip", "address"),
    ("ip", "rule"),
    ("ip", "-6", "rule"),
    ("ip", "route", "show", "table", "all"),
    ("ip", "netns", "list"),
    ("ls", "-A", "/run", "/run/netns", "/run/frr", "/etc/frr", "/var/tmp"),  # noqa: S108  (only listed)
    ("sysctl", "-a", "--pattern", r"^net\.|^kernel\.(panic|hostname|domainname|core_|sched_|sysrq|printk)|^user\."),
    ("cat", "/proc/self/mounts"),
)
_FOR_ROOT: Final = (("nft", "list", "ruleset"),)

_OF_ITSELF: Final = (
    "net.netfilter.nf_conntrack_count",
    "net.netfilter.nf_conntrack_buckets",
    "net.core.netdev_rss_key",
)
"""Settings that are none: they count, or change whoever looks."""
_OF_OTHER_TESTS: Final = ("mcastlab-secret-",)
"""Files that tests beside this one lay where an attacker would look for some."""


def machine_state() -> dict[str, str]:
    """Return links, addresses, rules, routes, namespaces, run folders, settings, mounts and the packet filter."""
    looks = (*_LOOKS, *_FOR_ROOT) if os.geteuid() == 0 else _LOOKS
    return {" ".join(argv): _look(argv) for argv in looks}


def _look(argv: tuple[str, ...]) -> str:
    lines = subprocess.run(argv, capture_output=True, text=True, check=False).stdout.splitlines()
    return "\n".join(line for line in lines if not line.startswith((*_OF_ITSELF, *_OF_OTHER_TESTS)))


class HeldNamespace:
    """A pid namespace. While this is held, the kernel gives its number to no other one; its processes may end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.inode = os.fstat(descriptor).st_ino

    def __del__(self) -> None:
        os.close(self._descriptor)


def sandbox_of(outer: int) -> HeldNamespace | None:
    """Return the pid namespace of a sandbox's inside, by its outer process; None while there is none."""
    try:
        inside = HeldNamespace(os.open(f"/proc/{outer}/ns/pid_for_children", os.O_RDONLY | os.O_CLOEXEC))
    except OSError:
        return None
    # Before it unshares, the outer process' children would share the machine's own.
    return None if inside.inode == Path("/proc/self/ns/pid").stat().st_ino else inside


def processes_of(folder: Path, sandboxes: frozenset[int] = frozenset()) -> dict[int, str]:
    """Return what runs for a twin, in its sandboxes or not: who names its run folder, by pid. Zombies run no more."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            reported = command + (entry / "environ").read_bytes()
            inside = (entry / "ns" / "pid").stat().st_ino in sandboxes
        except OSError:
            continue  # it ended, or is another user's, whom we start nothing for
        if command and (inside or f"{folder}/".encode() in reported):
            found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return found
