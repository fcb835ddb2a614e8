"""Cuts by the AWS API, on a lab of other names and addresses than the default one.

Each cut has a group of its own, so that no state of an earlier flow carries packets past it, and another one for after
the mending.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
from trials.flows import Direction, Outcome, trials
from trials.run import Stream, run_trial

from mcastlab.aws.clients import Clients
from mcastlab.cli.compose import facts_of, shells_of

from .conftest import Deployed, in_twin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

pytestmark = pytest.mark.twin

DOCUMENT: Final = """\
name: cuts
vpc: {cidr: 10.77.0.0/16}
hosts:
- {name: probe, count: 2}
sites:
- name: turku
  router: {ssh: turku-router, asn: 65077, wan: 198.51.100.2/30, lan: 172.31.7.1/24}
  devices:
  - {name: turku-phone, address: 172.31.7.20}
groups:
- {name: cut, address: 239.77.7.1-239.77.7.10}
"""
BOTH: Final = (Direction.TO_SITE, Direction.TO_AWS)
BROKEN: Final = Stream(count=30, establish_within_s=3)
MENDED: Final = Stream(count=60, establish_within_s=40)
AFTERWARDS: Final = 6
"""How far a cut's second group is from its first."""
OVER_THE_OTHER_TUNNEL_S: Final = 60


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    path = tmp_path_factory.mktemp("cuts") / "lab.yaml"
    path.write_text(DOCUMENT, encoding="utf-8")
    yield from in_twin(path)


@pytest.fixture(autouse=True)
def _inside(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in deployed.command_line.environment.items():
        if os.environ.get(key) != value:
            monkeypatch.setenv(key, value)


@contextmanager
def without_udp_rules(deployed: Deployed) -> Iterator[None]:
    """Take the UDP rules out of what lets datagrams into the hosts."""
    ec2 = Clients(deployed.lab.region).ec2
    host = facts_of(deployed.lab).host_instance_ids[deployed.lab.host_names[0]]
    (group,) = ec2.describe_instances(InstanceIds=[host])["Reservations"][0]["Instances"][0]["SecurityGroups"]
    found = ec2.describe_security_groups(GroupIds=[group["GroupId"]])["SecurityGroups"][0]["IpPermissions"]
    rules = [rule for rule in found if rule["IpProtocol"] == "udp"]
    assert rules
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=rules)
    try:
        yield
    finally:
        ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=rules)


@contextmanager
def without_route_to_loopback(deployed: Deployed) -> Iterator[None]:
    """Take the VPC routes to the AWS router's loopback out."""
    ec2 = Clients(deployed.lab.region).ec2
    taken = [
        (table["RouteTableId"], route["DestinationCidrBlock"], route["NetworkInterfaceId"])
        for table in ec2.describe_route_tables()["RouteTables"]
        for route in table["Routes"]
        if "NetworkInterfaceId" in route
    ]
    assert taken
    for table, cidr, _ in taken:
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock=cidr)
    try:
        yield
    finally:
        for table, cidr, interface in taken:
            ec2.create_route(RouteTableId=table, DestinationCidrBlock=cidr, NetworkInterfaceId=interface)


@contextmanager
def with_other_keys(deployed: Deployed) -> Iterator[None]:
    """Give the AWS ends of both tunnels other pre-shared keys than the far router has."""
    ec2 = Clients(deployed.lab.region).ec2
    site = facts_of(deployed.lab).sites["turku"]

    def give(keys: list[str]) -> None:
        for tunnel, key in zip(site.tunnels, keys, strict=True):
            ec2.modify_vpn_tunnel_options(
                VpnConnectionId=site.vpn_connection_id,
                VpnTunnelOutsideIpAddress=str(tunnel.outside_address),
                TunnelOptions={"PreSharedKey": key},
            )

    give(["another_key_1", "another_key_2"])
    until_telemetry(deployed, {"DOWN"})
    try:
        yield
    finally:
        give([tunnel.pre_shared_key.reveal() for tunnel in site.tunnels])


@pytest.mark.parametrize(
    ("number", "cut", "stops"),
    [
        pytest.param(0, without_udp_rules, (Direction.TO_AWS,), id="UDP rules of the hosts"),
        # The router's GRE packets leave; nothing that is sent to its loopback arrives: no join, no Register, no data.
        pytest.param(1, without_route_to_loopback, BOTH, id="VPC route to the loopback's subnet"),
    ],
)
def test_packets_stop_without_it_and_flow_with_it(
    deployed: Deployed,
    number: int,
    cut: Callable[[Deployed], AbstractContextManager[None]],
    stops: tuple[Direction, ...],
) -> None:
    stops_and_flows_again(deployed, number, cut, stops)


def test_a_sender_without_ttl_reaches_nobody_behind_a_router(deployed: Deployed) -> None:
    for outcome in outcomes(deployed, 4, BOTH, Stream(count=30, establish_within_s=2, ttl=1)):
        assert [reception.received for reception in outcome.receptions] == [0] * len(outcome.receptions), outcome


def test_with_other_pre_shared_keys_packets_stop_and_with_the_right_ones_they_flow(deployed: Deployed) -> None:
    stops_and_flows_again(deployed, 2, with_other_keys, BOTH)


def stops_and_flows_again(
    deployed: Deployed,
    number: int,
    cut: Callable[[Deployed], AbstractContextManager[None]],
    stops: tuple[Direction, ...],
) -> None:
    with cut(deployed):
        for outcome in outcomes(deployed, number, BOTH, BROKEN):
            received = [reception.received for reception in outcome.receptions]
            if outcome.trial.direction in stops:
                assert received == [0] * len(received), outcome
    for outcome in outcomes(deployed, number + AFTERWARDS, BOTH, MENDED):
        assert outcome.holds, outcome


def telemetry(deployed: Deployed) -> dict[str, str]:
    """What AWS tells of each tunnel, by its outside address."""
    connection = facts_of(deployed.lab).sites["turku"].vpn_connection_id
    ec2 = Clients(deployed.lab.region).ec2
    told = ec2.describe_vpn_connections(VpnConnectionIds=[connection])["VpnConnections"][0]["VgwTelemetry"]
    return {each["OutsideIpAddress"]: str(each["Status"]) for each in told}


def until_telemetry(deployed: Deployed, wanted: set[str]) -> None:
    until(lambda: set(telemetry(deployed).values()) == wanted, OVER_THE_OTHER_TUNNEL_S)


def until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


def outcomes(deployed: Deployed, number: int, directions: tuple[Direction, ...], stream: Stream) -> list[Outcome]:
    group = deployed.lab.groups[number]
    shells = shells_of(deployed.lab, facts_of(deployed.lab))
    return [
        run_trial(trial, shells, stream, progress=print)
        for trial in trials(deployed.lab)
        if trial.group == group and trial.direction in directions
    ]
