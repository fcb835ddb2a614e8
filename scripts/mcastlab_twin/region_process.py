"""The region's process inside the sandbox: started first, because it takes longest, and waited for last."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import TYPE_CHECKING, Final

from awsregion import credentials
from awsregion.control import RegionControl
from mcastlab_base import private_files
from mcastlab_base.errors import RefusedError
from mcastlab_twin.sandbox import mounts
from mcastlab_twin.services.context import INSTANCES

if TYPE_CHECKING:
    from mcastlab_twin.sandbox.manifest import Manifest

READY_S: Final = 30
_POLL_S: Final = 0.02
_LOG_TAIL: Final = 2000

_log = logging.getLogger(__name__)


class RegionProcess:
    """A region that runs. `control` is the fabric's line to it."""

    def __init__(self, process: asyncio.subprocess.Process, control: RegionControl) -> None:
        self._process = process
        self._begin = time.monotonic()
        self.control = control

    @classmethod
    async def start(cls, manifest: Manifest) -> RegionProcess:
        """Start it on the inherited socket; returns at once."""
        state, socket = mounts.STATE / "region", mounts.STATE / "region.sock"
        state.mkdir(mode=0o700)
        with private_files.appended(mounts.INSIDE / "region.log") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "awsregion", "--fd", str(manifest.api)),
                *("--control", str(socket), "--region", manifest.lab.region, "--state", str(state)),
                *("--credentials", str(mounts.INSIDE / credentials.FILE)),
                *("--instances", str(mounts.STATE / INSTANCES)),
                *(f"--quota={quota}" for quota in manifest.quotas),
                *(() if manifest.slow is None else (f"--slow={manifest.slow}",)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(manifest.api,),
            )
        return cls(process, RegionControl(socket))

    async def ready(self) -> None:
        """Wait until it answers.

        Raises:
            RefusedError: it ended instead, or did not answer in time.
        """
        try:
            async with asyncio.timeout(READY_S):
                while not await self._answers():
                    if self._process.returncode is not None:
                        raise self._ended()
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise RefusedError(f"the region did not answer within {READY_S} s", hint=self._log_tail()) from None
        _log.info("the region answers after %.2f s", time.monotonic() - self._begin)

    async def end(self) -> None:
        """Wait until it ends, which it is not to do.

        Raises:
            RefusedError: it did.
        """
        await self._process.wait()
        raise self._ended()

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(1):
                await self.control.cloud()
        except (RefusedError, TimeoutError):
            return False
        return True

    def _ended(self) -> RefusedError:
        return RefusedError(f"the region's process ended with {self._process.returncode}", hint=self._log_tail())

    @staticmethod
    def _log_tail() -> str:
        return (mounts.INSIDE / "region.log").read_text(errors="replace")[-_LOG_TAIL:]
