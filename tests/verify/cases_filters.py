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
        ("security_group_data_in",),
        ("security_groups",),
        ("UDP 5004 in from 10.40.1.0/24", "authorize-security-group-ingress --group-id sg-hosts"),
    ),
    Case(
        "no UDP out of the hosts",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: rule.protocol == "17" and rule.egress),
        ("security_group_data_out",),
        ("security_groups",),
        ("239.40.0.1/32",),
    ),
    Case(
        "no UDP from one site",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: str(rule.network) == "172.20.6.0/24"),
        ("security_group_data_in",),
        ("security_groups",),
        ("172.20.6.0/24",),
    ),
    Case(
        "no IGMP queries",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: rule.protocol == "2" and not rule.egress),
        ("security_group_igmp_query",),
        ("security_groups",),
        ("packets still flow", "six minutes", "IpProtocol=2"),
        later=True,
    ),
    Case(
        "no IGMP queries to the router, which is a member no more",
        lambda s: broken.domain(
            broken.without_rules(s, "sg-router", lambda rule: rule.protocol == "2" and not rule.egress), members=()
        ),
        ("security_group_igmp_query", "no_static_member"),
        ("security_groups", "domain"),
    ),
    Case(
        "no IGMP leaves",
        lambda s: broken.without_rules(s, "sg-hosts", lambda rule: str(rule.network) == "224.0.0.2/32"),
        ("security_group_igmp_leave",),
        ("security_groups",),
        ("224.0.0.2/32",),
        later=True,
    ),
    Case(
        "no IGMP reports",
        lambda s: broken.without_rules(
            s, "sg-hosts", lambda rule: rule.protocol == "2" and str(rule.network).startswith("239.")
        ),
        ("security_group_igmp_report",),
        ("security_groups",),
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
        ("security_group_gre", "security_group_gre"),
        ("security_groups", "gre"),
        ("GRE in from",),
    ),
    Case(
        "no GRE in, which is still tracked",
        lambda s: broken.without_rules(s, "sg-router", lambda rule: rule.protocol == "47" and not rule.egress),
        ("security_group_gre",),
        ("security_groups",),
        ("packets still flow", "tracked"),
        later=True,
    ),
    Case(
        "no registers in",
        lambda s: broken.without_rules(s, "sg-router", lambda rule: rule.protocol == "103" and not rule.egress),
        ("security_group_pim",),
        ("security_groups",),
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
        ("security_group_icmp", "security_group_icmp"),
        ("security_groups", "gre"),
        later=True,
    ),
)
