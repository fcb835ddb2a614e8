"""How many devices one host carries: 1,000 in groups of their own, and 1,000 in one group, beside one iperf 2 receiver.

    python tests/benchmarks/devices.py [--seconds S] [--devices N]

Every device hears G.711 at 50 packets a second. The path is a bridge with IGMP snooping between network namespaces, and
no sysctl of theirs is touched; needs iperf 2 (Debian: iperf).
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import shlex
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mcastlab.remote_python import packed
from mcastlab.traffic.answers import times
from mcastlab.traffic.fleet import command
from mcastlab.traffic.media import media
from mcastlab.traffic.node_results import NEVER
from mcastlab.traffic.plan import ssrc_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from probe import TIMED, until_member, whole
from traffic.wire import Host, wire

if TYPE_CHECKING:
    from collections.abc import Mapping

PORT: Final = 5001
PPS: Final = 50
OCTETS: Final = 172
LEAD_S: Final = 4
LATE_MS: Final = 500
PHONES: Final = Path(__file__).with_name("phones.py")
BEGIN_MS: Final = 1500
END_MS: Final = 8000


def main() -> None:
    """Print all figures, and their ratios to iperf 2."""
    parser = argparse.ArgumentParser(description="Devices on one host.")
    parser.add_argument("--seconds", type=float, default=30, help="how long is sent (default: 30)")
    parser.add_argument("--devices", type=int, default=1000)
    arguments = parser.parse_args()
    seconds, devices = arguments.seconds, arguments.devices
    with wire(("one", "other")) as hosts:
        theirs = iperf(hosts, seconds, devices * PPS) if shutil.which("iperf") else None
        for groups in (devices, 1):
            found = probe(hosts, seconds, groups)
            words = f"{devices:,} devices in {groups:,} group{'s'[: groups > 1]}, {seconds:g} s:"
            print(f"{words} {found['lost']:.0f} of {found['due']:,.0f} packets lost, {found['cpu_s']:.2f} s of CPU")
            print(f"  joined in {found['joined_ms']:.0f} ms")
            if theirs is not None:
                print(f"  ratio to one iperf 2 receiver of {devices * PPS:,} datagrams a second: ", end="")
                print(f"{found['cpu_s'] / theirs['cpu_s']:.2f} ({theirs['cpu_s']:.2f} s, {theirs['lost']:.0f} lost)")
    if theirs is None:
        print("iperf 2 is not here: no ratio to it (apt-get install iperf)")


def iperf(hosts: Mapping[str, Host], seconds: float, pps: int) -> dict[str, float]:
    """Let iperf 2 receive so many datagrams a second of the same size."""
    group = "239.77.1.1"
    common = f"-u -l {OCTETS} -p {PORT} -i 0 -e"
    with ThreadPoolExecutor() as pool:
        served = f"python3 -c {shlex.quote(TIMED)} iperf -s -B {group} {common} -t {seconds + 2}"
        server = pool.submit(hosts["other"].run, served, timeout_s=seconds + 60)
        until_member(hosts["other"])
        sent = hosts["one"].run(f"iperf -c {group} {common} -T 4 -b {pps}pps -t {seconds}", timeout_s=seconds + 60)
        assert sent.code == 0, sent.stderr
        text = server.result().stdout
    lost, _ = (int(each) for each in re.findall(r"(\d+)/\s*(\d+) ", text)[-1])
    return {"cpu_s": float(text.split("cpu ")[-1]), "lost": lost}


def probe(hosts: Mapping[str, Host], seconds: float, groups: int) -> dict[str, float]:
    """Let the probe receive one stream a group, each credited to its source."""
    begin = time.time_ns() + LEAD_S * 1_000_000_000
    run = f"{begin & 0xFFFFFFFF:08x}"
    stream = media("g711u", 1352)
    count, end_ms = int(seconds * PPS), BEGIN_MS + int(seconds * 1000) + END_MS
    plan: dict[str, Any] = {
        "run": run,
        "groups": [[f"239.77.{number // 250}.{number % 250 + 1}", PORT] for number in range(groups)],
        "nodes": [["one", begin], ["other", begin]],
        "flows": [
            [number, 0, BEGIN_MS, 20_000, 1, count, [OCTETS], "main", 0, ssrc_of(run, number)]
            for number in range(groups)
        ],
        "media": [
            [
                stream.payload_type,
                stream.clock_hz,
                stream.ticks,
                True,
                [[0, False, _payload(stream.packets[0].payload)]],
            ]
        ],
        "memberships": {"1": [[number, 0, end_ms - 200] for number in range(groups)]},
        "silences": {},
        "settle_ms": 0,
        "late_ms": 0,
        "brief": True,
        "end_ms": end_ms,
        "ttl": 4,
    }
    document = packed(json.dumps(plan, separators=(",", ":")).encode())
    timed = f"python3 -c {shlex.quote(TIMED)} sh -c "

    def one(name: str) -> tuple[dict[str, Any], float]:
        asked = command("run", document, name)
        done = hosts[name].run(timed + shlex.quote(asked), timeout_s=seconds + 120)
        answer, _, cpu = done.stdout.rpartition("cpu ")
        return whole(hosts[name], json.loads(answer), run, str(("one", "other").index(name))), float(cpu)

    phones = [f"{address}:{port}" for address, port in plan["groups"]]
    sending = [sys.executable, str(PHONES), str(begin + BEGIN_MS * 1_000_000), str(count), str(int(run, 16)), *phones]
    with ThreadPoolExecutor() as pool:
        sent = pool.submit(hosts["one"].run, shlex.join(sending), timeout_s=seconds + 120)
        received, cpu_s = one("other")
    arrived = [times(text) for text in received["arrived_us"].values()]
    due = groups * count
    number, late_ms = sent.result().stdout.split()
    assert number == str(due), sent.result().stderr
    for why in (*received["errors"], *([f"the sender was {late_ms} ms late"] if int(late_ms) > LATE_MS else [])):
        print(f"this machine is busy: {why}")
    return {
        "due": due,
        "lost": due - sum(us != NEVER for each in arrived for us in each),
        "cpu_s": cpu_s,
        "joined_ms": received["joins_took_ms"],
    }


def _payload(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


if __name__ == "__main__":
    main()
