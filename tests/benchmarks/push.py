"""How fast a push is: ``python tests/benchmarks/push.py`` prints measured against wanted.

Both routers from blank over SSH with 50 ms of round trip: against a floor that makes the same logins and reads and
sends each top-level section in one write, against netmiko's `send_config_set` and scrapli's `send_inputs`, one router
after the other; all but scrapli log in by key, and of several rounds the medians count. Then one hundred routers
against two, in memory, with the same round trip.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

# Its own folder would hide the tests of that name.
sys.path[:1] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

from netmiko import ConnectHandler  # noqa: E402  (the path comes first)
from routers.rig import AT_ONCE, LOGIN_ROUND_TRIPS, Box, Rig  # noqa: E402  (as above)
from routers.served import LOOPBACK, SshRig  # noqa: E402  (as above)
from scrapli import AuthOptions, Cli, TransportSsh2Options  # noqa: E402  (as above)

from mcastlab.ios.show.archive import CONFIRM, RUNNING, SAVE, TIMER  # noqa: E402  (as above)
from mcastlab.lab_files import DEFAULT_LAB, read_lab  # noqa: E402  (as above)
from mcastlab.routers.health import COMMANDS  # noqa: E402  (as above)

if TYPE_CHECKING:
    from collections.abc import Callable

    from routers.served import SshBox

    from mcastlab.ios.configuration import ConfigLine, Tree

ROUND_TRIP_S = 0.05
ROUNDS = 3
LAB = read_lab(DEFAULT_LAB)


def texts(line: ConfigLine, depth: int = 0) -> list[str]:
    return [" " * depth + line.text, *(text for each in line.below for text in texts(each, depth + 1))]


def fresh() -> SshRig:
    return SshRig(LAB, Path(tempfile.mkdtemp()), round_trip_s=ROUND_TRIP_S, read_timeout_s=30)


def timed(act: Callable[[SshRig], object]) -> float:
    rig = fresh()
    began = time.monotonic()
    act(rig)
    took = time.monotonic() - began
    rig.close()
    return took


def floor(rig: SshRig) -> None:
    """Make the same logins and reads, and send each section in one write; confirm and save."""

    def one(name: str) -> None:
        box: Any = rig.boxes[name]
        session = box.connect()
        session.show_all(RUNNING, TIMER, *COMMANDS)
        session.enter_configuration(5)
        for number, top in enumerate(rig.wanted[name], start=1):
            session.configure(*texts(top), *(["end"] if number == len(rig.wanted[name]) else []))
        session.close()
        session = box.connect()
        session.show_all(RUNNING, TIMER, *COMMANDS)
        session.show_all(CONFIRM, TIMER, SAVE)
        session.close()

    with ThreadPoolExecutor(len(rig.boxes)) as pool:
        list(pool.map(one, rig.boxes))


def least_round_trips(rig: SshRig) -> int:
    """Return how often the router with the most sections must be waited for, if nothing follows a refused section.

    Two logins; the look; the device's timer, which must be armed before the first line; each section; the proof; the
    confirm with the save, which follows the proof of all routers.
    """
    return 2 * LOGIN_ROUND_TRIPS + 1 + 1 + max(len(tree) for tree in rig.wanted.values()) + 1 + 1


def lines_of(tree: Tree) -> list[str]:
    return [text for top in tree for text in texts(top)]


def with_netmiko(rig: SshRig) -> None:
    for name, box in rig.boxes.items():
        served: SshBox | Any = box
        with ConnectHandler(
            device_type="cisco_xe",
            host=LOOPBACK,
            port=served.port,
            username="lab",
            use_keys=True,
            key_file=str(served.identity),
        ) as connection:
            connection.send_config_set(lines_of(rig.wanted[name]))
            connection.save_config()


def with_scrapli(rig: SshRig) -> None:
    for name, box in rig.boxes.items():
        served: SshBox | Any = box
        client = Cli(
            LOOPBACK,
            port=served.port,
            definition_file_or_name="cisco_iosxe",
            # With a key, its transport ends the process (malloc(): unaligned tcache chunk detected).
            auth_options=AuthOptions(username="lab", password="lab"),  # noqa: S106  (a router of a minute)
            transport_options=TransportSsh2Options(),
        )
        with client as connection:
            lines = [line.strip() for line in lines_of(rig.wanted[name])]
            connection.send_inputs(lines, requested_mode="configuration")
            connection.send_input(SAVE)


def many(count: int, round_trip_s: float) -> tuple[float, float]:
    """Push to so many routers in memory, copies of the remote one; return the seconds that passed and those of CPU."""
    rig = Rig(LAB, Path(tempfile.mkdtemp()), pace=replace(AT_ONCE))
    wanted = rig.wanted["demo/lab-router"]
    startup = rig.boxes["demo/lab-router"].startup
    rig.close()
    rig.boxes = {
        f"demo/r{number}": Box(name=f"demo/r{number}", startup=startup, round_trip_s=round_trip_s)
        for number in range(count)
    }
    rig.wanted = dict.fromkeys(rig.boxes, wanted)
    began, cpu = time.monotonic(), time.process_time()
    report = rig.push()
    took, used = time.monotonic() - began, time.process_time() - cpu
    rig.close()
    if int(report.exit_code):
        raise SystemExit(report.as_text())
    return took, used


def main() -> int:
    with contextlib.redirect_stderr(io.StringIO()):
        rig = fresh()
        trips = least_round_trips(rig)
        # Whoever comes first would pay for what is imported and compiled once.
        rig.push()
        rig.close()
        ways: tuple[Callable[[SshRig], object], ...] = (SshRig.push, floor, with_netmiko, with_scrapli)
        rounds = [tuple(timed(way) for way in ways) for _ in range(ROUNDS)]
        ours, least, netmiko, scrapli = map(median, zip(*rounds, strict=True))
        many(2, 0)
        (two, _), (hundred, _) = many(2, ROUND_TRIP_S), many(100, ROUND_TRIP_S)
        _, cpu = many(100, 0)
    rows = (
        (f"push of both routers {ours:.2f} s, floor {least:.2f} s", ours / least, "at most", 1.5),
        (f"netmiko send_config_set, one by one {netmiko:.2f} s", netmiko / ours, "at least", 5.0),
        (f"scrapli send_inputs, one by one {scrapli:.2f} s", scrapli / ours, "at least", 0.0),
        (f"100 routers {hundred:.2f} s, 2 routers {two:.2f} s, in memory", hundred / two, "at most", 4.0),
    )
    good = True
    for what, ratio, kind, wanted in rows:
        holds = ratio <= wanted if kind == "at most" else ratio >= wanted
        good = good and holds
        print(f"{'holds' if holds else 'FAILS'}  {what}: ratio {ratio:.2f}, {kind} {wanted:g}")
    budget = trips * ROUND_TRIP_S
    print(
        f"netmiko takes {netmiko / least:.2f} times as long as the floor, and {netmiko / budget:.2f} times as long as "
        f"the floor's {trips} round trips of {ROUND_TRIP_S * 1000:.0f} ms alone: {budget:.2f} s"
    )
    print(f"CPU of a push, the virtual router's included: {cpu / 100 * 1000:.1f} ms a router")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
