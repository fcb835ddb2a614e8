"""The nodes of a lab by the names that a user types, and the way into each: a shell, or one command."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from mcastlab.ios.refusals import refusal_in
from mcastlab.lab.design.names import aws_router_name, remote_router_name, site_router, within_lab
from mcastlab.lab.types import known_names
from mcastlab.routers.ssh.console import attach
from mcastlab.routers.ssh.host_shell import open_host
from mcastlab.routers.ssh.proxy_sockets import THROUGH, why_closed
from mcastlab.routers.ssh.session import NetmikoSession
from mcastlab.text import printable
from mcastlab_base.errors import BadInputError, ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.cli.context import Context
    from mcastlab.lab.model import Lab

_INSTANCE: Final = re.compile(r"i-[0-9a-f]{8,17}")
_CHUNK: Final = 1 << 16


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
    return open_host(context.connections.host_login(node.name, _tell), shlex.join(command) if command else None)


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


def pass_through(context: Context, name: str) -> int:
    """Be the ProxyCommand of another program: pass its bytes to a node's SSH port, and the answers back.

    The node is an instance of this environment's account by its id, or one of the lab by its name.

    Raises:
        BadInputError: there is no such node, or none that a tunnel leads to.
        LabError: there is no way to it.
    """
    from mcastlab.aws.clients import Clients  # noqa: PLC0415  (the SDK takes its time, and other nodes need none of it)
    from mcastlab.aws.tunnel import Tunnels  # noqa: PLC0415  (as above)

    if _INSTANCE.fullmatch(name):
        clients, instance_id = Clients(_region(context)), name
    else:
        context.enter()
        clients, instance_id = context.connections.clients, _instance(context, name)
    with Tunnels(clients).open(instance_id) as end:
        threading.Thread(target=_copy_input, args=(end,), daemon=True).start()
        while data := end.recv(_CHUNK):
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
    if closed := why_closed(end):
        raise RefusedError(f"{instance_id}: {closed}", hint=THROUGH)
    return ExitCode.OK


def _region(context: Context) -> str | None:
    """Return the Region that nothing else says: the lab's, where one is found."""
    if os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        return None
    try:
        return context.lab.region
    except BadInputError:
        return None


def _instance(context: Context, name: str) -> str:
    node, facts = nodes_of(context.lab).get(name), context.connections.facts()
    if node is not None and node.kind is NodeKind.HOST:
        return facts.host_instance_ids[node.name]
    if node is not None and node.name == aws_router_name(context.lab):
        return facts.router_instance_id
    known = sorted({within_lab(aws_router_name(context.lab)), *context.lab.host_names})
    raise BadInputError(
        f"no tunnel leads to {name!r}; {known_names(name, known)}",
        hint="nodes of remote sites are reached as the SSH client configuration says",
    )


def _copy_input(end: socket.socket) -> None:
    with suppress(OSError):
        while data := os.read(sys.stdin.fileno(), _CHUNK):
            end.sendall(data)
        end.shutdown(socket.SHUT_WR)
