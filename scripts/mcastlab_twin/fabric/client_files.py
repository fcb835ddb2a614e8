"""The files that lead into the sandbox, written to the run folder outside: client configuration, keys, status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mcastlab_base import private_files
from mcastlab_twin.services import context as contexts
from mcastlab_twin.services import ssh_config
from mcastlab_twin.services.ssh_config import Reach

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mcastlab_twin.services.context import TwinContext
    from mcastlab_twin.services.keeper import ServiceKeeper


class ClientFiles:
    """Writes each file when it has something new to say.

    Args:
        context: whose nodes are reached.
        folder: the run folder as it is seen inside.
        outside: the same folder's path outside, which the files speak of.
    """

    def __init__(self, context: TwinContext, folder: Path, outside: Path) -> None:
        self._context = context
        self._folder = folder
        self._outside = outside
        self._written: dict[str, str] = {}

    def write(
        self, keeper: ServiceKeeper, *, revision: int, fault: str, more: Mapping[str, object] | None = None
    ) -> None:
        """Write what has changed: `revision` is the newest that was applied, `fault` what the kernel refused of it.

        `more` goes into the status too.
        """
        remote = [self._remote(name) for name in self._context.keys.hosts]
        texts = {
            "client_key": self._context.keys.client.export_private_key("pkcs1-pem").decode(),
            "known_hosts": ssh_config.known_hosts(remote),
            "ssh_config": ssh_config.client_config(
                remote,
                identity=self._outside / "client_key",
                known_hosts=self._outside / "known_hosts",
            ),
            "status.json": json.dumps(_status(keeper, revision, fault) | dict(more or {}), indent=1),
        }
        self._write(texts)

    def _write(self, texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            if self._written.get(name) != text:
                private_files.write(self._folder / name, text)
                self._written[name] = text

    def _remote(self, name: str) -> Reach:
        return Reach(
            host=name,
            port=self._context.named[name].getsockname()[1],
            user=contexts.REMOTE_USER,
            host_key=contexts.public_text(self._context.keys.hosts[name]),
        )


def _status(keeper: ServiceKeeper, revision: int, fault: str) -> dict[str, object]:
    faults = {"/".join(name): text for name, text in keeper.faults.items()}
    return {
        "revision": revision,
        "settled": keeper.settled and not fault,
        "running": sorted("/".join(name) for name in keeper.running()),
        "faults": faults | ({"fabric": fault} if fault else {}),
    }
