"""Stands in a sandbox in the supervisor's place: the real fabric, driven from the test over the inherited socket."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
import traceback
from dataclasses import asdict
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

from awsregion.cloud import Cloud
from mcastlab_base.secret import Secret
from mcastlab_twin.fabric.client_files import ClientFiles
from mcastlab_twin.fabric.running import RunningFabric
from mcastlab_twin.network.impairment import Impairment
from mcastlab_twin.network.timers import DomainTimers
from mcastlab_twin.sandbox import mounts, rootfs
from mcastlab_twin.sandbox.process import run
from mcastlab_twin.services import context
from mcastlab_twin.services.bird import Bird, BirdConfig, BirdNeighbor
from mcastlab_twin.services.charon import Charon, CharonTunnel
from mcastlab_twin.supervisor import answer, enter


class Agent:
    def __init__(self, fabric: RunningFabric, entrance: ClientFiles) -> None:
        self.fabric = fabric
        self._client_files = entrance

    async def apply(self, cloud: str, services: list[list[str]]) -> dict[str, Any]:
        """Apply a cloud and wait until the named services run."""
        applier = self.fabric._applier  # noqa: SLF001  (the count of its commands is what is tested)
        before, begin = applier.batches, asyncio.get_running_loop().time()
        changed = await self.fabric.apply(Cloud.model_validate_json(cloud))
        applied = asyncio.get_running_loop().time()
        wanted = {(kind, name) for kind, name in services}
        async with asyncio.timeout(20):
            while not wanted <= self.fabric.keeper.running().keys():
                self.fabric.keeper.changed.clear()
                await self.fabric.keeper.changed.wait()
        reported = {"nodes": self.fabric.entrances(), "carriers": self.fabric.carriers()}
        self._client_files.write(self.fabric.keeper, revision=0, fault="", more=reported)
        return {
            "changed": changed,
            "batches": applier.batches - before,
            "seconds": applied - begin,
            "settled_seconds": asyncio.get_running_loop().time() - begin,
            "faults": {"/".join(name): fault for name, fault in self.fabric.keeper.faults.items()},
        }

    async def node(self, name: str, script: str, timeout_s: float = 20) -> dict[str, Any]:
        services = self.fabric.keeper.running()
        service: Any = services.get(("host", name)) or services[("device", name)]
        return asdict(await service.run(script, timeout_s=timeout_s))

    async def sh(self, netns: str | None, script: str) -> dict[str, Any]:
        output = await run("sh", "-c", script, netns=netns, check=False)
        return {"code": output.code, "stdout": output.stdout, "stderr": output.stderr}

    async def customer(self, key: str) -> None:
        """Stand a customer on the internet: its end of the tunnel, BGP over it, and a LAN that is one address."""
        netns, state = "customer", mounts.STATE / "customer"
        links = (
            f"netns add {netns}",
            f"link add customer netns internet type veth peer name wan netns {netns}",
        )
        own = (
            "link set lo up",
            "addr add 192.168.77.1/24 dev lo",
            "addr add 192.0.2.2/30 dev wan",
            "link set wan up",
            "route add default via 192.0.2.1",
        )
        await run("ip", "-batch", "-", given="\n".join(links))
        await run("ip", "-n", netns, "-batch", "-", given="\n".join(own))
        internet = ("addr add 192.0.2.1/30 dev customer", "link set customer up")
        await run("ip", "-n", "internet", "-batch", "-", given="\n".join(internet))
        state.mkdir(exist_ok=True)
        tunnel = CharonTunnel(
            name="customer",
            netns=netns,
            local=IPv4Address("192.0.2.2"),
            remote=IPv4Address("198.18.0.10"),
            pre_shared_key=Secret(key),
            initiate=True,
            device="Tunnel101",
            device_address=IPv4Interface("169.254.10.2/30"),
        )
        self._customer = Charon(tunnel, state), Bird(netns, state)
        await self._customer[0].start()
        near, far = IPv4Address("169.254.10.2"), IPv4Address("169.254.10.1")
        config = BirdConfig(
            router_id=near,
            asn=65001,
            kernel_table=254,
            neighbors=(BirdNeighbor(local=near, remote=far, remote_as=64512),),
            originated=(IPv4Network("192.168.77.0/24"),),
        )
        await self._customer[1].apply(config)

    async def impair(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Have the WAN of sites impaired and wait until it is so; tell who does it."""
        impaired = {site: Impairment.model_validate(each) for site, each in asked.items()}
        await self.fabric.impair(impaired)
        async with asyncio.timeout(20):
            await self.fabric.settled()
        held = self.fabric.impairments()
        assert {site: each.impairment for site, each in held.items()} == impaired
        return {site: each.in_kernel for site, each in held.items()}

    async def look(self) -> dict[str, Any]:
        """Look after the services once, as the supervisor does time and again."""
        self.fabric.keeper.look_after()
        faults = {"/".join(name): text for name, text in self.fabric.keeper.faults.items()}
        return {"settled": self.fabric.keeper.settled, "faults": faults, "crashes": self.fabric.crashes()}

    async def live(self) -> Any:
        return (await self.fabric.live()).model_dump(mode="json")


async def serve(api: int, agent: Agent) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = json.loads(await reader.readline())
        try:
            reported = {"answer": await getattr(agent, asked["do"])(**asked["with"])}
        except Exception:  # noqa: BLE001  (handed to the test, which fails with it)
            reported = {"error": traceback.format_exc()}
        writer.write(json.dumps(reported).encode() + b"\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, sock=socket.socket(fileno=api), limit=1 << 22)
    await server.serve_forever()


async def main() -> None:
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("asyncssh").setLevel(logging.WARNING)
    manifest, ready = enter(sys.argv[1:])
    await run("ip", "link", "set", "lo", "up")

    async def pushed_keys(_instance: str, _user: str) -> tuple[str, ...]:
        return (own.keys.client_public,)

    own = await context.open_context(manifest, mounts.STATE, pushed_keys)
    await asyncio.to_thread(rootfs.make)
    timers = DomainTimers(query_interval_s=1, membership_s=3)
    fabric = RunningFabric(manifest.lab, own, timers)
    entrance = ClientFiles(own, mounts.INSIDE, manifest.run_dir)
    entrance.write(fabric.keeper, revision=-1, fault="")
    agent = Agent(fabric, entrance)
    answer(ready, {})
    await serve(manifest.api, agent)


asyncio.run(main())
