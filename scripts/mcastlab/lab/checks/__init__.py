"""Design checks: what a lab must be so that it can work, each rule one function with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.errors import BadInputError
from mcastlab.lab.checks import (
    addresses,
    budget,
    groups,
    machines,
    names,
    networks,
    places,
    quotas,
    sites,
    sizes,
    tunnels,
    vpc,
)
from mcastlab.lab.checks.finding import ORDER, Check, Finding, Severity, abridged

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

__all__ = ["CHECKS", "Check", "Finding", "Severity", "abridged", "check", "refuse_unsound"]

CHECKS: Final[tuple[Check, ...]] = (
    names.names_are_unique,
    names.shell_names_differ,
    names.names_are_no_aws_ids,
    names.logical_ids_differ,
    names.stack_names_are_short_enough,
    names.tags_can_be_set,
    places.region_exists,
    places.zones_exist_in_the_region,
    vpc.vpc_block_can_be_had,
    vpc.subnets_lie_in_the_vpc,
    vpc.subnets_do_not_overlap,
    vpc.subnets_are_large_enough,
    vpc.loopback_lies_outside_the_vpc,
    vpc.loopback_is_free_in_its_subnet,
    vpc.loopback_block_can_join_the_vpc,
    machines.instance_types_exist,
    machines.instances_are_of_nitro,
    machines.instances_boot_their_image,
    machines.router_has_an_image,
    networks.site_numbers_differ,
    networks.networks_do_not_overlap,
    networks.wan_networks_are_no_others,
    sites.router_addresses_are_hosts,
    sites.wan_and_lan_are_two_interfaces,
    sites.far_interfaces_are_of_the_platform,
    sites.devices_stand_in_their_lan,
    addresses.networks_are_for_hosts,
    addresses.inner_networks_are_private,
    addresses.customer_address_is_public,
    addresses.customer_addresses_differ,
    addresses.customer_address_is_outside,
    sites.gateway_asn_is_private,
    sites.far_asns_can_be_used,
    sites.far_asns_differ,
    tunnels.gre_network_has_two_ends,
    tunnels.tunnel_numbers_are_free,
    tunnels.inside_networks_can_be_had,
    tunnels.gre_ends_are_reached_outside_gre,
    tunnels.reverse_paths_are_the_tunnels,
    groups.groups_can_be_routed,
    groups.groups_have_ethernet_addresses_of_their_own,
    groups.groups_differ,
    groups.groups_have_room_for_their_members,
    groups.groups_have_a_flow,
    groups.senders_stand_beside_the_router,
    sizes.datagrams_fit_the_tunnels,
    sizes.datagrams_live_long_enough,
    quotas.quotas_suffice,
    quotas.security_groups_can_be_made,
    budget.an_hour_is_within_the_budget,
)
"""Every check, in the order of a document."""


def check(lab: Lab) -> tuple[Finding, ...]:
    """Return what all checks find in a lab: errors first, then warnings, then notes."""
    found = [finding for each in CHECKS for finding in each(lab)]
    return tuple(sorted(found, key=lambda finding: ORDER.index(finding.severity)))


def refuse_unsound(lab: Lab, where: str, *, more: str = "./scripts/lab check") -> None:
    """Refuse a lab that cannot work.

    Args:
        lab: the lab.
        where: its file, as it is told.
        more: the command that tells more about it.

    Raises:
        BadInputError: a check found an error; the text has one line for each, with what to write instead.
    """
    errors = [finding for finding in check(lab) if finding.severity is Severity.ERROR]
    if errors:
        lines = [f"{where}: {finding.path}: {finding.text}; {finding.hint}" for finding in errors]
        raise BadInputError("\n".join(lines), hint=f"for more, with the source of each rule: {more}")
