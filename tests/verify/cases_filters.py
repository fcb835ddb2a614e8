"""Breaks of security groups, each with what it must give."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from verify import broken
from verify.broken import FAR, SILENT, Case, cut
from verify.sound import with_router

FILTERS: Final = (
    Case(
        "no UDP in to the hosts",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: rule.protocol == "17" and not rule.egress),
        ("security-group-data-in",),
        ("security-groups",),
        ("UDP 5004 in from 10.40.1.0/24", "authorize-security-group-ingress --group-id sg-hosts"),
    ),
    Case(
        "no UDP out of the hosts",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: rule.protocol == "17" and rule.egress),
        ("security-group-data-out",),
        ("security-groups",),
        ("239.40.0.1/32",),
    ),
    Case(
        "no UDP from one site",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: str(rule.network) == "172.20.6.0/24"),
        ("security-group-data-in",),
        ("security-groups",),
        ("172.20.6.0/24",),
    ),
    Case(
        "no IGMP queries",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: rule.protocol == "2" and not rule.egress),
        ("security-group-igmp-query",),
        ("security-groups",),
        ("packets still flow", "six minutes", "IpProtocol=2"),
        later=True,
    ),
    Case(
        "no IGMP queries to the router, which is a member no more",
        lambda s: broken.domain(
            broken.without_rules(s, "sg-router", lambda rule: rule.protocol == "2" and not rule.egress), members=()
        ),
        ("security-group-igmp-query", "no-static-member"),
        ("security-groups", "domain"),
    ),
    Case(
        "no IGMP leaves",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: str(rule.network) == "224.0.0.2/32"),
        ("security-group-igmp-leave",),
        ("security-groups",),
        ("224.0.0.2/32",),
        later=True,
    ),
    Case(
        "no IGMP reports",
        lambda s: broken.without_rules(
            s, "sg-hosts", lambda rule: rule.protocol == "2" and str(rule.network).startswith("239.")
        ),
        ("security-group-igmp-report",),
        ("security-groups",),
        ("joins do not reach",),
    ),
    Case(
        "no GRE",
        lambda s: cut(
            broken.without_rules(
                s, "sg-router", lambda rule: rule.protocol == "47" and str(rule.network) == f"{FAR}/32"
            ),
            "oslo",
        ),
        ("security-group-gre", "security-group-gre"),
        ("security-groups", "gre"),
        ("GRE in from",),
    ),
    Case(
        "no GRE in, which is still tracked",
        lambda s: broken.without_rules(s, "sg-router", lambda rule: rule.protocol == "47" and not rule.egress),
        ("security-group-gre",),
        ("security-groups",),
        ("packets still flow", "tracked"),
        later=True,
    ),
    Case(
        "no registers in",
        lambda s: broken.without_rules(s, "sg-router", lambda rule: rule.protocol == "103" and not rule.egress),
        ("security-group-pim",),
        ("security-groups",),
        ("registers of remote senders",),
    ),
    Case(
        "no ICMP",
        lambda s: with_router(
            broken.without_rules(
                s, "sg-router", lambda rule: rule.protocol == "1" and str(rule.network) == f"{FAR}/32"
            ),
            "oslo",
            lambda view: replace(view, underlay=SILENT),
        ),
        ("security-group-icmp", "security-group-icmp"),
        ("security-groups", "gre"),
        later=True,
    ),
)
