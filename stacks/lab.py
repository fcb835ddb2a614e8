"""A lab's stacks, wired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.lab.design.kept_resources import NOTHING_KEPT
from mcastlab.lab.design.names import StackRole, site_stack_name, stack_name

from .guardrails import guard, tag
from .hosts import HostsStack
from .network import NetworkStack
from .router import RouterStack
from .site import SiteStack

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aws_cdk as cdk
    from constructs import Construct

    from mcastlab.lab.design.kept_resources import KeptResources
    from mcastlab.lab.model import Lab


def build(app: cdk.App, lab: Lab, kept: KeptResources = NOTHING_KEPT, images: Mapping[str, str] | None = None) -> None:
    """Add the stacks of a lab to an app that is the lab's alone, and have its synthesis fail on findings of cdk-nag.

    `kept` and `images` as for `add_lab`.
    """
    add_lab(app, lab, kept, images)
    guard(app)


def add_lab(
    scope: Construct, lab: Lab, kept: KeptResources = NOTHING_KEPT, images: Mapping[str, str] | None = None
) -> NetworkStack:
    """Add the stacks of a lab to an app or a stage, which may have stacks of others too; return the network's.

    The network is made first and goes last. Hosts and router wait for the multicast domain's associations, so that
    they end, and with them their IGMP memberships, before the domain does.

    `kept` is what stays of a lab that stands, `images` the AMIs of new stacks by the parameter that holds them.
    """
    network = NetworkStack(scope, stack_name(lab, StackRole.NETWORK), lab=lab, kept=kept)
    pins = images or {}
    sites = [
        SiteStack(scope, site_stack_name(lab, site.name), lab=lab, site=site, network=network) for site in lab.sites
    ]
    router = RouterStack(scope, stack_name(lab, StackRole.ROUTER), lab=lab, network=network, images=pins)
    hosts = HostsStack(scope, stack_name(lab, StackRole.HOSTS), lab=lab, network=network, images=pins)
    for stack in (network, *sites, router, hosts):
        tag(stack, lab)
    return network
