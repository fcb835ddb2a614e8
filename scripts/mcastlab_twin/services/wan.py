"""A site's way to the internet, impaired: by the kernel where it has netem, else by a program on a detour.

The detour is policy routing in the namespace between the sites and the VPN endpoints: what comes from the site or goes
to it is routed into a TUN device first, and what comes out of that goes on as it would have. No link goes down for it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab_twin.network import names
from mcastlab_twin.network.site import kernel_name, uplink
from mcastlab_twin.sandbox.process import ip, run
from mcastlab_twin.services.service import Service

if TYPE_CHECKING:
    from mcastlab_twin.services.context import TwinContext
    from mcastlab_twin.services.specifications import ImpairedWan

_PROGRAM: Final = Path(__file__).with_name("netem_fallback.py")
_FROM, _BACK, _TO = 50, 51, 52
"""Preferences: from the site into the detour; out of the detour, to the site; to the site into the detour."""
_QUEUE_PACKETS: Final = 5000
_DELAYER: Final = "the program that delays packets"


class WanService(Service):
    """An impairment that holds."""

    END_S = 12
    """What is on the detour arrives first."""

    def __init__(self, spec: ImpairedWan, context: TwinContext) -> None:
        super().__init__()
        self._folder = context.folder("wan")
        self.impairment = spec.impairment
        self.in_kernel = False
        self._uplink = uplink(spec.site)
        self._router = names.site_router(spec.site.name), kernel_name(spec.site.router.wan.interface)
        self._device = names.detour(spec.site.number)
        self._table = names.table_number(f"detour of {spec.site.name}")
        self._address = spec.site.router.wan.address.ip

    async def _start(self) -> None:
        """Have the impairment hold."""
        self.in_kernel = await self._by_kernel()
        if not self.in_kernel:
            await self._by_detour()

    async def stop(self) -> None:
        """Have packets go straight again; those on the detour arrive."""
        for netns, device in self._ends():
            if self.in_kernel:
                await run("tc", "qdisc", "del", "dev", device, "root", netns=netns, check=False)
        for line in self._rules("del"):
            await run("ip", "-n", names.INTERNET, *line.split(), check=False)
        await super().stop()
        await run("ip", "-n", names.INTERNET, "link", "del", self._device, check=False)

    def _ends(self) -> tuple[tuple[str, str], ...]:
        return (names.INTERNET, self._uplink), self._router

    async def _by_kernel(self) -> bool:
        for number, (netns, device) in enumerate(self._ends()):
            words = ("tc", "qdisc", "replace", "dev", device, "root", *self.impairment.netem())
            tried = await run(*words, netns=netns, check=number > 0)
            if tried.code != 0:
                return False
            self.in_kernel = True
        return True

    async def _by_detour(self) -> None:
        await ip(
            names.INTERNET,
            [
                f"tuntap add mode tun name {self._device}",
                f"link set {self._device} txqueuelen {_QUEUE_PACKETS} up",
            ],
        )
        asked = self.impairment
        await self.launch(
            _DELAYER,
            *(sys.executable, "-I", "-S", str(_PROGRAM), self._device),
            *(str(asked.delay_ms), str(asked.jitter_ms), str(asked.loss_percent)),
            netns=names.INTERNET,
            log=self._folder / f"{self._device}.out",
        )

        async def attached() -> bool | None:
            shown = await run("ip", "-n", names.INTERNET, "-o", "link", "show", self._device)
            return True if "LOWER_UP" in shown.stdout else None

        await self.ready(_DELAYER, attached, every_s=0.02)
        # Packets take the detour from here on.
        await ip(names.INTERNET, [f"route replace default dev {self._device} table {self._table}", *self._rules("add")])

    def _rules(self, do: str) -> tuple[str, ...]:
        return (
            f"rule {do} pref {_BACK} iif {self._device} to {self._address} lookup main",
            f"rule {do} pref {_TO} to {self._address} lookup {self._table}",
            f"rule {do} pref {_FROM} iif {self._uplink} lookup {self._table}",
        )
