"""The parts of a lab that its picture shows, each with its verdict and the lines that the picture shows on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.addresses import inside_addresses
from mcastlab.lab.design.names import aws_router_name, remote_router_name, within_lab
from mcastlab.report.words import SIGNS, percent, worst
from mcastlab.text import count, printable
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcastlab.lab.model import Lab, Site
    from mcastlab.traffic.results import TrafficReport
    from mcastlab.verify.report import VerificationReport

LINES_SHOWN: Final = 8
"""On demand; of more, their number is shown."""

CLASSES: Final = {
    Verdict.HOLDS: "holds",
    Verdict.FAILS: "fails",
    Verdict.NOT_APPLICABLE: "none",
    Verdict.NOT_REACHED: "none",
}

_Key = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkLine:
    """One thing that was found."""

    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A part of the picture: what it is called and what was found about it."""

    label: str
    detail: str = ""
    lines: tuple[MarkLine, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of what was found."""
        return worst(line.verdict for line in self.lines)

    @property
    def css(self) -> str:
        """The verdict's class in the page."""
        return CLASSES[self.verdict]

    @property
    def sign(self) -> str:
        """The verdict's sign; nothing where nothing was looked at."""
        return SIGNS[self.verdict] if self.verdict in {Verdict.HOLDS, Verdict.FAILS} else ""

    @property
    def summary(self) -> str:
        """All of it as text: a heading, then a line each, what fails first."""
        ordered = sorted(self.lines, key=lambda line: line.verdict is not Verdict.FAILS)
        rows = [f"{SIGNS[line.verdict]} {line.text}" for line in ordered[:LINES_SHOWN]]
        if len(ordered) > LINES_SHOWN:
            rows.append(f"and {len(ordered) - LINES_SHOWN} more")
        if not rows:
            rows = ["not looked at"]
        return "\n".join([" · ".join(filter(None, (self.label, self.detail))), *rows])


@dataclass(slots=True)
class Marks:
    """All findings of a report by what they speak of."""

    _found: dict[_Key, list[MarkLine]] = field(default_factory=dict)
    _taken: set[_Key] = field(default_factory=set)

    @classmethod
    def of(cls, report: VerificationReport) -> Marks:
        """Gather a report's findings and, at each host and device, what its traffic came to."""
        marks = cls()
        for check in report.checks:
            for finding in check.findings:
                subject = finding.subject
                text = f"{check.title}: {finding.seen}"
                if finding.verdict is Verdict.FAILS:
                    text += f"; expected: {finding.expected}"
                marks.add((subject.kind, subject.site, subject.name), finding.verdict, text)
        if report.traffic is not None:
            marks.add_traffic(report.traffic)
        return marks

    def add(self, key: _Key, verdict: Verdict, text: str) -> None:
        """Add a line to what is known of a part."""
        self._found.setdefault(key, []).append(MarkLine(verdict=verdict, text=printable(text)))

    def add_traffic(self, traffic: TrafficReport) -> None:
        """Add what every receiver got, and what a place heard that was to hear nothing."""
        whole: dict[tuple[str, str], int] = {}
        for delivery in traffic.deliveries:
            if delivery.holds:
                key = (delivery.receiver, delivery.group)
                whole[key] = whole.get(key, 0) + 1
            else:
                lost = f"{percent(delivery.lost, delivery.sent)} of {delivery.group} from {delivery.sender} lost"
                self.add(("endpoint", None, delivery.receiver), Verdict.FAILS, lost)
        for (receiver, group), number in whole.items():
            text = f"{group} arrives whole from {count(number, 'sender')}"
            self.add(("endpoint", None, receiver), Verdict.HOLDS, text)
        for silence in traffic.silences:
            if not silence.holds:
                text = f"{silence.kind.words}, yet heard {count(silence.heard, 'datagram')} of {silence.group}"
                self.add(("endpoint", None, silence.host), Verdict.FAILS, text)

    def at(self, label: str, *keys: _Key, detail: str = "") -> Mark:
        """Return the mark of a part that findings call by these kinds, sites and names; None stands for any."""
        lines: list[MarkLine] = []
        for key, found in self._found.items():
            if any(_matches(wanted, key) for wanted in keys):
                self._taken.add(key)
                lines += found
        return Mark(label=printable(label), detail=printable(detail), lines=tuple(lines))

    def rest(self) -> Iterable[tuple[str, Mark]]:
        """Return what no part of the picture has taken, by kind, so that nothing that was found is missing in it."""
        kinds: dict[str, list[MarkLine]] = {}
        for key, found in self._found.items():
            if key not in self._taken:
                name = key[2] or ""
                kinds.setdefault(key[0], []).extend(
                    MarkLine(verdict=line.verdict, text=f"{printable(name)}: {line.text}") for line in found
                )
        for kind, lines in kinds.items():
            yield kind, Mark(label=_plural(kind, lines), lines=tuple(lines))


def _matches(wanted: _Key, key: _Key) -> bool:
    return wanted[0] == key[0] and all(
        want is None or want == has for want, has in zip(wanted[1:], key[1:], strict=True)
    )


def _plural(kind: str, lines: Sequence[MarkLine]) -> str:
    words = printable(kind.replace("_", " "))
    return words if len(lines) == 1 or words.endswith("s") else f"{words}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteParts:
    """A remote site."""

    name: str
    lan: str
    router: Mark
    devices: tuple[Mark, ...]
    tunnels: tuple[Mark, ...]
    """Of its VPN connection, each with its BGP session."""
    gre: Mark

    @property
    def all(self) -> tuple[Mark, ...]:
        """Everything of it."""
        return (*self.tunnels, self.gre, self.router, *self.devices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A whole lab."""

    region: str
    vpc: str
    hosts: tuple[tuple[str, tuple[Mark, ...]], ...]
    """Each entry's title, and its hosts."""
    router: Mark
    gateway: Mark
    domain: Mark
    groups: tuple[Mark, ...]
    sites: tuple[SiteParts, ...]
    rules: tuple[Mark, ...]
    """What has no place of its own: stacks, security groups, route tables, by kind."""


def parts_of(lab: Lab, marks: Marks) -> Parts:
    """Return a lab's parts; every finding is with one of them."""
    aws_router = aws_router_name(lab)
    hosts = tuple(
        (
            f"{entry.count} x {entry.name}, {entry.instance_type}",
            tuple(marks.at(name, ("host", None, name), ("endpoint", None, name)) for name in entry.names),
        )
        for entry in lab.hosts
    )
    groups = tuple(marks.at(group.name, ("group", None, group.name), detail=str(group.address)) for group in lab.groups)
    sites = tuple(_site(lab, site, marks) for site in lab.sites)
    router = marks.at(
        within_lab(aws_router), ("router", None, aws_router), detail=f"rendezvous point {lab.router.loopback}"
    )
    gateway = marks.at("Transit Gateway", ("gateway", None, None))
    domain = marks.at("multicast domain", ("domain", None, None))
    return Parts(
        region=lab.region,
        vpc=str(lab.vpc.cidr),
        router=router,
        gateway=gateway,
        domain=domain,
        sites=sites,
        hosts=hosts,
        groups=groups,
        # Last: what the others have left.
        rules=tuple(mark for _, mark in marks.rest()),
    )


def _site(lab: Lab, site: Site, marks: Marks) -> SiteParts:
    router = remote_router_name(lab, site)
    return SiteParts(
        name=site.name,
        lan=str(site.lan),
        router=marks.at(within_lab(router), ("router", None, router), detail=f"AS {site.router.asn}"),
        devices=tuple(
            marks.at(device.name, ("device", site.name, device.name), ("endpoint", None, device.name))
            for device in site.devices
        ),
        tunnels=tuple(_tunnel(site, index, marks) for index in range(len(site.tunnels))),
        gre=marks.at(
            site.gre_interface, ("gre_tunnel", site.name, None), detail=f"GRE and PIM to {site.router.loopback}"
        ),
    )


def _tunnel(site: Site, index: int, marks: Marks) -> Mark:
    """Return a VPN tunnel, named by the remote router's interface, with the BGP session that runs through it."""
    interface = site.router.vpn_interfaces[index]
    neighbour = str(inside_addresses(site.tunnels[index])[0].ip)
    return marks.at(
        interface,
        ("vpn_tunnel", site.name, interface),
        ("bgp", site.name, neighbour),
        detail=f"VPN and BGP to {neighbour}",
    )
