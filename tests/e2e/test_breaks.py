"""One thing is taken out at a time: packets stop in the direction that IOS and AWS would stop; put back, they flow.

Each break has a group of its own, so that no state of an earlier flow carries packets past it.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import yaml
from trials.flows import Direction
from trials.run import Stream

from mcastlab.aws.clients import Clients
from mcastlab.lab.design.names import StackRole, stack_name

from . import breaks
from .breaking import BOTH, outcomes
from .conftest import Deployed, in_twin, write_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.twin

BROKEN = Stream(count=50, establish_within_s=3)
REPAIRED = Stream(count=100, establish_within_s=30)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    groups = [{"name": f"break-{number}", "address": f"239.9.9.{number}"} for number in range(1, 6)]
    yield from in_twin(write_lab(tmp_path_factory.mktemp("breaks"), name="breaks", groups=groups))


@pytest.fixture(autouse=True)
def _inside(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in deployed.command_line.environment.items():
        if os.environ.get(key) != value:
            monkeypatch.setenv(key, value)


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


@pytest.mark.series(gate=4)  # one with PIM, each of the others
@pytest.mark.parametrize(
    ("number", "taken_out", "stops"),
    [
        # The report makes the router a member at the gateway, and the interface an outgoing one.
        pytest.param(0, breaks.without_join_group, BOTH, id="join-group on the AWS router's VPC interface"),
        # The remote router cannot join towards the RP. Lab to AWS goes on by Register on IOS.
        pytest.param(1, breaks.without_rp_mroute, (Direction.TO_SITE,), id="mroute for the RP on the remote router"),
        pytest.param(3, without_domain_association, BOTH, id="association of the subnet with the multicast domain"),
        # No join arrives over GRE. Lab to AWS goes on by Register on IOS.
        pytest.param(2, breaks.without_pim_on_gre, (Direction.TO_SITE,), id="PIM on Tunnel200 of the AWS router"),
        # IGMP goes with PIM, so nobody behind it is heard; and what its hosts send is not registered.
        pytest.param(4, breaks.without_pim_on_lan, BOTH, id="PIM on the remote router's LAN interface"),
    ],
)
def test_packets_stop_without_it_and_flow_with_it(
    deployed: Deployed,
    number: int,
    taken_out: breaks.Break,
    stops: tuple[Direction, ...],
) -> None:
    with taken_out(deployed):
        for outcome in outcomes(deployed, number, stops, BROKEN):
            assert outcome.established_after_s is None, outcome
            assert [reception.received for reception in outcome.receptions] == [0] * len(outcome.receptions), outcome
    for outcome in outcomes(deployed, number, BOTH, REPAIRED):
        assert outcome.holds, outcome
