"""A lab's stacks, wired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.lab.design.names import StackRole, site_stack_name, stack_name

from .guardrails import guard, tag
from .hosts import HostsStack
from .network import NetworkStack
from .router import RouterStack
from .site import SiteStack

if TYPE_CHECKING:
    import aws_cdk as cdk
    from constructs import Construct

    from mcastlab.lab.model import Lab


def build(app: cdk.App, lab: Lab) -> None:
    """Add the stacks of a lab to an app that is the lab's alone, and have its synthesis fail on findings of cdk-nag."""
    add_lab(app, lab)
    guard(app)


def add_lab(scope: Construct, lab: Lab) -> NetworkStack:
    """Add the stacks of a lab to an app or a stage, which may have stacks of others too; return the network's.

    The network is made first and goes last. Hosts and router wait for the multicast domain's associations, so that
    they end, and with them their IGMP memberships, before the domain does.
    """
    network = NetworkStack(scope, stack_name(lab, StackRole.NETWORK), lab=lab)
    sites = [
        SiteStack(scope, site_stack_name(lab, site.name), lab=lab, site=site, network=network) for site in lab.sites
    ]
    router = RouterStack(scope, stack_name(lab, StackRole.ROUTER), lab=lab, network=network)
    hosts = HostsStack(scope, stack_name(lab, StackRole.HOSTS), lab=lab, network=network)
    for stack in (network, *sites, router, hosts):
        tag(stack, lab)
    return network
