"""What the probe prints, checked: a host's answer is text from outside until it has been read here."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from array import array
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcastlab.traffic.plan import TrafficPlan

SHOWN: Final = 120
"""How much of an answer that cannot be read is shown."""
LARGEST: Final = 1 << 28
"""Octets of an answer when unpacked."""
MOST_PAGES: Final = 10_000

Number = Annotated[int, Field(ge=-(2**63), lt=2**63)]
FlowNumber = Annotated[int, Field(ge=0)]
Pair = tuple[Number, Number]
"""The first and the last of something."""
Rows = tuple[Number, Number, Number]
"""The first and the last sequence number, and what is reported of them."""


class _Answer(BaseModel):
    """What the probe prints; it may print more than is read."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Hello(_Answer):
    """Who a host is, what its clock shows, and what its time service tells of that."""

    time_ns: Number
    kernel: str
    tracking: str = ""
    ptp_error_ns: Number | None = None


class Stopped(_Answer):
    """How many runs were ended."""

    stopped: Number


class HeldPart(_Answer):
    """How many characters are kept."""

    kept: Number


class Page(_Answer):
    """A part of an answer."""

    pages: Annotated[int, Field(ge=0, le=MOST_PAGES)]
    page: str


class _Sent(_Answer):
    flow: FlowNumber
    sent: Number
    errors: Number
    began_late_us: Number
    late: list[Rows]
    failed: list[Rows]
    left_us: str = ""
    """When each packet of a stream in RTP left, later than due, packed."""


class _Swept(_Answer):
    flow: FlowNumber
    whole_octets: Number
    shift_us: Number
    holes: list[Pair]


class _Rated(_Answer):
    flow: FlowNumber
    distinct: Number
    shift_us: Number
    holes: list[Pair]


class _Received(_Answer):
    """What was received of flows, by column; all columns are as long."""

    flow: list[FlowNumber] = []
    due: list[Number] = []
    distinct: list[Number] = []
    duplicates: list[Number] = []
    reordered: list[Number] = []
    established_us: list[Number] = []
    join_delay_us: list[Number] = []
    leave_delay_us: list[Number] = []
    raw_min_us: list[Number] = []
    raw_median_us: list[Number] = []
    raw_p95_us: list[Number] = []
    raw_max_us: list[Number] = []
    jitter_us: list[Number] = []
    shift_us: list[Number] = []
    window: list[Pair] = []
    holes: list[list[Pair]] = []

    @property
    def is_whole(self) -> bool:
        """Whether each flow has an entry in each column."""
        return all(len(column) == len(self.flow) for _, column in self)


class _Found(_Answer):
    """What a node found; see `probe.Engine.found`."""

    sent: list[_Sent]
    received: _Received
    slices: dict[str, list[tuple[Number, Number, Number, Number]]]
    sweeps: list[_Swept]
    rates: list[_Rated]
    cpu_s: dict[str, Annotated[float, Field(allow_inf_nan=False)]]
    silences: list[Number] | None
    pauses: list[Pair]
    dropped: list[tuple[Number, Number, Number, Number]]
    arrived_us: dict[FlowNumber, str] = {}
    """When each packet of a stream in RTP arrived, later than due, packed, by flow."""
    delay_us: dict[FlowNumber, str] = {}
    """How much later than it was sampled, as it says itself, packed, by flow."""

    def holes(self) -> Iterator[tuple[int, Pair]]:
        """Return each hole with its flow."""
        for flow, holes in zip(self.received.flow, self.received.holes, strict=True):
            yield from ((flow, hole) for hole in holes)
        rows: tuple[_Swept | _Rated, ...] = (*self.sweeps, *self.rates)
        for row in rows:
            yield from ((row.flow, hole) for hole in row.holes)


_Model = TypeVar("_Model", bound=_Answer)


def read(kind: type[_Model], host: str, text: str) -> _Model:
    """Return what a host's answer says.

    Raises:
        RefusedError: it is not what the probe prints.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise unreadable(host, text, _where(error)) from None


def is_page(text: str) -> bool:
    """Say whether an answer is the first page of a longer one."""
    return text.startswith('{"pages"')


def unpacked(host: str, pages: Iterable[str]) -> str:
    """Return the text that was packed into pages.

    Raises:
        RefusedError: they are not whole.
    """
    unpacker = zlib.decompressobj()
    try:
        octets = unpacker.decompress(base64.b64decode("".join(pages), validate=True), LARGEST)
        text = octets.decode()
    except (binascii.Error, zlib.error, ValueError):
        text = ""
    if not text or not unpacker.eof:
        raise unreadable(host, "", "its pages are not whole")
    return text


def read_found(host: str, text: str, plan: TrafficPlan, node: int) -> dict[str, Any]:
    """Return what a node found.

    Raises:
        RefusedError: it is not what the probe prints, or speaks of what the plan does not have.
    """
    found = read(_Found, host, text)
    kinds = dict(enumerate(flow.kind for flow in plan.flows))
    reported = {
        "main": found.received.flow,
        "sweep": [row.flow for row in found.sweeps],
        "rate": [row.flow for row in found.rates],
    }
    if not found.received.is_whole:
        raise unreadable(host, text, "received")
    if any(kinds.get(flow) != kind for kind, flows in reported.items() for flow in flows):
        raise unreadable(host, text, "a flow that the plan does not have")
    if any(not 0 <= first <= last < plan.flows[flow].count for flow, (first, last) in found.holes()):
        raise unreadable(host, text, "a datagram that the plan does not have")
    if found.silences is not None and len(found.silences) != len(plan.watches_of(node)):
        raise unreadable(host, text, "silences")
    answer: dict[str, Any] = json.loads(text)
    try:
        for row in answer["sent"]:
            row["left_us"] = times(row.get("left_us", ""))
        for key in ("arrived_us", "delay_us"):
            answer[key] = {int(flow): times(text) for flow, text in answer.get(key, {}).items()}
    except ValueError:
        raise unreadable(host, "", "times of packets") from None
    reported_times = (*answer["arrived_us"].items(), *answer["delay_us"].items())
    if any(kinds.get(flow) is None or len(of) != plan.flows[flow].count for flow, of in reported_times):
        raise unreadable(host, "", "packets that the plan does not have")
    return answer


def times(text: str) -> array[int]:
    """Return times that the probe packed, in microseconds; `NEVER` among them stands for a packet without one.

    Raises:
        ValueError: that is not what the probe packs.
    """
    found = array("i")
    try:
        unpacker = zlib.decompressobj()
        found.frombytes(unpacker.decompress(base64.b64decode(text, validate=True), LARGEST) if text else b"")
    except zlib.error as error:
        raise ValueError(str(error)) from None
    return found


def unreadable(host: str, text: str, where: str = "") -> RefusedError:
    """Return the error of an answer that cannot be read."""
    shown = f": {text.strip()[:SHOWN]!a}" if text.strip() else ""
    return RefusedError(
        f"{host}: cannot read what the probe answered{f' ({where})' if where else ''}{shown}",
        hint="does the host's python3, or what starts before a command of its shell, print something of its own?",
    )


def _where(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.errors(include_input=False, include_url=False)[0]["loc"])
