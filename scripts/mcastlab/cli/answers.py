"""The JSON schema of what each verb prints with ``--json``. Source: JSON Schema, draft 2020-12."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, Final

from mcastlab.cleanup import report as cleanup_report
from mcastlab.cleanup.report import CleanupReport
from mcastlab.cli.verbs.check import SCHEMA_VERSION
from mcastlab.follow.events import Kind
from mcastlab.lab.checks.finding import DesignFinding
from mcastlab.lab.cost import Estimate
from mcastlab.lab.design.sizes import MtuBudget
from mcastlab.lab.model import Lab
from mcastlab.lab.schema import answer_schema
from mcastlab.report.comparison import Comparison
from mcastlab.report.json_form import report_schema
from mcastlab.routers import push_report
from mcastlab.routers.push_report import PushReport
from mcastlab.scenario.results import DeviceTestReport
from mcastlab.traffic.device_rtp import Heard
from mcastlab.verify.report import Status, TrafficRun
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedFinding(DesignFinding):
    """A finding of a design check, with where it stands."""

    line: int | None
    """Line of the lab file; null where the file has nothing there."""


class DesignAnswer(Frozen):
    """What `check` says of a lab file."""

    schema_version: int = SCHEMA_VERSION
    sound: bool
    """Whether no finding is an error."""
    findings: tuple[LocatedFinding, ...]
    lab: Lab
    """With everything that is generated."""
    largest_udp_payload: int
    """Octets that reach a remote site whole."""
    ttl_needed: int
    mtu: dict[str, MtuBudget]
    """By remote site."""
    estimate: Estimate


class FollowLine(Frozen):
    """An event of `follow`, one a line; what it does not have is left out."""

    time: datetime
    event: Kind
    group: IPv4Address | None = None
    by: tuple[str, ...] = ()
    """Who wants the group, or sends to it."""
    seconds: float | None = None
    text: str = ""


_NOTHING_LEFT: Final = {"type": "boolean", "description": "Whether nothing is left, and everything could be asked."}

SCHEMAS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "check": lambda: answer_schema(DesignAnswer, "check --json of mcastlab"),
    "compare": lambda: answer_schema(Comparison, "compare --json of mcastlab"),
    "configure": lambda: answer_schema(PushReport, "configure --json of mcastlab", push_report.SCHEMA_VERSION),
    "demo": report_schema,
    "down": lambda: answer_schema(
        CleanupReport, "down --prove --json of mcastlab", cleanup_report.SCHEMA_VERSION, nothing_left=_NOTHING_LEFT
    ),
    "drift": lambda: answer_schema(PushReport, "drift --json of mcastlab", push_report.SCHEMA_VERSION),
    "follow": lambda: answer_schema(FollowLine, "a line of follow --json of mcastlab"),
    "listen": lambda: answer_schema(Heard, "listen --json of mcastlab"),
    "status": lambda: answer_schema(Status, "status --json of mcastlab"),
    "test": lambda: answer_schema(DeviceTestReport, "test --json of mcastlab"),
    "traffic": lambda: answer_schema(TrafficRun, "traffic --json of mcastlab"),
    "up": report_schema,
    "verify": report_schema,
}
"""By verb. `demo` and `up` end in a verification."""


def schema_of(verb: str) -> dict[str, Any]:
    """Return the schema of what a verb prints."""
    return SCHEMAS[verb]()
