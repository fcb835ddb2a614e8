"""Where everything of a lab stands in its picture, in units of the picture; the template draws it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mcastlab.report.topology_boxes import Box, PictureLink, Point, coordinates, curve_to, plain_link
from mcastlab.report.topology_marks import Mark, MarkLine, Parts, parts_of

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab
    from mcastlab.report.topology_marks import Marks, SiteParts

WIDTH: Final = 1120
VPC_X, VPC_WIDTH = 20, 304
GATEWAY_X, GATEWAY_WIDTH = 372, 230
CLOUD_WIDTH: Final = GATEWAY_X + GATEWAY_WIDTH + 20
SITE_X: Final = 800
SITE_WIDTH: Final = WIDTH - SITE_X
TOP: Final = 78
"""Where the first box of a container begins, below both containers' names."""

TITLE: Final = 36
"""Height of a container's name."""

CHIPS_SHOWN: Final = 6
"""Of hosts or devices, each with its name; more are dots."""
GROUPS_SHOWN: Final = 7
ROOMY_SITES: Final = 4
"""Of more, each site is one line."""
SPREAD_SITES: Final = 3
"""With so few, a site's tunnels stand apart, each with its sign."""
ROUTER_MIDDLE: Final = 40 + 32
"""Of a roomy site, below its top."""

_DOT, _DOT_PITCH = 6, 18
_CHIP, _CHIP_PITCH = 28, 34


@dataclass(slots=True, kw_only=True)
class Picture:
    """A lab's picture."""

    width: float = WIDTH
    height: float = 0
    boxes: list[Box] = field(default_factory=list)
    links: list[PictureLink] = field(default_factory=list)
    parts: Parts


def picture(lab: Lab, marks: Marks) -> Picture:
    """Lay out a lab: the cloud at the left, its gateway in the middle, the remote sites at the right."""
    parts = parts_of(lab, marks)
    drawn = Picture(parts=parts)
    roomy = len(parts.sites) <= ROOMY_SITES
    heights = [_site_height(site, roomy=roomy) for site in parts.sites]
    gap = 18 if roomy else 8
    sites_height = sum(heights) + gap * (len(heights) - 1)
    cloud_height = _cloud_height(parts)
    drawn.height = max(cloud_height, sites_height) + 4
    ports, router = _cloud(drawn, (drawn.height - cloud_height) / 2, cloud_height)
    y = (drawn.height - sites_height) / 2
    if len(ports) == 1:
        # A single site stands where its tunnels are level.
        y = min(max(0, ports[0] - ROUTER_MIDDLE), drawn.height - sites_height)
    for site, height, port in zip(parts.sites, heights, ports, strict=True):
        far = _site(drawn, site, y, height, roomy=roomy)
        _links(drawn, site, router, port, far)
        y += height + gap
    return drawn


