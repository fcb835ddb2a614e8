"""Stands in a vessel in the supervisor's place: the real fabric, driven from the test over the inherited socket."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
import traceback
from dataclasses import asdict
from typing import Any

from mcastlab.twin import mounts
from mcastlab.twin.cloud import Cloud
from mcastlab.twin.fabric.running import RunningFabric
from mcastlab.twin.fabric.timers import DomainTimers
from mcastlab.twin.nodes import context
from mcastlab.twin.process import run
from mcastlab.twin.supervisor import answer, enter


class Agent:
    def __init__(self, fabric: RunningFabric) -> None:
        self.fabric = fabric

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
        return asdict(await service.node.run(script, timeout_s=timeout_s))

    async def sh(self, netns: str | None, script: str) -> dict[str, Any]:
        output = await run("sh", "-c", script, netns=netns, check=False)
        return {"code": output.code, "stdout": output.stdout, "stderr": output.stderr}

    async def live(self) -> Any:
        return (await self.fabric.live()).model_dump(mode="json")


async def serve(api: int, agent: Agent) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = json.loads(await reader.readline())
        try:
            told = {"answer": await getattr(agent, asked["do"])(**asked["with"])}
        except Exception:  # noqa: BLE001  (told to the test, which fails with it)
            told = {"error": traceback.format_exc()}
        writer.write(json.dumps(told).encode() + b"\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, sock=socket.socket(fileno=api), limit=1 << 22)
    await server.serve_forever()


async def main() -> None:
    logging.basicConfig(level=logging.INFO)
    manifest, ready = enter(sys.argv[1:])
    await run("ip", "link", "set", "lo", "up")
    own = await context.open_context(manifest, mounts.STATE)
    await asyncio.to_thread(mounts.make_skeleton)
    timers = DomainTimers(query_interval_s=1, membership_s=3)
    agent = Agent(RunningFabric(manifest.lab, own, timers))
    answer(ready, {})
    await serve(manifest.api, agent)


asyncio.run(main())
