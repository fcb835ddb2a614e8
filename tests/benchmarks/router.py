"""How fast and how small virtual routers are: ``python tests/benchmarks/router.py`` prints measured against wanted."""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import asyncssh

PROJECT = Path(__file__).parents[2]
LOOPBACK = "127.0.0.1"
RUNS = 5
READY_S, LINES_S, HUNDRED_MB = 0.3, 0.2, 150


def free_ports(count: int = 1) -> int:
    """Return the first of so many free ports in a row, below those that connections take."""
    taken = set()
    for port in range(20000, 32000):
        try:
            socket.create_server((LOOPBACK, port)).close()
        except OSError:
            taken.add(port)
        first = port - count + 1
        if first >= 20000 and taken.isdisjoint(range(first, port + 1)):
            return first
    raise SystemExit("no ports are free")


def serve(port: int, count: int = 1) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mcastlab", "router", "serve", "--port", str(port), "--count", str(count)]
    return subprocess.Popen(command, cwd=PROJECT / "scripts", stdout=subprocess.PIPE, text=True)


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=20)


def banner(port: int, deadline: float) -> None:
    """Wait until the router says which SSH it speaks."""
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((LOOPBACK, port), timeout=5) as connection:
                if connection.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.002)
    raise SystemExit("the router does not answer")


def ready_s() -> tuple[float, float]:
    """From the start of the process to the router's SSH banner; and the processor time that took."""
    port = free_ports()
    began = time.monotonic()
    process = serve(port)
    banner(port, began + 20)
    took = time.monotonic() - began
    ticks = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    stop(process)
    return took, sum(int(each) for each in ticks) / os.sysconf("SC_CLK_TCK")


async def pasted_s(port: int) -> float:
    """From the write of 300 configuration lines to the answer to the last of them."""
    lines = [line for number in range(150) for line in (f"interface Loopback{number}", f"description number {number}")]
    async with asyncssh.connect(
        LOOPBACK,
        port,
        username="lab",
        password="lab",  # noqa: S106  (theirs by default)
        known_hosts=None,
        config=None,
        client_keys=None,
    ) as connection:
        session = await connection.create_process(term_type="vt100")
        session.stdin.write("configure terminal\r")
        await session.stdout.readuntil("(config)#")
        began = time.monotonic()
        session.stdin.write("\r".join(lines) + "\rhostname DONE\r")
        await session.stdout.readuntil("DONE(config)#")
        took = time.monotonic() - began
        session.stdin.write("hostname Router\rend\r")
        await session.stdout.readuntil("Router#")
    return took


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> None:
    """Measure, print, and end with 1 where something is slower or larger than wanted."""
    ready = [ready_s() for _ in range(RUNS)]
    port = free_ports(100)
    process = serve(port, count=100)
    banner(port + 99, time.monotonic() + 60)
    asyncio.run(pasted_s(port))
    pasted = [asyncio.run(pasted_s(port + number)) for number in range(1, RUNS + 1)]
    size = resident_mb(process.pid)
    stop(process)
    rows = (
        (
            "ready to accept SSH after the process starts, median",
            statistics.median(each for each, _ in ready),
            READY_S,
            "s",
        ),
        ("300 lines in one write, median", statistics.median(pasted), LINES_S, "s"),
        ("one hundred routers", size, HUNDRED_MB, "MB"),
    )
    for name, measured, wanted, unit in rows:
        print(f"{name:<55} {measured:>8.3f} {unit:<2}  wanted < {wanted} {unit}  {measured / wanted:.2f}")
    least, processor = min(each for each, _ in ready), statistics.median(each for _, each in ready)
    print(f"ready: least {least:.3f} s, processor time {processor:.3f} s; load {os.getloadavg()[0]:.1f}")
    raise SystemExit(any(measured > wanted for _, measured, wanted, _ in rows))


if __name__ == "__main__":
    main()
