"""What checks find, as values: findings, the results of checks, and diagnoses.

The models are what `verify --json` prints, and their JSON schema is published; units stand in the names.
"""

from __future__ import annotations

from enum import StrEnum

from mcastlab.text import Worded
from mcastlab_base.frozen import Frozen


class Verdict(Worded):
    """What became of a check, of one subject of it, or of the whole."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_APPLICABLE = "not_applicable"
    NOT_REACHED = "not_reached"
    """An earlier check failed, so that this one says nothing."""


class Layer(StrEnum):
    """What a check is about, from the bottom up."""

    AWS = "aws"
    """Stacks, instances, security groups."""
    ACCESS = "access"
    """Routers, hosts and devices answer."""
    VPN = "vpn"
    """IKEv2, ESP and BGP."""
    ROUTING = "routing"
    """Unicast routes."""
    OVERLAY = "overlay"
    """GRE, and the sizes that it carries."""
    MULTICAST = "multicast"
    """PIM, rendezvous point, reverse paths, the gateway's multicast domain."""
    ENDPOINTS = "endpoints"
    """IGMP, senders, licences."""
    TRAFFIC = "traffic"
    """Datagrams."""


class Subject(Frozen):
    """A part of the lab that a finding speaks of, and that the topology's picture shows."""

    kind: str
    """One of `stack`, `gateway`, `domain`, `vpn_tunnel`, `bgp`, `gre_tunnel`, `router`, `host`, `device`, `group`,
    `subnet`, `security_group`, `route_table`."""
    name: str
    """The name that the lab file or the router's configuration gives it, unique within its kind and site.

    A stack's own; the lab's for `gateway` and `domain`; `Tunnel101` of the remote router for `vpn_tunnel`; the
    neighbour's address for `bgp`; `Tunnel200` for `gre_tunnel`; a router's name in reports, `demo/lab-router`; the lab
    file's for `host`, `device`, `group` and `subnet`; a name tag or id for `security_group` and `route_table`.
    """
    site: str | None = None
    """The site that it belongs to, None for the cloud half."""

    @property
    def words(self) -> str:
        """Its kind in words.

        >>> Subject(kind="vpn_tunnel", name="Tunnel101", site="berlin").words
        'vpn tunnel'
        """
        return self.kind.replace("_", " ")


class Finding(Frozen):
    """What one check found about one subject."""

    subject: Subject
    expected: str
    """What has to be so, as one sentence."""
    seen: str
    """What was so, with the numbers or the line that show it."""
    verdict: Verdict
    where: str | None = None
    """The command or API call that showed it."""


class CheckResult(Frozen):
    """What one check found."""

    key: str
    """Stable, in snake_case: JUnit and JSON call it so."""
    layer: Layer
    title: str
    source: str
    """RFC section, AWS or Cisco page that says why it has to hold."""
    verdict: Verdict
    """Fails if any finding fails."""
    reason: str | None = None
    """Why it does not apply or was not reached."""
    findings: tuple[Finding, ...] = ()
    seconds: float = 0
    """How long it was observed, waiting included."""


class Diagnosis(Frozen):
    """Why something fails, by what all checks saw together."""

    key: str
    """Stable, in snake_case."""
    sentence: str
    """The cause in one sentence, with names, addresses and interfaces."""
    fix: str
    """The line or command that repairs it."""
    fix_where: str
    """Where that is to be entered: a router's name and mode, `shell`, or `lab file`."""
    checks: tuple[str, ...]
    """Keys of the checks that it explains; the first is the one that shows it best."""
    subjects: tuple[Subject, ...]
    flows_still: bool = False
    """Packets still flow; it breaks later, and the sentence says when."""
    apply: str | None = None
    """The command of mcastlab that applies the fix; null where it is typed, or is a command itself."""
