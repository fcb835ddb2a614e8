"""The region's state in files that only their owner may read, so that it outlives its process.

EC2 is one file of ours; the host's services write theirs beside it. A state is written at most once in `EVERY_S`, and
when the region ends; so a process that is killed loses that much.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from awsregion.bell import Bell
from awsregion.faults import RegionFault
from mcastlab_base import private_files
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from pathlib import Path

    from awsregion.core import Region

EVERY_S: Final = 1.0
_FORMAT: Final = 1
_LOG: Final = logging.getLogger(__name__)


class Kept(Protocol):
    """The host's services, as they are kept."""

    def save(self) -> None:
        """Write their state."""

    def load(self) -> None:
        """Read it back."""

    def busy(self) -> bool:
        """Tell whether a stack is being made, changed or deleted."""


class Keeper:
    """Writes a region's state down and reads it back."""

    def __init__(self, region: Region, file: Path) -> None:
        self._region = region
        self._file = file
        self._bell = Bell(asyncio.get_running_loop())
        self._dirty = False
        region.on_change(self._changed)

    def load_ec2(self) -> None:
        """Read EC2's state back, if there is one.

        Raises:
            BadInputError: the file is not one of this region's.
        """
        if not self._file.exists():
            return
        try:
            payload = json.loads(self._file.read_text(encoding="utf-8"), object_hook=_from_json)
            if payload["format"] != _FORMAT:
                raise BadInputError(
                    f"{self._file} has format {payload['format']}, this is {_FORMAT}", hint="take the region down"
                )
            self._region.restore(payload["ec2"], [RegionFault.model_validate(one) for one in payload["faults"]])
        except (ValueError, KeyError, TypeError) as error:
            raise BadInputError(f"{self._file} cannot be read: {error}", hint="take the region down") from error

    def save(self, host: Kept | None) -> None:
        """Write everything down."""
        self._dirty = False
        if host is not None:
            host.save()
        payload = {
            "format": _FORMAT,
            "ec2": self._region.dump(),
            "faults": [one.model_dump(mode="json") for one in self._region.faults.all()],
        }
        private_files.write(self._file, json.dumps(payload, default=_to_json))

    async def keep(self, host: Kept) -> None:
        """Write the state down whenever it has changed, until cancelled."""
        while True:
            if not self._dirty:
                await self._bell.wait(3600)
            await asyncio.sleep(EVERY_S)
            try:
                busy = host.busy()
                self.save(host)
            except OSError:
                _LOG.exception("the state could not be written")
                busy = True
            self._dirty = self._dirty or busy

    def _changed(self) -> None:
        self._dirty = True
        self._bell.ring()


def _to_json(value: Any) -> dict[str, str]:
    if isinstance(value, datetime):
        return {"__time__": value.isoformat()}
    if isinstance(value, bytes):
        return {"__bytes__": base64.b64encode(value).decode()}
    raise TypeError(type(value))


def _from_json(value: dict[str, Any]) -> Any:
    if "__time__" in value:
        return datetime.fromisoformat(value["__time__"])
    if "__bytes__" in value:
        return base64.b64decode(value["__bytes__"])
    return value
