"""What the lab's VPN changes for other VPNs of a router, and what the router's WAN interface changes for the lab's.

Both are reported beside a change and refuse nothing: a peer may take either proposal, and an interface says little of
the way behind it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mcastlab.ios.configuration import section
from mcastlab.lab.design.routers import designed_routers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.ios.configuration import ConfigLine, Tree
    from mcastlab.lab.model import Lab

_POLICY: Final = "crypto ikev2 policy "
_LOCAL: Final = "match address local "
_BY_DEFAULT: Final = "IOS's default policy"
_MTU: Final = re.compile(r"^(?:ip )?mtu (\d{1,9})$")


def vpn_notes(lab: Lab, router: str, running: Tree, wanted: Tree) -> tuple[str, ...]:
    """Return what to know of VPNs and of the WAN interface of a router, a sentence each."""
    return (*_policies(running, wanted), *_mtu(lab, router, running)) if wanted else ()


def _policies(running: Tree, wanted: Tree) -> Iterator[str]:
    """Yield that the lab's IKEv2 policy goes before another: one that names its local address serves all VPNs from it.

    Source: Cisco FlexVPN and IKEv2 Configuration Guide, IKEv2 policy: the match on the local address decides, and the
    default policy serves where no other does.
    """
    names = {line.text for line in wanted}
    theirs = [line for line in running if line.text not in names]
    ports = {name for line in wanted if _is_vti(line) for name in _values(line, "tunnel source ")}
    for ours in (line for line in wanted if line.text.startswith(_POLICY)):
        for address in _values(ours, _LOCAL):
            own = {address, *ports, *(_name(line) for line in running if address in _addresses(line))}
            others = [line for line in theirs if line.text.startswith(_POLICY) and not _values(line, _LOCAL)]
            served = [_name(line) for line in theirs if _leaves_by(line, running, own)]
            served += [_name(line) for line in running if _name(line) in own and _has_map(line, running)]
            if not others and not served:
                continue
            before = " or ".join(repr(line.shown) for line in others) or _BY_DEFAULT
            proposals = dict.fromkeys(each for line in others for each in _values(line, "proposal "))
            more = " and ".join(f"`proposal {name}`" for name in proposals or ("default",))
            yield (
                f"IKEv2 from {address} takes {ours.shown!r} from now on, not {before} (concerned: "
                f"{', '.join(served) or 'no VPN now'}); where such a peer does not take the lab's proposal, have "
                f"{more} in that policy too, by a template of your own"
            )


def _name(line: ConfigLine) -> str:
    return line.text.removeprefix("interface ")


def _is_vti(line: ConfigLine) -> bool:
    return any(each.text == "tunnel mode ipsec ipv4" for each in line.below)


def _leaves_by(line: ConfigLine, running: Tree, own: set[str]) -> bool:
    """Say whether an interface is a tunnel with IKEv2 from one of these addresses or interfaces."""
    profiles = [f"crypto ipsec profile {text.split()[0]}" for text in _values(line, "tunnel protection ipsec profile ")]
    return not own.isdisjoint(_values(line, "tunnel source ")) and any(
        _is_ikev2(each) for each in running if each.text in profiles
    )


def _has_map(line: ConfigLine, running: Tree) -> bool:
    """Say whether an interface has a crypto map with IKEv2."""
    starts = tuple(f"crypto map {name} " for name in _values(line, "crypto map "))
    return any(_is_ikev2(each) for each in running if starts and each.text.startswith(starts))


def _is_ikev2(line: ConfigLine) -> bool:
    return bool(_values(line, "set ikev2-profile "))


def _addresses(line: ConfigLine) -> list[str]:
    return [text.split()[0] for text in _values(line, "ip address ")]


def _mtu(lab: Lab, router: str, running: Tree) -> Iterator[str]:
    """Yield that the WAN interface carries less than the lab's tunnels are sized for; ``ip mtu`` goes first."""
    site = next((each.site for each in designed_routers(lab) if each.name == router), None)
    there = None if site is None else section(running, f"interface {site.router.wan.interface}")
    lines = [line.text for line in (there.below if there else ()) if _MTU.match(line.text)]
    if site is None or not lines:
        return
    line = max(lines, key=lambda text: text.startswith("ip "))
    octets = int(line.split()[-1])
    if octets < site.router.wan_mtu:
        yield (
            f"{site.router.wan.interface} has `{line}`, and the lab's tunnels are sized for {site.router.wan_mtu} "
            f"octets: packets of full size are fragmented or lost; set the site's router.wan_mtu to {octets}"
        )


def _values(line: ConfigLine, start: str) -> list[str]:
    return [each.text.removeprefix(start) for each in line.below if each.text.startswith(start)]
