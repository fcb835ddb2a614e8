"""A running twin looked at from outside: what it says of itself, the way into its nodes, the memory that it takes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pydantic import ValidationError

from mcastlab.lab.types import known_names
from mcastlab_base.errors import BadInputError, RefusedError
from mcastlab_base.frozen import Frozen
from mcastlab_twin.network.impairment import ActiveImpairment
from mcastlab_twin.sandbox import launcher, machine, run_folder, terminal

_KIB: Final = 1024


class TwinStatus(Frozen, extra="ignore"):
    """What the inside of a twin last wrote about itself."""

    revision: int
    settled: bool
    running: tuple[str, ...]
    faults: Mapping[str, str]
    nodes: Mapping[str, tuple[str, ...]]
    """How each node is entered from the sandbox's own namespaces, by name."""
    carriers: Mapping[str, str]
    """Who carries the packets of a kind of tunnel: the kernel or a program."""
    crashes: Mapping[str, str] = {}
    """What has ended by itself and was started again, by service."""
    impairments: Mapping[str, ActiveImpairment] = {}
    """What the WAN of a site is made to do, by site."""


def read_status(twin: run_folder.Twin) -> TwinStatus:
    """Return the newest status.

    Raises:
        RefusedError: there is none that can be read.
    """
    file = twin.run_dir / "status.json"
    try:
        return TwinStatus.model_validate_json(file.read_text())
    except (OSError, ValidationError) as error:
        raise RefusedError(f"{file} holds no status of the twin: {error}", hint="wait until it has started") from None


def command_in(twin: run_folder.Twin, node: str, *command: str) -> list[str]:
    """Return the command line that runs `command` in a node, as its root.

    Raises:
        BadInputError: there is no such node.
        RefusedError: the twin has ended, or tells no status.
    """
    nodes = read_status(twin).nodes
    if node not in nodes:
        raise BadInputError(
            f"no node of the twin {twin.name} is called {node}; {known_names(node, sorted(nodes))}",
            hint="name a node that `twin status` lists",
        )
    kind = os.environ.get("TERM")
    return command_in_sandbox(twin, *nodes[node], *(("env", f"TERM={kind}") if kind else ()), *command)


def command_in_sandbox(twin: run_folder.Twin, *command: str) -> list[str]:
    """Return the command line that runs `command` beside the supervisor, with all the rights that the twin has.

    Raises:
        RefusedError: the twin has ended.
    """
    init = launcher.init_of(twin)
    if init is None:
        raise RefusedError(f"the twin {twin.name} has ended", hint="start it again")
    own, its = (Path(f"/proc/{who}/ns/user").readlink() for who in ("self", init))
    user = () if own == its else ("--user", "--preserve-credentials")
    nsenter = machine.find_program("nsenter") or "nsenter"
    return [nsenter, "--target", str(init), *user, "--mount", "--net", "--pid", *command]


@dataclass(frozen=True, slots=True)
class TwinNodes:
    """The nodes of a twin, entered at this terminal."""

    twin: run_folder.Twin

    def entrances(self) -> Mapping[str, object]:
        """Return how each node is entered, by name.

        Raises:
            RefusedError: the twin tells no status.
        """
        return read_status(self.twin).nodes

    def enter(self, node: str, command: Sequence[str], *, output: IO[bytes] | None = None) -> int:
        """Run a command in a node, or a shell, and return the exit code; `output` is where its output goes if not here.

        Raises:
            BadInputError: there is no such node.
            RefusedError: the twin has ended, or tells no status.
        """
        argv = command_in(self.twin, node, *(command or ("bash", "--norc")))
        kept = {name: os.environ[name] for name in ("TERM", "LANG") if name in os.environ}
        return terminal.run(argv, {"PATH": machine.SEARCH_PATH, "HOME": "/root", **kept}, output=output)


def memory_mib(twin: run_folder.Twin) -> float:
    """Return the memory of all of a twin's processes: what each has alone, and its share of what several have.

    Source: proc(5), smaps_rollup, Pss.
    """
    return sum(_share_kib(pid) for pid in _processes(twin.pid)) / _KIB


def _processes(outer: int) -> set[int]:
    """Return a process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # ended since it was listed
    found = {outer}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _share_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # ended, or without memory of its own
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
