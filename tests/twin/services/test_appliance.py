"""An appliance on a machine without ffmpeg: the twin stands, and its button says that it does nothing."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from mcastlab_twin.services import appliance
from mcastlab_twin.services.linux import LinuxNode
from mcastlab_twin.services.specifications import RemoteAppliance

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

GROUP = ("239.1.1.1", 5004)
PAGER = RemoteAppliance(name="pager-7", address="192.168.50.31", sends=(GROUP,), receives=(GROUP,))
PAGE = b"POST /page?group=239.1.1.1&port=5004&seconds=1 HTTP/1.1\r\nHost: pager\r\n\r\n"


async def nothing(_: LinuxNode) -> None:
    """Stand in for the namespace."""


def test_without_ffmpeg_it_stands_and_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(appliance, "find_program", lambda _: None)
    monkeypatch.setattr(LinuxNode, "_start", nothing)

    async def played() -> bytes:
        with socket.create_server(("127.0.0.1", 0)) as button:
            context = SimpleNamespace(folder=tmp_path.joinpath, named={"pager-7": button})
            pager = appliance.Appliance(PAGER, cast("Any", context))
            await pager.start()
            reader, writer = await asyncio.open_connection(*button.getsockname())
            writer.write(PAGE)
            try:
                return await reader.read()
            finally:
                writer.close()
                await pager.stop()

    assert asyncio.run(played()).startswith(b"HTTP/1.1 503 ")
    assert "pager-7 does nothing without ffmpeg: apt-get install ffmpeg" in caplog.text
