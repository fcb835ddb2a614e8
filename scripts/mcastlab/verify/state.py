"""A lab's state at one moment, as values: what `status --json` prints."""

from __future__ import annotations

from datetime import datetime

from mcastlab.frozen import Frozen
from mcastlab.verify.model import Rung, Subject, Verdict


class Part(Frozen):
    """Something that exists, and its state in its owner's words."""

    subject: Subject
    state: str
    sound: bool
    """Whether that is the state that it is to be in."""


class Members(Frozen):
    """Who has joined a group."""

    group: str
    """The group's name in the document."""
    address: str
    domain: int
    """Interfaces that are members in the gateway's multicast domain; the AWS router's is one of them."""
    sites: tuple[str, ...]
    """Far sites on whose LAN a device has joined."""


class PacketRate(Frozen):
    """Packets through a router's GRE tunnel, in a second."""

    subject: Subject
    """The router."""
    interface: str
    in_pps: float
    out_pps: float
    seconds: float
    """For how long that was counted."""


class Status(Frozen):
    """A lab at one moment."""

    schema_version: int = 1
    lab: str
    taken: datetime
    """With its time zone, UTC."""
    duration_s: float
    deployed: bool
    """Whether AWS has a stack of the lab."""
    verdict: Verdict
    """Of the rungs below; not applicable where nothing is deployed."""
    parts: tuple[Part, ...]
    members: tuple[Members, ...]
    rates: tuple[PacketRate, ...]
    rungs: tuple[Rung, ...]
    """Those of the ladder that one look can judge."""
    notes: tuple[str, ...] = ()
    """What this world cannot vouch for, as it declares itself."""
