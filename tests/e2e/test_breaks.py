"""One thing is taken out at a time: packets stop in the direction that IOS and AWS would stop; put back, they flow.

The flows that arrive afterwards are those that were stopped: Registers and joins went on, none was given up. Each break
has a group of its own, so that no state of an earlier flow carries packets past it.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
import yaml
from trials.flows import Direction
from trials.run import Stream

from mcastlab.aws.clients import Clients
from mcastlab.lab.design.names import StackRole, stack_name

from . import breaks
from .breaking import BOTH, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Deployed

pytestmark = pytest.mark.twin

BROKEN: Final = Stream(count=50, establish_within_s=3)
BY_ROUTER: Final = Stream(count=100, establish_within_s=30)
"""After what a router's lines repair."""
BY_AWS: Final = Stream(count=100, establish_within_s=60)
"""After what only the timers of IPsec and BGP, or the Region, repair."""


@contextmanager
def without_domain_association(deployed: Deployed) -> Iterator[None]:
    client = Clients(deployed.lab.region).cloudformation
    stack = stack_name(deployed.lab, StackRole.NETWORK)
    body = client.get_template(StackName=stack)["TemplateBody"]
    # The CDK sends its template as YAML.
    whole = yaml.safe_load(body) if isinstance(body, str) else body
    kind = "AWS::EC2::TransitGatewayMulticastDomainAssociation"
    rest = {name: entry for name, entry in whole["Resources"].items() if entry["Type"] != kind}
    less = {**whole, "Resources": rest}
    assert len(rest) == len(whole["Resources"]) - 1
    waiter = client.get_waiter("stack_update_complete")
    client.update_stack(StackName=stack, TemplateBody=json.dumps(less))
    waiter.wait(StackName=stack, WaiterConfig={"Delay": 1})
    try:
        yield
    finally:
        client.update_stack(StackName=stack, TemplateBody=json.dumps(whole))
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 1})


@pytest.mark.series(gate=4)  # one of AWS's doors, one of its ways, one with the RP and GRE, one on a router's LAN
@pytest.mark.parametrize(
    ("number", "taken_out", "stops", "repaired"),
    [
        # The report makes the router a member at the gateway, and the interface an outgoing one.
        pytest.param(0, breaks.without_join_group, BOTH, BY_ROUTER, id="join-group on the AWS router's VPC interface"),
        # IGMP goes with PIM, so nobody behind it is heard; and what its hosts send is not registered.
        pytest.param(1, breaks.without_pim_on_lan, BOTH, BY_ROUTER, id="PIM on the remote router's LAN interface"),
        pytest.param(
            2, without_domain_association, BOTH, BY_ROUTER, id="association of the subnet with the multicast domain"
        ),
        pytest.param(3, breaks.without_udp_in, (Direction.TO_AWS,), BY_ROUTER, id="UDP rules of the hosts"),
        # The router's GRE packets leave; nothing that is sent to its loopback arrives: no join, no Register, no data.
        pytest.param(4, breaks.without_vpc_route, BOTH, BY_AWS, id="VPC's route to the loopback"),
        pytest.param(5, breaks.with_other_keys, BOTH, BY_AWS, id="pre-shared keys"),
        # The remote router cannot join towards the RP. Lab to AWS goes on by Register on IOS.
        pytest.param(
            6, breaks.without_rp_mroute, (Direction.TO_SITE,), BY_ROUTER, id="mroute for the RP on the remote router"
        ),
        # No join arrives over GRE. Lab to AWS goes on by Register on IOS.
        pytest.param(
            7, breaks.without_pim_on_gre, (Direction.TO_SITE,), BY_ROUTER, id="PIM on Tunnel200 of the AWS router"
        ),
    ],
)
def test_packets_stop_without_it_and_flow_with_it(
    in_cuts: Deployed,
    number: int,
    taken_out: breaks.Break,
    stops: tuple[Direction, ...],
    repaired: Stream,
) -> None:
    with taken_out(in_cuts):
        for outcome in outcomes(in_cuts, number, stops, BROKEN):
            assert outcome.established_after_s is None, outcome
            assert [reception.received for reception in outcome.receptions] == [0] * len(outcome.receptions), outcome
    for outcome in outcomes(in_cuts, number, BOTH, repaired):
        assert outcome.holds, outcome
