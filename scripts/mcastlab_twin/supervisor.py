"""What runs inside the sandbox: the region's process, the fabric that follows it, and the files that lead in.

Started by `mcastlab_twin.sandbox.launcher` as ``python -m mcastlab_twin.supervisor --manifest FILE --ready FD``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import resource
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from awsregion.cloud import Cloud
from awsregion.live import Live
from mcastlab_base import garbage, private_files
from mcastlab_base.errors import LabError, RefusedError
from mcastlab_twin import impairing
from mcastlab_twin.fabric.client_files import ClientFiles
from mcastlab_twin.fabric.member_watch import SPARED
from mcastlab_twin.fabric.running import RunningFabric
from mcastlab_twin.region_process import RegionProcess
from mcastlab_twin.sandbox import inheritance, mounts, rootfs, run_folder
from mcastlab_twin.sandbox.manifest import Manifest
from mcastlab_twin.sandbox.process import ProgramError, run
from mcastlab_twin.services import context as contexts
from mcastlab_twin.services.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsregion.live import CommandEnd, ShellCommand
    from mcastlab_twin.services.context import TwinContext

SITES_READY_S: Final = 20
REFUSED_PAUSE_S: Final = 0.2
AGENT_TELLS: Final = "export AWS_SSM_INSTANCE_ID={}"
"""What SSM's agent tells each script of its instance. Source: amazon-ssm-agent, environment of aws:runShellScript."""
OPEN_FILES: Final = 20_000
"""Of each program, where the machine allows so many: this one has sockets for the groups that its routers join."""
LIVE_INTERVAL_S: Final = 0.5
"""Seconds between two looks at instances and tunnels."""
MEMBERS_LEAST_S: Final = 0.02
"""Seconds between two looks at members, where thousands come."""

_log = logging.getLogger("mcastlab_twin")


class Supervisor:
    """One lab's region and fabric."""

    def __init__(self, manifest: Manifest, region: RegionProcess, context: TwinContext) -> None:
        self._region = region
        self._control = region.control
        self.fabric = RunningFabric(manifest.lab, context)
        self._client_files = ClientFiles(context, mounts.INSIDE, manifest.run_dir)
        self._revision = -1
        self._fault = ""
        self._reported = Live()
        self._telling = asyncio.Lock()

    async def start(self) -> None:
        """Bring up the remote sites while the region starts; return when both answer.

        Raises:
            RefusedError: the region ended or did not answer in time, or a remote site did not come up.
            ProgramError: the kernel refused the remote sites' links.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._region.ready())
            group.create_task(self._start_sites())
        await self._follow_to(*await self._control.cloud())

    async def _start_sites(self) -> None:
        await asyncio.gather(asyncio.to_thread(rootfs.make), run("ip", "link", "set", "lo", "up"))
        await self.fabric.apply(Cloud())
        await self._settle()

    async def _settle(self) -> None:
        """Wait for the remote sites; one that does not come up is reported with what it said."""
        try:
            async with asyncio.timeout(SITES_READY_S):
                await self.fabric.settled()
        except TimeoutError:
            faults = "; ".join(f"{'/'.join(name)}: {text}" for name, text in self.fabric.keeper.faults.items())
            raise RefusedError(
                f"the remote sites did not come up within {SITES_READY_S} s: {faults or 'no error reported'}"
            ) from None

    async def serve(self) -> None:
        """Follow the region until the sandbox ends."""
        async with asyncio.TaskGroup() as group:
            for each in (self._follow(), self._tell(), self._tell_members(), self._take_commands(), self._region.end()):
                group.create_task(each)

    async def _follow(self) -> None:
        """Bring the fabric to each revision; what the kernel refuses is reported, and tried again with the next."""
        while True:
            with self._log_refusal():
                await self._follow_to(*await self._control.cloud(after=self._revision))
                continue
            await asyncio.sleep(REFUSED_PAUSE_S)

    async def _follow_to(self, revision: int, cloud: Cloud) -> None:
        try:
            await self.fabric.apply(cloud)
            self._fault = ""
        except (ServiceError, ProgramError, TimeoutError, OSError, ValueError, LookupError) as error:
            self._fault = f"{type(error).__name__}: {error}"
            _log.exception("the fabric is not what revision %d asks for", revision)
        self._revision = revision
        self._publish()

    async def _tell(self) -> None:
        """Tell the region what is seen, whenever it is something else than before."""
        while True:
            self.fabric.keeper.look_after()
            await self.fabric.impair(impairing.asked(mounts.INSIDE).impaired)
            with self._log_unseen():
                await self._report(await self.fabric.live())
            self._publish()
            await self._pause()

    async def _tell_members(self) -> None:
        """Tell the region of members at once, as they come and go."""
        loop = asyncio.get_running_loop()
        while True:
            await self.fabric.member_watch.changed()
            begun = loop.time()
            with self._log_unseen():
                await self._report()
            await asyncio.sleep(max(MEMBERS_LEAST_S, SPARED * (loop.time() - begun)))

    async def _report(self, seen: Live | None = None) -> None:
        """Tell the region what is seen, with the members of now; where nothing else was looked at, the rest stays."""
        async with self._telling:
            live = (seen or self._reported).model_copy(update={"members": await self.fabric.member_watch.members()})
            if live != self._reported:
                await self._control.report(live)
                self._reported = live

    @staticmethod
    @contextlib.contextmanager
    def _log_unseen() -> Iterator[None]:
        """Log what could not be seen or reported: the next look may."""
        try:
            yield
        except (RefusedError, ServiceError, ProgramError, TimeoutError, OSError) as error:
            _log.warning("the region did not get what the fabric sees: %s", error)

    async def _pause(self) -> None:
        """Wait for the next look: a while, or until a service came or went."""
        self.fabric.keeper.changed.clear()
        try:
            async with asyncio.timeout(LIVE_INTERVAL_S):
                await self.fabric.keeper.changed.wait()
        except TimeoutError:
            return

    async def _take_commands(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                with self._log_refusal():
                    group.create_task(self._run_command(await self._control.next_command()))
                    continue
                await asyncio.sleep(REFUSED_PAUSE_S)

    async def _run_command(self, command: ShellCommand) -> None:
        """Run a command as SSM's agent does: one script of the lines, by sh, killed when its time is over."""
        status: CommandEnd = "Failed"
        code, stdout, stderr = -1, "", f"instance {command.instance_id} does not run"
        node = self.fabric.host(command.instance_id)
        if node is not None:
            try:
                result = await node.run(
                    "\n".join((AGENT_TELLS.format(command.instance_id), *command.commands, "")),
                    folder=command.working_directory or "/",
                    timeout_s=command.timeout_s,
                )
            except (ServiceError, OSError) as error:
                stderr = str(error)
            else:
                code, stdout, stderr = result.code, result.stdout, result.stderr
                status = "TimedOut" if result.timed_out else "Success" if code == 0 else "Failed"
        with self._log_refusal():
            await self._control.finish_command(
                command.command_id, command.instance_id, status=status, code=code, stdout=stdout, stderr=stderr
            )

    @staticmethod
    @contextlib.contextmanager
    def _log_refusal() -> Iterator[None]:
        """Log what the region refuses, and go on: should it have died, its process' end ends the twin."""
        try:
            yield
        except RefusedError as error:
            _log.warning("%s", error)

    def _publish(self) -> None:
        impaired = {site: held.model_dump() for site, held in self.fabric.impairments().items()}
        more = {
            "nodes": self.fabric.entrances(),
            "carriers": self.fabric.carriers(),
            "impairments": impaired,
            "crashes": self.fabric.crashes(),
        }
        self._client_files.write(self.fabric.keeper, revision=self._revision, fault=self._fault, more=more)


