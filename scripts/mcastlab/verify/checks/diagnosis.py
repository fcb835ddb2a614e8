"""How a diagnosis is written, and what is said where no check knows why it fails."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from mcastlab.verify.findings import Diagnosis, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mcastlab.verify.checks.check import CheckKey
    from mcastlab.verify.findings import CheckResult, Finding, Subject

SHELL: Final = "shell"
DOCUMENT: Final = "lab file"

UNEXPLAINED: Final = "unexplained_"
"""How the keys of diagnoses begin that only say that nobody knows why."""


class RootCause(StrEnum):
    """Every root cause that a check knows, the most fundamental first: reports list them in this order."""

    AWS_DOES_NOT_ANSWER = "aws_does_not_answer"
    STACK_NOT_COMPLETE = "stack_not_complete"
    OUTPUTS_UNREADABLE = "outputs_unreadable"
    INSTANCE_DOES_NOT_RUN = "instance_does_not_run"
    INSTANCE_NOT_NITRO = "instance_not_nitro"
    SOURCE_DEST_CHECK = "source_dest_check"
    SENDER_INTERFACE_MISSING = "sender_interface_missing"
    ROUTER_DOES_NOT_ANSWER = "router_does_not_answer"
    ROUTER_NOT_CONFIGURED = "router_not_configured"
    HOST_DOES_NOT_ANSWER = "host_does_not_answer"
    VPN_CONNECTION_UNAVAILABLE = "vpn_connection_unavailable"
    VPN_NOT_CONFIGURED = "vpn_not_configured"
    WAN_INTERFACE_DOWN = "wan_interface_down"
    VPN_TUNNEL_SHUT_DOWN = "vpn_tunnel_shut_down"
    VPN_OTHER_KEY = "vpn_other_key"
    VPN_UNPROTECTED = "vpn_unprotected"
    VPN_OTHER_KEY_LATER = "vpn_other_key_later"
    BGP_NOT_CONFIGURED = "bgp_not_configured"
    ATTACHMENT_MISSING = "attachment_missing"
    ATTACHMENT_WITHOUT_TABLE = "attachment_without_table"
    GATEWAY_ROUTE_ELSEWHERE = "gateway_route_elsewhere"
    GATEWAY_PROPAGATION_OFF = "gateway_propagation_off"
    VPC_BLOCK_MISSING = "vpc_block_missing"
    NOT_ADVERTISED = "not_advertised"
    VPC_ROUTE_MISSING = "vpc_route_missing"
    LOOPBACK_WRONG = "loopback_wrong"
    GRE_END_ELSEWHERE = "gre_end_elsewhere"
    GRE_MISCONFIGURED = "gre_misconfigured"
    SECURITY_GROUP_GRE = "security_group_gre"
    SECURITY_GROUP_PIM = "security_group_pim"
    SECURITY_GROUP_IGMP_REPORT = "security_group_igmp_report"
    SECURITY_GROUP_DATA_OUT = "security_group_data_out"
    SECURITY_GROUP_DATA_IN = "security_group_data_in"
    SECURITY_GROUP_IGMP_QUERY = "security_group_igmp_query"
    SECURITY_GROUP_IGMP_LEAVE = "security_group_igmp_leave"
    SECURITY_GROUP_ICMP = "security_group_icmp"
    MULTICAST_ROUTING_OFF = "multicast_routing_off"
    PIM_OFF = "pim_off"
    RENDEZVOUS_POINT_DIFFERS = "rendezvous_point_differs"
    REVERSE_PATH_WRONG = "reverse_path_wrong"
    REGISTER_SOURCE_WRONG = "register_source_wrong"
    DOMAIN_WRONG = "domain_wrong"
    SUBNET_NOT_ASSOCIATED = "subnet_not_associated"
    NO_JOIN_GROUP = "no_join_group"
    NO_STATIC_GROUP = "no_static_group"
    NO_STATIC_MEMBER = "no_static_member"
    NO_BOUNDARY = "no_boundary"
    HOST_IGMP_VERSION = "host_igmp_version"
    ROUTER_IGMP_VERSION = "router_igmp_version"
    NO_MULTICAST_ROUTE = "no_multicast_route"
    SENDER_ELSEWHERE = "sender_elsewhere"
    TTL_TOO_SMALL = "ttl_too_small"
    NOTHING_LEAVES = "nothing_leaves"
    NOT_FOLLOWED = "not_followed"
    FOLLOW_CEILING = "follow_ceiling"
    GROUP_OUTSIDE_BLOCKS = "group_outside_blocks"
    MTU_TOO_LARGE = "mtu_too_large"
    MTU_TOO_SMALL = "mtu_too_small"
    DF_BIT_SET = "df_bit_set"
    THROUGHPUT_TOO_SMALL = "throughput_too_small"


_RANK: Final = {key.value: rank for rank, key in enumerate(RootCause)}


def diagnosis(
    key: RootCause,
    sentence: str,
    *,
    fix: str,
    where: str,
    explains: tuple[CheckKey, ...],
    subjects: Iterable[Subject],
    flows_still: bool = False,
) -> Diagnosis:
    """Return a diagnosis: a sentence with names, addresses and interfaces, and the lines that repair it.

    It explains the failures of checks, the first of which shows it best, for its subjects: one without a site stands
    for every site.
    """
    return Diagnosis(
        key=key,
        sentence=sentence,
        fix=fix,
        fix_where=where,
        checks=tuple(dict.fromkeys(explains)),
        subjects=tuple(dict.fromkeys(subjects)),
        flows_still=flows_still,
    )


def ordered(known: Sequence[Diagnosis], results: Sequence[CheckResult]) -> tuple[Diagnosis, ...]:
    """Return diagnoses and what fails without one, the most fundamental first; what breaks only later comes last."""
    ranked = sorted(known, key=lambda each: _RANK[each.key])
    return tuple(sorted((*ranked, *_unexplained(results, ranked)), key=lambda each: each.flows_still))


def is_unexplained(found: Diagnosis) -> bool:
    """Say whether a diagnosis only tells that nobody knows why."""
    return found.key.startswith(UNEXPLAINED)


def _unexplained(results: Sequence[CheckResult], known: Sequence[Diagnosis]) -> Iterator[Diagnosis]:
    """Yield a diagnosis for each check that fails for a part of the lab in which no known one explains it.

    The highest of them are consequences more often than not, so the lowest comes first, and a check above it is left
    out where it fails for the same site.
    """
    failing: set[str | None] = set()
    of_check: set[str] = set()
    for result in results:
        for finding in result.findings:
            site = finding.subject.site
            if finding.verdict is not Verdict.FAILS or _explained(result.key, site, known):
                continue
            if {site, None} & failing or (site is None and result.key in of_check):
                continue
            failing.add(site)
            of_check.add(result.key)
            yield _unexplained_finding(result, finding)


def _explained(key: str, site: str | None, known: Sequence[Diagnosis]) -> bool:
    return any(key in each.checks and _same_part(site, each) for each in known)


def _same_part(site: str | None, found: Diagnosis) -> bool:
    sites = {subject.site for subject in found.subjects}
    return site is None or None in sites or site in sites


def _unexplained_finding(result: CheckResult, finding: Finding) -> Diagnosis:
    look = finding.where or result.source
    return Diagnosis(
        key=f"{UNEXPLAINED}{result.key}",
        sentence=f"unexplained: it does not hold that {finding.expected}: {finding.seen}; look at {look}",
        fix=look,
        fix_where=f"{finding.subject.words} {finding.subject.name}",
        checks=(result.key,),
        subjects=(finding.subject,),
    )


def configuration_of(router: str) -> str:
    """Return where lines of a router's configuration are typed."""
    return f"{router}, configuration mode"


def exec_of(router: str) -> str:
    """Return where a command that only shows is typed."""
    return f"{router}, exec mode"


def shell_of(host: str) -> str:
    """Return where a command of a host is typed."""
    return f"{host}, shell as root"


def listed(names: Iterable[str], most: int = 3) -> str:
    """Return names in words, the first few of many.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a and b', 'a, b, c and 2 more')
    """
    every = list(dict.fromkeys(names))
    if len(every) > most:
        return f"{', '.join(every[:most])} and {len(every) - most} more"
    return " and ".join([", ".join(every[:-1]), every[-1]]) if len(every) > 1 else "".join(every)
