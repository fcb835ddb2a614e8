"""The fabric as it runs: brought to what the region holds, level by level, and asked what it sees."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from awsregion.cloud import Cloud
from awsregion.live import Live
from mcastlab_twin.fabric import directory
from mcastlab_twin.fabric.member_watch import MemberWatch
from mcastlab_twin.fabric.observation import BgpSeen, bgp_of, tunnel_status
from mcastlab_twin.fabric.plan import plan
from mcastlab_twin.network.applier import Applier
from mcastlab_twin.network.impairment import ActiveImpairment
from mcastlab_twin.network.instances import HostInstance, RouterInstance
from mcastlab_twin.network.site import RemoteSite
from mcastlab_twin.routers.service import AwsRouterService, RemoteRouterService, RouterService
from mcastlab_twin.services.appliance import Appliance
from mcastlab_twin.services.bird import Bird
from mcastlab_twin.services.charon import Charon, CharonTunnel
from mcastlab_twin.services.esp import ESP
from mcastlab_twin.services.keeper import ServiceKeeper
from mcastlab_twin.services.machines import LinuxDevice, LinuxHost
from mcastlab_twin.services.specifications import ImpairedWan, RemoteAppliance, RemoteDevice, Speaker
from mcastlab_twin.services.wan import WanService

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.lab.model import Lab
    from mcastlab_twin.network.impairment import Impairment
    from mcastlab_twin.network.timers import DomainTimers
    from mcastlab_twin.services.context import TwinContext
    from mcastlab_twin.services.service import Service
    from mcastlab_twin.services.specifications import Name

_ESP_BY: Final = {
    None: "not known before the first tunnel",
    True: "the kernel",
    False: "user space, by strongSwan's libipsec, because this kernel has no ESP or no VTI",
}
_log = logging.getLogger(__name__)


def service_of(spec: object, context: TwinContext) -> Service:
    """Return the service that a specification asks for, to be started.

    Raises:
        TypeError: nothing is known of that kind.
    """
    service: Service
    match spec:
        case CharonTunnel():
            service = Charon(spec, context.folder("vpn", spec.netns))
        case Speaker():
            service = Bird(spec.netns, context.folder("bgp", spec.netns), spec.config)
        case RouterInstance():
            service = AwsRouterService(spec, context)
        case HostInstance():
            service = LinuxHost(spec, context)
        case RemoteSite():
            service = RemoteRouterService(spec, context)
        case RemoteDevice():
            service = LinuxDevice(spec, context)
        case RemoteAppliance():
            service = Appliance(spec, context)
        case ImpairedWan():
            service = WanService(spec, context)
        case _:
            raise TypeError(f"no service is known for {type(spec).__name__}")
    return service


class RunningFabric:
    """What runs for a lab; `apply` may be called with any cloud after any other."""

    def __init__(self, lab: Lab, context: TwinContext, timers: DomainTimers | None = None) -> None:
        self._lab = lab
        self._context = context
        self._timers = timers
        self._applier = Applier()
        self._cloud = Cloud()
        self._fabric = plan(self._cloud, lab, timers)
        self._impaired: Mapping[str, Impairment] = {}
        self._turn = asyncio.Lock()

        self.keeper = ServiceKeeper(lambda spec: service_of(spec, context))
        self.member_watch = MemberWatch()

    async def apply(self, cloud: Cloud) -> bool:
        """Make the kernel's part be what `cloud` asks for and set the services going; tell whether anything changed.

        Raises:
            ProgramError: the kernel refused a piece; the error shows it.
        """
        fabric = plan(cloud, self._lab, self._timers)
        async with self._turn:
            # A service ends before its namespace goes, and starts when its links are there.
            await self.keeper.drop_all_but(frozenset(fabric.services(self._impaired)))
            self._context.forget_all_but({*(each.id for each in cloud.instances), *cloud.stopped})
            self.member_watch.forget_all_but(gateway.id for gateway in cloud.transit_gateways)
            changed = await self._applier.apply(fabric.pieces)
            await self.member_watch.look_at(cloud)
            self._cloud, self._fabric = cloud, fabric
            self.keeper.want(fabric.services(self._impaired))
        return changed

    async def impair(self, impaired: Mapping[str, Impairment]) -> None:
        """Have the WAN of exactly these sites impaired; returns at once, `impairments` tells what holds."""
        if impaired != self._impaired:
            async with self._turn:
                self._impaired = impaired
                self.keeper.want(self._fabric.services(impaired))

    def impairments(self) -> dict[str, ActiveImpairment]:
        """Return the impairments that hold, by site."""
        running = self.keeper.running()
        return {
            site: ActiveImpairment(impairment=service.impairment, in_kernel=service.in_kernel)
            for (kind, site), service in running.items()
            if kind == "wan" and isinstance(service, WanService)
        }

    async def settled(self) -> None:
        """Wait until every service runs as wanted."""
        while not self.keeper.settled:
            self.keeper.changed.clear()
            await self.keeper.changed.wait()

    async def live(self) -> Live:
        """Return what is seen now: instances, members, tunnels.

        Members are those of when it was asked: `member_watch` says when they change.

        Raises:
            ProgramError, TimeoutError: something could not be asked; that may pass.
        """
        running = self.keeper.running()
        instances = tuple(instance.id for instance in self._cloud.instances if self._is_up(instance.id, running))
        tunnels = [each for each in running.values() if isinstance(each, Charon)]
        speakers = {name: each for (_, name), each in running.items() if isinstance(each, Bird)}
        # Once a speaker, not once a tunnel: a gateway of many sites has one speaker with many tunnels.
        asked = await asyncio.gather(*(bgp_of(bird) for bird in speakers.values()))
        bgp = dict(zip(speakers, asked, strict=True))
        statuses = await asyncio.gather(
            *(tunnel_status(each, bgp.get(each.tunnel.device_netns or "", BgpSeen())) for each in tunnels)
        )
        return Live(running=instances, members=await self.member_watch.members(), tunnels=tuple(statuses))

    def host(self, instance_id: str) -> LinuxHost | None:
        """Return the Linux instance of that id, where it is up."""
        service = self.keeper.running().get(("host", instance_id))
        return service if isinstance(service, LinuxHost) else None

    def entrances(self) -> dict[str, tuple[str, ...]]:
        """Return how each node is entered from the sandbox's own namespaces, by name."""
        return directory.entrances(self._fabric, self._cloud, self.keeper.running())

    def carriers(self) -> dict[str, str]:
        """Return who carries the packets of the tunnels: what the probe of the kernel came to, where one was made."""
        services = self.keeper.running().values()
        kernel = {in_kernel for each in services if isinstance(each, RouterService) for in_kernel in each.kernel_gre()}
        carrier = {True: "the kernel", False: "user space, because this kernel has no GRE"}
        gre = " and ".join(carrier[each] for each in sorted(kernel)) or "not known before the first tunnel"
        return {"GRE": gre, "ESP": _ESP_BY[ESP.in_kernel]}

    @staticmethod
    def _is_up(instance_id: str, running: dict[Name, Service]) -> bool:
        return ("host", instance_id) in running or ("router", instance_id) in running

    def crashes(self) -> dict[str, str]:
        """Return what has ended by itself and was started again, by service."""
        return {"/".join(name): str(crash) for name, crash in self.keeper.crashes.items()}
