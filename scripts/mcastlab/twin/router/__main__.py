"""One router alone on loopback, to practise on: ``python -m mcastlab.twin.router --port 2222 [--config FILE]``."""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from mcastlab.twin.router.memory import MemoryBackend
from mcastlab.twin.router.router import VirtualRouter
from mcastlab.twin.router.shell.server import host_key

LOOPBACK: Final = "127.0.0.1"
STARTUP: Final = """\
hostname Router
username lab privilege 15 password 0 lab
ip ssh version 2
line vty 0 4
 login local
 transport input ssh
"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mcastlab.twin.router", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="TCP port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--config", type=Path, help="start-up configuration, taken after the user lab, password lab")
    parser.add_argument("--interfaces", type=int, default=3, help="number of GigabitEthernet interfaces")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> int:
    interfaces = tuple(f"GigabitEthernet{number}" for number in range(1, arguments.interfaces + 1))
    router = VirtualRouter("router", "c8000v", interfaces, MemoryBackend())
    own = arguments.config.read_text(encoding="utf-8") if arguments.config is not None else ""
    for refused in await router.load(STARTUP + own):
        sys.stderr.write(f"refused: {refused.line}: {refused.answer.splitlines()[-1]}\n")
    sock = socket.create_server((LOOPBACK, arguments.port))
    await router.serve(sock, host_key())
    sys.stdout.write(f"ssh -p {sock.getsockname()[1]} lab@{LOOPBACK}\n")
    sys.stdout.flush()
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    await over.wait()
    await router.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(_serve(_arguments())))
