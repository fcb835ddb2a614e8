"""Datagrams as a capture that tshark, which we did not write, dissects."""

from __future__ import annotations

import os
import struct
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def capture_of(path: Path, payloads: Iterable[bytes], port: int) -> Path:
    """Write datagrams to a group as a capture of IPv4."""
    content = struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)  # raw IP
    for payload in payloads:
        datagram = struct.pack("!HHHH", port, port, 8 + len(payload), 0) + payload
        addresses = bytes(4), bytes((239, 5, 0, 1))
        packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 4, 17, 0, *addresses) + datagram
        content += struct.pack("=IIII", 0, 0, len(packet), len(packet)) + packet
    path.write_bytes(content)
    return path


def dissected(path: Path, fields: Sequence[str], *options: str) -> list[dict[str, str]]:
    """Return what tshark makes of a capture, a row a packet."""
    asked = [word for each in fields for word in ("-e", each)]
    done = subprocess.run(
        ["tshark", "-r", str(path), *options, "-T", "fields", *asked],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "UTC"},
    )
    return [dict(zip(fields, line.split("\t"), strict=True)) for line in done.stdout.splitlines()]
