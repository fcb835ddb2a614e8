"""A host or far device, looked at through its shell."""

from __future__ import annotations

import base64
import json
import shlex
import zlib
from functools import cache
from importlib import resources
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mcastlab.errors import RefusedError
from mcastlab.verify.observations import HostView

if TYPE_CHECKING:
    from mcastlab.lab.model import Group
    from mcastlab.ports import Shell

SHELL_TIMEOUT_S: Final = 20.0
LOOKED_AT_TTL: Final = 16
"""More than the routers on any way."""

_RUN: Final = "import base64,sys,zlib;exec(zlib.decompress(base64.b64decode(sys.argv.pop(1))))"


@cache
def _packed() -> str:
    source = resources.files("mcastlab.verify").joinpath("look.py").read_bytes()
    return base64.b64encode(zlib.compress(source)).decode()


def observe_host(shell: Shell, site: str | None, group: Group, *, sends: bool) -> HostView:
    """Return what a host says of its multicast; one that sends is made to send a single datagram.

    Raises:
        RefusedError: it cannot be reached, or has no Python 3.
        TimedOutError: it does not answer in time.
    """
    arguments = f"{group.address} {group.port} {LOOKED_AT_TTL if sends else 0}"
    done = shell.run(f"python3 -c {shlex.quote(_RUN)} {_packed()} {arguments}", timeout_s=SHELL_TIMEOUT_S)
    try:
        told = json.loads(done.stdout) if done.code == 0 else None
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise RefusedError(
            f"{shell.host}: looking at its multicast ended with {done.code}: {_last_line(done.stderr or done.stdout)}",
            hint="the host needs Python 3.9 or later",
        )
    source = told.get("source")
    return HostView(
        name=shell.host,
        site=site,
        kernel=str(told.get("kernel", "")),
        interface=told.get("interface"),
        source=IPv4Address(source) if source else None,
        mtu=told.get("mtu_octets"),
        igmp_version=told.get("igmp_version"),
        igmp_forced=bool(told.get("igmp_forced")),
        ttl=told.get("ttl"),
        ttl_given=told.get("ttl_given"),
    )


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
