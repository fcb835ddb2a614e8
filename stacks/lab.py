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

    from mcastlab.lab.model import Lab


def build(app: cdk.App, lab: Lab) -> None:
    """Add the stacks of a lab to an app.

    The network is made first and goes last. Hosts and router wait for the multicast domain's associations, so that
    they end, and with them their IGMP memberships, before the domain does.
    """
    network = NetworkStack(app, stack_name(lab, StackRole.NETWORK), lab=lab)
    for site in lab.sites:
        SiteStack(app, site_stack_name(lab, site.name), lab=lab, site=site, network=network)
    RouterStack(app, stack_name(lab, StackRole.ROUTER), lab=lab, network=network)
    HostsStack(app, stack_name(lab, StackRole.HOSTS), lab=lab, network=network)
    tag(app, lab)
    guard(app)
