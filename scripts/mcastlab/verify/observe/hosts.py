"""A host or device, observed through its shell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError

from mcastlab import remote_python
from mcastlab.text import last_line
from mcastlab.verify.snapshot.hosts import ObservedHost
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from mcastlab.lab.model import Group
    from mcastlab.ports import Shell

SHELL_TIMEOUT_S: Final = 20.0
LOOKED_AT_TTL: Final = 16
"""More than the routers on any way."""

SHOWN: Final = 120
"""How much of a line that cannot be read is shown."""

_ANSWER: Final = TypeAdapter(dict[str, Any])


def observe_host(shell: Shell, site: str | None, group: Group, *, sends: bool) -> ObservedHost:
    """Return what a host says of its multicast; one that sends is made to send a single datagram.

    Raises:
        RefusedError: it cannot be reached, has no Python 3, or says what cannot be read.
        TimedOutError: it does not answer in time.
    """
    ttl = LOOKED_AT_TTL if sends else 0
    asked = remote_python.command(
        "mcastlab.verify.observe.host_inspector", str(group.address), str(group.port), str(ttl)
    )
    done = shell.run(asked, timeout_s=SHELL_TIMEOUT_S)
    if done.code != 0:
        raise RefusedError(
            f"{shell.host}: looking at its multicast ended with {done.code}: "
            f"{last_line(done.stderr or done.stdout)[:SHOWN]!a}",
            hint="the host needs Python 3.9 or later",
        )
    try:
        answer = _ANSWER.validate_json(done.stdout)
        return ObservedHost(**{**answer, "name": shell.host, "site": site})
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise RefusedError(
            f"{shell.host}: cannot read what it says of its multicast{f' ({where})' if where else ''}: "
            f"{last_line(done.stdout)[:SHOWN]!a}; expected one JSON object",
            hint="does the host's python3, or what its shell starts first, print something of its own?",
        ) from None
