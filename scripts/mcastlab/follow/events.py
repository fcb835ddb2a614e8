"""What happens while groups are followed: one value an event, one line of JSON each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcastlab.text import Worded

if TYPE_CHECKING:
    from datetime import datetime
    from ipaddress import IPv4Address


class Kind(Worded):
    """The kinds of events."""

    STARTED = "started"
    STOPPED = "stopped"
    WANTED = "wanted"
    """Somebody wants a group that nobody wanted before."""
    JOINED = "joined"
    """The AWS router has joined it; `seconds` after it was seen to be wanted."""
    MEMBER = "member"
    """The gateway lists the AWS router after all."""
    NOT_A_MEMBER = "not_a_member"
    """The gateway does not list the AWS router."""
    UNWANTED = "unwanted"
    """Nobody wants it any more."""
    LEFT = "left"
    """The AWS router has left it; `seconds` after it joined."""
    REFUSED = "refused"
    """It is wanted and not joined, for the reason in `text`."""
    ADOPTED = "adopted"
    """The AWS router had joined it before."""
    LOST = "lost"
    """The AWS router does not have the line any more by which it had joined."""
    SENDING = "sending"
    """A remote source sends to a group that nobody wants."""
    WAITING = "waiting"
    """The router, the gateway or another command is waited for; `text` says why."""
    RECOVERED = "recovered"
    """What was waited for is there again, after `seconds`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowEvent:
    """Something that happened."""

    kind: Kind
    group: IPv4Address | None = None
    by: frozenset[str] = frozenset()
    """Who wants the group, or sends to it."""
    seconds: float | None = None
    text: str = ""

    def as_json(self, time: datetime) -> dict[str, Any]:
        """Return the event as values of JSON; what it does not have is left out."""
        values = {
            "schema_version": 1,
            "time": time.isoformat(timespec="milliseconds"),
            "event": self.kind.value,
            "group": None if self.group is None else str(self.group),
            "by": sorted(self.by),
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "text": self.text,
        }
        return {key: value for key, value in values.items() if value not in (None, [], "")}