def _hosts_height(marks: tuple[Mark, ...]) -> float:
    if len(marks) <= CHIPS_SHOWN:
        return 22 + _CHIP_PITCH * ((len(marks) + 1) // 2)
    return 26 + _DOT_PITCH * (1 + (len(marks) - 1) // _dots_a_row(VPC_WIDTH - 28))


def _dots_a_row(width: float) -> int:
    return int(width // _DOT_PITCH)


def _vpc_height(parts: Parts) -> float:
    return sum(_hosts_height(marks) for _, marks in parts.hosts) + 12 + 64 + 16


def _domain_height(parts: Parts) -> float:
    return 34 + 30 * min(len(parts.groups), GROUPS_SHOWN) + 4


def _gateway_height(parts: Parts) -> float:
    return _domain_height(parts) + 16 + _ports_height(parts) + 16


def _ports_height(parts: Parts) -> float:
    return max(76, 34 + 16 * len(parts.sites))


def _cloud_height(parts: Parts) -> float:
    return TOP + max(_vpc_height(parts), _gateway_height(parts)) + 12 + (48 if parts.rules else 0)


def _cloud(drawn: Picture, top: float, height: float) -> tuple[list[float], Box]:
    """Draw the cloud half, and return the heights at which the gateway's VPN attachments stand, and the router."""
    parts = drawn.parts
    inner = max(_vpc_height(parts), _gateway_height(parts))
    y = top + TOP - TITLE
    drawn.boxes += [
        Box(kind="container", x=1, y=top, width=CLOUD_WIDTH, height=height, label="AWS", detail=parts.region),
        Box(kind="container", x=VPC_X, y=y, width=VPC_WIDTH, height=inner + TITLE, label="VPC", detail=parts.vpc),
        Box(
            kind="container", x=GATEWAY_X, y=y, width=GATEWAY_WIDTH, height=inner + TITLE, label="Transit Gateway",
            mark=parts.gateway,
        ),
    ]  # fmt: skip
    router = _vpc(drawn, y + TITLE, inner)
    ports = _gateway(drawn, y + TITLE, inner, router)
    x: float = VPC_X
    for mark in parts.rules:
        width = 42 + 6.8 * len(mark.label)
        drawn.boxes.append(
            Box(kind="chip", x=x, y=top + height - 40, width=width, height=_CHIP, label=mark.label, mark=mark)
        )
        x += width + 8
    return ports, router


def _vpc(drawn: Picture, top: float, height: float) -> Box:
    y = top + 4
    hosts_top = y
    for title, marks in drawn.parts.hosts:
        drawn.boxes.append(Box(kind="title", x=VPC_X + 14, y=y, width=0, height=0, label=title))
        y += 22
        _members(drawn, marks, VPC_X + 14, y, VPC_WIDTH - 28, columns=2)
        y += _hosts_height(marks) - 22
    level = min((hosts_top + y) / 2, hosts_top + _domain_height(drawn.parts) - 20)
    drawn.links.append(plain_link(VPC_X + VPC_WIDTH - 14, level, GATEWAY_X + 14, level))
    mark = drawn.parts.router
    router = Box(
        kind="node", x=VPC_X + 14, y=top + height - 80, width=VPC_WIDTH - 28, height=64, label=mark.label,
        detail=mark.detail, mark=mark,
    )  # fmt: skip
    drawn.boxes.append(router)
    return router


def _members(drawn: Picture, marks: tuple[Mark, ...], x: float, y: float, width: float, *, columns: int) -> None:
    """Draw hosts or devices: by name while they are few, else a dot each."""
    if len(marks) <= CHIPS_SHOWN:
        each = (width - 8 * (columns - 1)) / columns
        for index, mark in enumerate(marks):
            left, above = x + (index % columns) * (each + 8), y + (index // columns) * _CHIP_PITCH
            drawn.boxes.append(Box(kind="chip", x=left, y=above, width=each, height=_CHIP, label=mark.label, mark=mark))
        return
    a_row = _dots_a_row(width)
    for index, mark in enumerate(marks):
        left, above = x + (index % a_row) * _DOT_PITCH, y + 2 + (index // a_row) * _DOT_PITCH
        drawn.boxes.append(Box(kind="dot", x=left, y=above, width=2 * _DOT, height=2 * _DOT, mark=mark))


def _gateway(drawn: Picture, top: float, height: float, router: Box) -> list[float]:
    parts = drawn.parts
    domain = Box(
        kind="node", x=GATEWAY_X + 14, y=top + 4, width=GATEWAY_WIDTH - 28, height=_domain_height(parts),
        mark=parts.domain, detail="top",
    )  # fmt: skip
    drawn.boxes.append(domain)
    drawn.boxes.append(Box(kind="title", x=domain.x + 12, y=domain.y + 7, width=0, height=0, label="multicast domain"))
    for index, mark in enumerate(_collapsed(parts.groups, GROUPS_SHOWN)):
        drawn.boxes.append(
            Box(
                kind="chip", x=domain.x + 10, y=domain.y + 32 + 30 * index, width=domain.width - 20, height=24,
                label=mark.label, detail=mark.detail, mark=mark,
            )
        )  # fmt: skip
    drawn.links.append(plain_link(VPC_X + VPC_WIDTH - 14, router.y + 14, domain.x, domain.y + domain.height - 14))
    ports_height = _ports_height(parts)
    ports_top = top + height - 16 - ports_height
    drawn.boxes.append(
        Box(kind="quiet", x=GATEWAY_X + 14, y=ports_top, width=GATEWAY_WIDTH - 28, height=ports_height,
            label="VPN attachments")
    )  # fmt: skip
    room, number = ports_height - 30, len(parts.sites)
    return [ports_top + 26 + room * (index + 0.5) / number for index in range(number)]


def _collapsed(marks: tuple[Mark, ...], shown: int) -> tuple[Mark, ...]:
    """Return at most so many: those that fail first, and one that stands for the rest."""
    if len(marks) <= shown:
        return marks
    ordered = sorted(marks, key=lambda mark: mark.css != "fails")
    rest = ordered[shown - 1 :]
    lines = tuple(
        MarkLine(verdict=line.verdict, text=f"{mark.label}: {line.text}") for mark in rest for line in mark.lines
    )
    return (*ordered[: shown - 1], Mark(label=f"and {len(rest)} more", lines=lines))


def _site_height(site: SiteParts, *, roomy: bool) -> float:
    if not roomy:
        return 40
    rows = len(site.devices) if len(site.devices) <= CHIPS_SHOWN else 1 + (len(site.devices) - 1) // 6
    return 40 + max(64, _CHIP_PITCH * rows - 6) + 14


def _site(drawn: Picture, site: SiteParts, y: float, height: float, *, roomy: bool) -> Box:
    """Draw a remote site and return its router."""
    drawn.boxes.append(
        Box(
            kind="container", x=SITE_X, y=y, width=SITE_WIDTH - 1, height=height,
            label=f"site {site.name}" if roomy else "", detail=site.lan if roomy else "",
        )
    )  # fmt: skip
    if not roomy:
        router = Box(kind="chip", x=SITE_X + 10, y=y + 6, width=128, height=_CHIP, label=site.name, mark=site.router)
        drawn.boxes.append(router)
        if len(site.devices) == 1:
            _members(drawn, site.devices, SITE_X + 148, y + 6, SITE_WIDTH - 159, columns=1)
            return router
        fit = _dots_a_row(SITE_WIDTH - 160)
        shown = site.devices if len(site.devices) <= fit else _collapsed(site.devices, fit)
        for index, mark in enumerate(shown):
            drawn.boxes.append(
                Box(kind="dot", x=SITE_X + 152 + index * _DOT_PITCH, y=y + 14, width=2 * _DOT, height=2 * _DOT,
                    mark=mark)
            )  # fmt: skip
        return router
    router = Box(
        kind="node", x=SITE_X + 14, y=y + 40, width=158, height=64, label=site.router.label, detail=site.router.detail,
        mark=site.router,
    )  # fmt: skip
    drawn.boxes.append(router)
    _members(drawn, site.devices, SITE_X + 182, y + 40, SITE_WIDTH - 196, columns=1)
    return router


def _links(drawn: Picture, site: SiteParts, router: Box, port: float, far: Box) -> None:
    """Draw a site's two VPN tunnels and, between them, the GRE tunnel that they carry."""
    alone = len(drawn.parts.sites) == 1
    spread = 16 if len(drawn.parts.sites) <= SPREAD_SITES else 4
    start, end = GATEWAY_X + GATEWAY_WIDTH, (far.x, far.middle)
    for mark, side in zip(site.tunnels, (-1, 1), strict=False):
        ends = (start, port + side * (16 if alone else 5)), (far.x, far.middle + side * spread)
        drawn.links.append(_tunnel("vpn", f"M{coordinates(ends[0])}{curve_to(*ends)}", mark, ends, alone=alone))
    near = (router.right, router.middle)
    path = f"M{coordinates(near)}{curve_to(near, (start, port))}{curve_to((start, port), end)}"
    drawn.links.append(_tunnel("gre", path, site.gre, ((start, port), end), alone=alone))


def _tunnel(kind: str, path: str, mark: Mark, ends: tuple[Point, Point], *, alone: bool) -> PictureLink:
    """Return a tunnel whose sign stands near its remote end, where the sites' tunnels are apart."""
    (x, y), (to_x, to_y) = ends
    t = 0.88
    # A cubic with level handles in the middle: y goes by 3t^2 - 2t^3, x by 1.5t(1 - t) + t^3.
    return PictureLink(
        kind=kind,
        path=path,
        mark=mark,
        label=mark.label if alone else "",
        x=x + (to_x - x) * (1.5 * t * (1 - t) + t**3),
        y=y + (to_y - y) * (3 * t**2 - 2 * t**3),
    )
