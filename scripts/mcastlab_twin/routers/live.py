"""The backend of a router in a namespace of the sandbox: makes its configuration real, and reads it back.

`apply` is level-triggered: each part knows what it has done, and does the difference to the plan. The same intent again
runs nothing; after a failure, the next `apply` goes on from what is true.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections import ChainMap
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from iosxe.intent import RouterIntent
from iosxe.state import (
    BackendError,
    InterfaceState,
    LiveBgpPeer,
    LiveIgmpGroup,
    LiveIkev2Sa,
    LiveMroute,
    LivePimNeighbor,
    PingResult,
    RpfResult,
    UnicastRoute,
)
from mcastlab_twin.routers import reporters
from mcastlab_twin.routers.configured_interfaces import ConfiguredInterfaces, DhcpLease, Environment
from mcastlab_twin.routers.ikev2_state import shown_sa
from mcastlab_twin.routers.interface_state import shown_interface
from mcastlab_twin.routers.pim_state import (
    MrouteContext,
    Shown,
    igmp_groups,
    igmp_queriers,
    lookups,
    mroutes,
    pim_neighbors,
    sent_to,
)
from mcastlab_twin.routers.plan import make_plan
from mcastlab_twin.routers.running import RunningRouter
from mcastlab_twin.routers.unicast_state import Unicast, printed, reverse_path, unicast
from mcastlab_twin.sandbox.process import ProgramError, run
from mcastlab_twin.services.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from ipaddress import IPv4Address, IPv4Interface
    from pathlib import Path

    from mcastlab_twin.routers.plan import RouterPlan

_log = logging.getLogger(__name__)
_ICMP_HEADERS: Final = 28
_PING_INTERVAL_S: Final = 0.01
FEW: Final = 40
"""Groups that are sent to: of so many pimd is asked one by one."""


@contextlib.contextmanager
def _failures_as_the_backends() -> Iterator[None]:
    """Have what a program behind a router says be the backend's error."""
    try:
        yield
    except ExceptionGroup as group:
        raise BackendError("; ".join(str(each) for each in group.exceptions)) from group
    except (ServiceError, ProgramError, TimeoutError, OSError) as failure:
        raise BackendError(str(failure)) from failure