async def supervise(manifest: Manifest, ready: int) -> None:
    """Bring everything up, tell that it is ready, and serve until SIGTERM."""
    loop = asyncio.get_running_loop()
    main = asyncio.ensure_future(_serve(manifest, ready))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, main.cancel)
    try:
        await main
    except asyncio.CancelledError:
        _log.info("asked to end")


async def _serve(manifest: Manifest, ready: int) -> None:
    _log.info("inside the sandbox")
    region = await RegionProcess.start(manifest)
    context = await contexts.open_context(manifest, mounts.STATE, region.control.pushed_keys)
    supervisor = Supervisor(manifest, region, context)
    await supervisor.start()
    answer(ready, {})
    # The starter was there a moment ago; should it be killed before it writes its record, this tells all the same.
    (mounts.INSIDE / run_folder.READY_MARK).touch(mode=private_files.FILE_MODE)
    await supervisor.serve()


def answer(ready: int, outcome: dict[str, str]) -> None:
    """Tell the starter, once; if nobody listens any more, this raises, and the sandbox ends."""
    with os.fdopen(ready, "w") as stream:
        stream.write(json.dumps(outcome) + "\n")


def enter(arguments: list[str]) -> tuple[Manifest, int]:
    """Read the manifest and make the sandbox's files private; to be called before anything else inside."""
    parser = argparse.ArgumentParser(prog="supervisor")
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--ready", type=int, required=True)
    options = parser.parse_args(arguments)
    os.set_inheritable(options.ready, False)  # noqa: FBT003  (its only form)
    manifest = Manifest.model_validate_json(options.manifest.read_text())
    inheritance.leave_keyring()
    mounts.make_private(manifest.run_dir)
    os.environ["TMPDIR"] = "/tmp"  # noqa: S108  (the sandbox's own)
    os.umask(0o022)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    some = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (some, most))
    return manifest, options.ready


def main() -> int:
    """Run a sandbox's inside; the exit code is for its log only."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("asyncssh").setLevel(logging.WARNING)
    manifest, ready = enter(sys.argv[1:])
    garbage.collect_seldom()
    try:
        asyncio.run(supervise(manifest, ready))
    except BaseExceptionGroup as errors:
        _log.exception("the twin ends")
        _answer_fault(ready, errors.exceptions[0])
        return 1
    except (LabError, ProgramError, TimeoutError, OSError) as error:
        _log.exception("the twin ends")
        _answer_fault(ready, error)
        return 1
    return 0


def _answer_fault(ready: int, error: BaseException) -> None:
    try:
        answer(ready, {"error": str(error) or type(error).__name__, "hint": getattr(error, "hint", "")})
    except OSError:
        return  # the starter has its answer already, or is gone


if __name__ == "__main__":
    sys.exit(main())
