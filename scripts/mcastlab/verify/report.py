"""A verification and a lab's status, as values.

They are what `verify --json` and `status --json` print; the schema of the first is published; units stand in the names.
"""

from __future__ import annotations

from datetime import datetime

from mcastlab.follow.snapshot import FollowSnapshot
from mcastlab.follow.trace import FollowTrace
from mcastlab.traffic.results import TrafficReport
from mcastlab.verify.findings import CheckResult, Diagnosis, Subject, Verdict
from mcastlab_base.frozen import Frozen


class VerificationReport(Frozen):
    """A whole verification."""

    schema_version: int = 4
    """Rises with the form. 2: a latency that was not measured is null and has a bound; busy hosts have stalls.

    3: `checks`, `diagnoses`, `fix` and `fix_where` were `rungs`, `causes`, `mend` and `mend_where`; a check
    has its layer, a diagnosis the command that applies it; keys and kinds are in snake_case.

    4: verdicts, ways, and kinds of silences and stalls are in snake_case too.
    """
    lab: str
    started: datetime
    """With its time zone, UTC."""
    duration_s: float
    verdict: Verdict
    """Holds only if every check holds or does not apply, and all traffic is as it should be."""
    diagnoses: tuple[Diagnosis, ...]
    """The most fundamental first; what fails without a known cause has a cause that says so."""
    checks: tuple[CheckResult, ...]
    """From the bottom up."""
    traffic: TrafficReport | None
    """None where it was not reached or not asked for."""
    followed: FollowTrace | None = None
    """Which groups of the blocks were joined while the traffic was sent; null where nobody followed them."""
    configurations: dict[str, str]
    """The running configuration of each router, by its name in reports; keys are masked."""
    versions: dict[str, str]
    """Of this program, of each router's software and platform, of the hosts' kernels."""
    notes: tuple[str, ...] = ()
    """What this target cannot vouch for, as it declares itself."""


class TrafficRun(TrafficReport):
    """Traffic by itself."""

    schema_version: int = 2
    lab: str
    started: datetime
    """With its time zone, UTC."""
    notes: tuple[str, ...] = ()
    """What this target cannot vouch for, as it declares itself."""


class LabPart(Frozen):
    """Something that exists, and its state in its owner's words."""

    subject: Subject
    state: str
    sound: bool
    """Whether that is the state that it is to be in."""


class Members(Frozen):
    """Who has joined a group."""

    group: str
    """The group's name in the lab file."""
    address: str
    domain: int
    """Interfaces that are members in the gateway's multicast domain; the AWS router's is one of them."""
    sites: tuple[str, ...]
    """Remote sites on whose LAN a device has joined."""


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

    schema_version: int = 3
    """Rises with the form. 2: `checks` was `rungs`. 3: verdicts are in snake_case."""
    lab: str
    taken: datetime
    """With its time zone, UTC."""
    duration_s: float
    deployed: bool
    """Whether AWS has a stack of the lab."""
    verdict: Verdict
    """Of the checks below; not applicable where nothing is deployed."""
    parts: tuple[LabPart, ...]
    members: tuple[Members, ...]
    rates: tuple[PacketRate, ...]
    checks: tuple[CheckResult, ...]
    """Those that one look can judge."""
    followed: FollowSnapshot | None = None
    """The groups that follow the devices; null where nobody follows them."""
    notes: tuple[str, ...] = ()
    """What this target cannot vouch for, as it declares itself."""


class UnseenStatus(Frozen):
    """A lab that could not be looked at, in a line of `status --watch --json`."""

    schema_version: int = Status.model_fields["schema_version"].default
    lab: str
    error: str
    hint: str