class LiveBackend:
    """A router in the namespace `netns`, whose ports are there under the kernel names that `interfaces` gives."""

    def __init__(
        self, *, netns: str, interfaces: Mapping[str, str], dhcp: Mapping[str, DhcpLease] | None = None, run_dir: Path
    ) -> None:
        self._environment = Environment(netns=netns, ports=dict(interfaces), dhcp=dict(dhcp or {}))
        self._netns = netns
        self._turn = asyncio.Lock()
        self._intent = RouterIntent()
        self.log_event: Callable[[str], None] = _log.info
        """Is given what an IOS console would show: ``%LINEPROTO-5-UPDOWN: ...``."""
        self._running = RunningRouter(netns, run_dir, self._log_event)
        self._unrepaired: tuple[str, ...] = ()
        """What had ended when the last repair failed."""

    def _log_event(self, message: str) -> None:
        self.log_event(message)

    # Making it real

    async def apply(self, intent: RouterIntent) -> None:
        """Make the router be what `intent` says; the same intent twice changes nothing.

        Raises:
            BackendError: a program behind it refused, or nothing here can do what `intent` asks for.
        """
        plan = make_plan(intent, self._environment)
        async with self._turn:
            with _failures_as_the_backends():
                await self._make(plan)
            self._intent = intent

    async def _make(self, plan: RouterPlan) -> None:
        """Do the difference to a plan; what has ended, as pimd does over some changes, starts again with it."""
        try:
            if not self._running.ended():
                await self._running.make(plan)
        except (ServiceError, TimeoutError, OSError, ExceptionGroup):
            if not self._running.ended():
                raise
        if ended := self._running.ended():
            self.log_event(f"%TWIN-4-ENDED: {', '.join(ended)}; started again")
            await self._running.repair(plan)

    def ended(self) -> tuple[str, ...]:
        """Return which programs have ended by themselves, and how."""
        return self._running.ended() or self._unrepaired

    async def repair(self) -> None:
        """Start again the programs that have ended by themselves.

        Raises:
            BackendError: one could not be started.
        """
        plan = make_plan(self._intent, self._environment)
        async with self._turn:
            self._unrepaired = self.ended()
            with _failures_as_the_backends():
                await self._running.repair(plan)
            self._unrepaired = ()

    async def close(self) -> None:
        """End every program of the router and remove what it made; its ports and their addresses stay."""
        async with self._turn:
            await self._running.stop()

    # Reading it back

    @property
    def _configured(self) -> ConfiguredInterfaces:
        return ConfiguredInterfaces(self._intent, self._environment)

    def _name(self, device: str) -> str:
        """Return an interface's IOS name by its kernel name."""
        if device == "lo":
            loopbacks = [each for each in self._intent.interfaces if each.name.startswith("Loopback")]
            # The one that runs PIM, should there be several: pimd sees one interface.
            return next((each.name for each in loopbacks if each.pim_sparse), loopbacks[0].name if loopbacks else "lo")
        return next((name for name, port in self._environment.ports.items() if port == device), device)

    def _addresses(self) -> dict[str, IPv4Interface]:
        """Return the addresses of interfaces that are not shut down, by IOS name."""
        configured = self._configured
        found = {each.name: configured.address(each) for each in self._intent.interfaces if not each.shutdown}
        return {name: address for name, address in found.items() if address is not None}

    async def interfaces(self) -> tuple[InterfaceState, ...]:
        """Return every interface: ports, then what the configuration adds."""
        output = await self._run_read("ip", "-n", self._netns, "-s", "-json", "address", "show")
        shown = {each["ifname"]: each for each in json.loads(output)}
        names = list(self._environment.ports)
        names += [each.name for each in self._intent.interfaces if each.name not in self._environment.ports]
        addresses, configured = self._addresses(), self._configured
        return tuple(shown_interface(name, configured, addresses.get(name), shown) for name in names)

    def kernel_gre(self) -> tuple[bool, ...]:
        """Tell of each GRE tunnel that stands whether the kernel carries it."""
        return tuple(bool(gre.in_kernel) for gre in self._running.gre.values())

    async def pim_neighbors(self) -> tuple[LivePimNeighbor, ...]:
        """Return the PIM neighbours."""
        shown = await self._pim("show ip pim neighbor json")
        return pim_neighbors(shown, self._name, lambda device: not device.startswith("Tunnel"))

    async def igmp_groups(self) -> tuple[LiveIgmpGroup, ...]:
        """Return the groups with members, by interface."""
        addresses = self._addresses()
        shown = await self._pim("show ip igmp groups json")
        with _failures_as_the_backends():
            reported = await reporters.last(self._netns) if shown else {}

        def reporter(device: str, group: IPv4Address) -> IPv4Address | None:
            if (device, group) in reported:
                return reported[device, group]
            name = self._name(device)
            interface = self._configured.named(name)
            joined = interface is not None and group in interface.igmp_join_groups
            return addresses[name].ip if joined and name in addresses else None

        return igmp_groups(shown, self._name, reporter)

    async def igmp_queriers(self) -> Mapping[str, IPv4Address]:
        """Return the IGMP querier of each interface that has one, by interface."""
        return igmp_queriers(await self._pim("show ip igmp interface json"), self._name)

    async def mroutes(self, *, counted: bool = False) -> tuple[LiveMroute, ...]:
        """Return the multicast routing table, each (*, G) before its (S, G); `counted` with packets and bytes.

        pimd takes longer to count than for everything else, as it asks the kernel for each route.
        """
        # What pimd has printed is read while it prints the rest.
        tables = ("show ip mroute json", "show ip pim join json", "show ip igmp groups json")
        mroute, join, igmp = await asyncio.gather(*map(self._pim, tables))
        own = frozenset(address.ip for address in self._addresses().values())
        # The longest answer, and only sources need it: thousands of groups may be joined, and few sent to.
        groups = sent_to(mroute, own)
        asked = [f"{each} " for each in groups] if len(groups) <= FEW else [""]
        with _failures_as_the_backends():
            answers = await self._running.frr.show_each([f"show ip pim upstream {each}json" for each in asked])
        upstream = dict(ChainMap(*answers))
        count = await self._pim("show ip mroute count json") if counted else {}
        shown = Shown(mroute=mroute, upstream=upstream, join=join, igmp=igmp, count=count)
        if not mroute:
            return ()
        points, found = self._intent.rendezvous_points, await self._unicast()
        context = MrouteContext(
            name=cache(self._name),
            own_addresses=own,
            rendezvous_points=points,
            local_groups=frozenset(group for each in self._intent.interfaces for group in each.igmp_join_groups),
            rpf={each: reverse_path(each, found, self._intent.mroutes) for each in lookups(shown, points)},
        )
        return mroutes(shown, context)

    async def routes(self) -> tuple[UnicastRoute, ...]:
        """Return the unicast routing table."""
        return tuple(printed(await self._unicast(), self._intent))

    async def rpf(self, address: IPv4Address) -> RpfResult | None:
        """Return the reverse path to `address` as IOS computes it: static mroutes first, then the unicast route."""
        return reverse_path(address, await self._unicast(), self._intent.mroutes)

    async def bgp_peers(self) -> tuple[LiveBgpPeer, ...]:
        """Return the BGP neighbours."""
        with _failures_as_the_backends():
            return await self._running.bird.peers()

    async def ikev2_sas(self) -> tuple[LiveIkev2Sa, ...]:
        """Return the IKEv2 security associations, one for each tunnel that negotiates or has one."""
        with _failures_as_the_backends():
            listed = [(charon.tunnel, await charon.sas()) for charon in self._running.ipsec.values()]
        return tuple(shown_sa(tunnel, sa) for tunnel, sas in listed for sa in sas)

    async def rekey(self) -> None:
        """Have every security association negotiated anew, as at the end of its lifetime.

        Raises:
            BackendError: an association is not there any more, or was not made anew in time.
        """
        with _failures_as_the_backends():
            async with asyncio.TaskGroup() as tasks:
                for charon in self._running.ipsec.values():
                    tasks.create_task(charon.rekey())

    async def ping(
        self,
        destination: IPv4Address,
        *,
        source: IPv4Address | None,
        count: int,
        size: int,
        timeout_s: float,
        whole: bool = False,
    ) -> PingResult:
        """Send echo requests of `size` bytes, IP header included; `timeout_s` is the wait after the last one.

        With `whole` they may not be fragmented.
        """
        options = ["-n", "-c", str(count), "-i", str(_PING_INTERVAL_S), "-W", str(timeout_s)]
        options += ["-s", str(max(0, size - _ICMP_HEADERS))]
        options += ["-M", "do"] if whole else []
        if source is not None:
            options += ["-I", str(source)]
        patience = timeout_s + count * _PING_INTERVAL_S + 5
        with _failures_as_the_backends():
            output = await run("ping", *options, str(destination), netns=self._netns, check=False, timeout_s=patience)
        times = tuple(float(time) for time in re.findall(r" time=([\d.]+) ms", output.stdout))
        return PingResult(sent=count, received=min(count, len(times)), round_trip_ms=times[:count])

    async def _unicast(self) -> Unicast:
        with _failures_as_the_backends():
            shown = await self._running.bird.routes()
        names = {port: name for name, port in self._environment.ports.items()}
        return unicast(shown, names, self._addresses())

    async def _pim(self, command: str) -> dict[str, Any]:
        with _failures_as_the_backends():
            return await self._running.frr.show(command)

    async def _run_read(self, *argv: str) -> str:
        with _failures_as_the_backends():
            return (await run(*argv)).stdout
