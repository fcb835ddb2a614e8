"""A remote router in a world that answers, and what it says to a show command."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from twin.iosxe.typist import INTERFACES

from iosxe.clock import ManualClock
from iosxe.config.editor import Place
from iosxe.day0 import factory
from iosxe.device import RouterDevice
from iosxe.memory import MemoryBackend, World
from iosxe.platforms import IMAGES
from iosxe.shell.session import Session
from iosxe.shell.terminal import Terminal
from iosxe.state import (
    LiveBgpPeer,
    LiveIgmpGroup,
    LiveIkev2Sa,
    LiveMroute,
    LiveOutgoingInterface,
    LivePimNeighbor,
    UnicastRoute,
)

HERE = Path(__file__).parent
BOTH_SIGN = "Auth sign: PSK, Auth verify: PSK"
NOW = datetime(2026, 11, 9, 10, 11, 12, 345000, tzinfo=UTC)
FAR_GRE = IPv4Address("10.200.0.1")

WORLD = World(
    pim_neighbors=(
        LivePimNeighbor(address=FAR_GRE, interface="Tunnel200", uptime_s=75, expires_s=99),
        LivePimNeighbor(
            address=IPv4Address("10.20.0.9"), interface="GigabitEthernet2", uptime_s=100000, expires_s=88, is_dr=True
        ),
    ),
    mroutes=(
        LiveMroute(
            source=None,
            group=IPv4Address("239.1.1.1"),
            rendezvous_point=IPv4Address("10.254.0.1"),
            flags="SJC",
            uptime_s=65,
            expires_s=None,
            incoming_interface="Tunnel200",
            rpf_neighbor=FAR_GRE,
            rpf_is_mroute=True,
            registering=False,
            outgoing=(LiveOutgoingInterface(interface="GigabitEthernet2", uptime_s=65, expires_s=170),),
        ),
        LiveMroute(
            source=IPv4Address("10.20.0.5"),
            group=IPv4Address("239.1.1.1"),
            rendezvous_point=None,
            flags="PFT",
            uptime_s=5,
            expires_s=175,
            incoming_interface="GigabitEthernet2",
            rpf_neighbor=None,
            rpf_is_mroute=False,
            registering=True,
            outgoing=(),
            packets=120,
            bytes=12000,
        ),
    ),
    igmp_groups=(
        LiveIgmpGroup(
            group=IPv4Address("239.1.1.1"),
            interface="GigabitEthernet2",
            uptime_s=3700,
            expires_s=122,
            last_reporter=IPv4Address("10.20.0.5"),
        ),
    ),
    igmp_queriers={"GigabitEthernet2": IPv4Address("10.20.0.1")},
    bgp_peers=(
        LiveBgpPeer(
            address=IPv4Address("169.254.11.1"),
            remote_as=64512,
            state="Established",
            since_s=310,
            prefixes=3,
            messages_received=41,
            messages_sent=40,
        ),
    ),
    bgp_routes=(
        UnicastRoute(
            prefix=IPv4Network("10.0.0.0/16"),
            source="bgp",
            distance=20,
            metric=100,
            next_hop=IPv4Address("169.254.11.1"),
            interface="Tunnel101",
            age_s=300,
        ),
    ),
    ikev2_sas=(
        LiveIkev2Sa(
            local=IPv4Address("203.0.113.10"),
            local_port=4500,
            remote=IPv4Address("198.51.100.1"),
            remote_port=4500,
            ready=True,
            encryption="AES-CBC",
            key_bits=256,
            prf="SHA256",
            integrity="SHA256",
            dh_group=14,
            lifetime_s=28800,
            active_s=735,
        ),
    ),
    answering=frozenset({FAR_GRE}),
)


def show(command: str, *, extra: tuple[str, ...] = (), level: int = 15) -> str:
    """Return what a remote router answers to a command."""

    async def run() -> str:
        device = RouterDevice(IMAGES["c8000v"], INTERFACES, MemoryBackend(WORLD), clock=ManualClock(NOW))
        device.booted_at = NOW - timedelta(days=1, minutes=3)
        place: Place | None = Place()
        for line in (*factory(INTERFACES, shut=False), *(HERE / "remote_router.cfg").read_text().splitlines(), *extra):
            place = device.take(place or Place(), line).place
        device.sessions[0] = "lab"
        device.start()
        written: list[str] = []

        async def nothing() -> str:
            return ""

        session = Session(device, Terminal(nothing, written.append), user="lab", level=level)
        await session.once(command)
        await device.stop()
        return "".join(written).replace("\r\n", "\n")

    return asyncio.run(run())
