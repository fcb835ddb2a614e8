"""The nodes of a lab by the names that a user types, and the way into each: a shell, or one command."""

from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from mcastlab.ios.refusals import refusal_in
from mcastlab.lab.design.names import aws_router_name, remote_router_name, site_router, within_lab
from mcastlab.lab.types import known_names
from mcastlab.routers.ssh.console import attach
from mcastlab.routers.ssh.session import NetmikoSession
from mcastlab.text import printable
from mcastlab_base.errors import BadInputError, ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.cli.context import Context
    from mcastlab.lab.model import Lab

COMMAND_S: Final = 3600.0
"""How long a command on a host may take. Source: AWS-RunShellScript, executionTimeout, by default."""


class NodeKind(Enum):
    """What a node is, and so how one gets into it."""

    ROUTER = "router"
    HOST = "host"
    DEVICE = "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabNode:
    """A router, by its name in reports, or a host or device."""

    kind: NodeKind
    name: str


def nodes_of(lab: Lab) -> dict[str, LabNode]:
    """Return the nodes of a lab by each of their names: a router has those of reports and of the SSH configuration."""
    found = {
        device.name: LabNode(kind=NodeKind.DEVICE, name=device.name) for site in lab.sites for device in site.machines
    }
    found |= {name: LabNode(kind=NodeKind.HOST, name=name) for name in lab.host_names}
    routers = {aws_router_name(lab): ()} | {
        remote_router_name(lab, site): (site.router.ssh, site_router(site.name)) for site in lab.sites
    }
    for name, others in routers.items():
        found |= {each: LabNode(kind=NodeKind.ROUTER, name=name) for each in (within_lab(name), name, *others)}
    return found


def open_node(context: Context, name: str, command: Sequence[str]) -> int:
    """Open a shell in a node, or run a command there, and return the exit code.

    Raises:
        BadInputError: there is no such node.
        LabError: there is no way into it, or it refuses.
    """
    target, known = context.enter(), nodes_of(context.lab)
    inner = {} if target.nodes is None else target.nodes.entrances()
    if (node := known.get(name)) is None:
        if target.nodes is not None and name in inner:
            return target.nodes.enter(name, command)
        if name in {device.name for site in context.lab.sites for device in site.appliances}:
            raise BadInputError(f"{name} is an appliance: it has no shell", hint="listen to a group that it sends to")
        raise BadInputError(
            f"no node is called {name!r}; {known_names(name, sorted({*known, *inner}))}",
            hint=f"routers, hosts and devices have the names of the lab file: {context.command('check')}",
        )
    if node.kind is NodeKind.ROUTER:
        return _router(context, node.name, command)
    if node.kind is NodeKind.DEVICE:
        return _device(context, node.name, command)
    if not command and target.nodes is not None:
        return target.nodes.enter(name, command)
    return _host(context, node.name, command)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _router(context: Context, name: str, command: Sequence[str]) -> int:
    login = context.connections.login(name, _tell)
    if not command:
        attach(login)
        return ExitCode.OK
    session = NetmikoSession(login)
    try:
        answer = session.show(" ".join(command))
    finally:
        session.close()
    sys.stdout.write(printable(answer))
    if (refusal := refusal_in(answer)) is not None:
        raise RefusedError(f"{name} refuses the command: {printable(refusal)}")
    return ExitCode.OK


def _device(context: Context, name: str, command: Sequence[str]) -> int:
    words = context.connections.device(name).words
    try:
        return subprocess.run((*words, *(("--", shlex.join(command)) if command else ())), check=False).returncode
    except OSError as error:
        raise RefusedError(
            f"the OpenSSH client cannot be started: {error.strerror}", hint="install it: `ssh -V` must work"
        ) from None


def _host(context: Context, name: str, command: Sequence[str]) -> int:
    facts = context.connections.facts()
    if not command:
        session = ("aws", "ssm", "start-session", "--target", facts.host_instance_ids[name])
        raise BadInputError(
            f"a shell on {name} needs Session Manager's plugin of the AWS CLI; a command needs nothing",
            hint="\n       or: ".join(
                (context.command("run", "--", *session), context.command("ssh", name, "--", "COMMAND"))
            ),
        )
    done = context.connections.shells(facts)[name].run(shlex.join(command), timeout_s=COMMAND_S)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.code
