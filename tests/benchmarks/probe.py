"""How fast the probe is, beside iperf 2 on the same path at the same size; joins; many groups beside one.

    python tests/benchmarks/probe.py [--size OCTETS] [--seconds S]

The path is a bridge with IGMP snooping between network namespaces; needs iperf 2 (Debian: iperf).
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mcastlab.lab_files import read_lab
from mcastlab.remote_python import packed
from mcastlab.traffic.answers import unpacked
from mcastlab.traffic.fleet import command
from mcastlab.traffic.matrix import run_matrix
from mcastlab.traffic.options import Options

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from traffic.wire import Host, wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.lab.model import Lab

GROUP: Final = "239.77.1.1"
PORT: Final = 5001
FASTER_THAN_ANY_PPS: Final = 3_000_000
JOINS: Final = 5000
MANY: Final = """\
name: many
vpc: {cidr: 10.10.0.0/16}
hosts:
- {name: doppel, count: HOSTS}
sites:
- name: berlin
  router: {ssh: berlin-router, wan: 203.0.113.2/30, lan: 192.168.50.1/24}
  devices:
  - {name: phone-1, address: 192.168.50.20}
groups:
- {name: group, address: 239.1.1.1GROUPS}
"""
TIMED: Final = "import resource,subprocess,sys;d=subprocess.run(sys.argv[1:],capture_output=True,text=True);\
u=resource.getrusage(resource.RUSAGE_CHILDREN);print(d.stdout);print('cpu',u.ru_utime+u.ru_stime)"


def main() -> None:
    """Print all ratios."""
    parser = argparse.ArgumentParser(description="The probe's speed.")
    parser.add_argument("--size", type=int, default=200, help="octets of UDP payload (default: 200)")
    parser.add_argument("--seconds", type=float, default=2, help="how long each sends (default: 2)")
    arguments = parser.parse_args()
    with wire(("one", "other")) as hosts:
        joins(hosts)
        if shutil.which("iperf"):
            beside_iperf(hosts, arguments.size, arguments.seconds)
        else:
            print("iperf 2 is not here: no ratio to it (apt-get install iperf)")
    many_groups()


def beside_iperf(hosts: Mapping[str, Host], size: int, seconds: float) -> None:
    """Print what each sends and receives as fast as it can, and what that costs."""
    theirs, ours = iperf(hosts, size, seconds), probe(hosts, size, seconds)
    print(f"as fast as it goes, {size} octets, {seconds:g} s:")
    for what, key in (("sent", "sent_pps"), ("received", "received_pps")):
        print(
            f"  {what:9} iperf 2 {theirs[key]:9,.0f} pps   probe {ours[key]:9,.0f} pps   "
            f"ratio {ours[key] / theirs[key]:5.2f}"
        )
    for what, key, of in (
        ("sender", "sender_cpu_s", "sent_pps"),
        ("receiver", "receiver_cpu_s", "received_pps"),
    ):
        each = [1e6 * found[key] / (found[of] * seconds) for found in (theirs, ours)]
        print(f"  {what:9} iperf 2 {each[0]:9.2f} us CPU a datagram   probe {each[1]:5.2f}")


def iperf(hosts: Mapping[str, Host], size: int, seconds: float) -> dict[str, float]:
    """Let iperf 2 send to the group as fast as it can."""
    common = f"-u -l {size} -p {PORT} -i 0 -e"
    timed = f"python3 -c {shlex.quote(TIMED)}"
    with ThreadPoolExecutor() as pool:
        server = pool.submit(hosts["other"].run, f"{timed} iperf -s -B {GROUP} {common} -t {seconds + 2}", timeout_s=60)
        until_member(hosts["other"])
        client = hosts["one"].run(f"{timed} iperf -c {GROUP} {common} -T 4 -b 20g -t {seconds}", timeout_s=60)
        served = server.result()
    sent = int(re.findall(r"Sent (\d+) datagrams", client.stdout)[-1])
    lost, total = (int(each) for each in re.findall(r"(\d+)/\s*(\d+) ", served.stdout)[-1])
    return {
        "sent_pps": sent / seconds,
        "received_pps": (total - lost) / seconds,
        "sender_cpu_s": float(client.stdout.split("cpu ")[-1]),
        "receiver_cpu_s": float(served.stdout.split("cpu ")[-1]),
    }


def until_member(host: Host) -> None:
    """Wait until a host has joined the group."""
    reversed_hex = "".join(f"{int(part):02X}" for part in reversed(GROUP.split(".")))
    end = time.monotonic() + 10
    while reversed_hex not in host.run("cat /proc/net/igmp", timeout_s=10).stdout:
        if time.monotonic() > end:
            sys.exit("iperf did not join")
        time.sleep(0.05)


def probe(hosts: Mapping[str, Host], size: int, seconds: float) -> dict[str, float]:
    """Let the probe do the same."""
    burst = 1000
    count = int(FASTER_THAN_ANY_PPS * seconds) // burst * burst
    interval_us = burst * 1_000_000 // FASTER_THAN_ANY_PPS
    lead_ms = 500
    begin = time.time_ns() + 1_000_000_000
    plan: dict[str, Any] = {
        "run": f"{begin & 0xFFFFFFFF:08x}",
        "groups": [[GROUP, PORT]],
        "nodes": [["one", begin], ["other", begin]],
        "flows": [[0, 0, lead_ms, interval_us, burst, count, [size], "rate"]],
        "memberships": {"1": [[0, 0, lead_ms + int(seconds * 1000) + 400]]},
        "silences": {},
        "settle_ms": 0,
        "late_ms": 0,
        "end_ms": lead_ms + int(seconds * 1000) + 500,
        "ttl": 4,
    }
    document = packed(json.dumps(plan).encode())
    with ThreadPoolExecutor() as pool:
        found = [
            json.loads(each.stdout or each.stderr)
            for each in pool.map(
                lambda place: hosts[("one", "other")[place]].run(
                    command("run", document, ("one", "other")[place]), timeout_s=60
                ),
                (0, 1),
            )
        ]
    (sent,), (received,) = found[0]["sent"], found[1]["rates"]
    took_s = sent["took_us"] / 1e6
    return {
        "sent_pps": sent["sent"] / took_s,
        "received_pps": received["distinct"] / took_s,
        "sender_cpu_s": found[0]["cpu_s"].get("0", 0.0),
        "receiver_cpu_s": found[1]["cpu_s"].get("0", 0.0),
    }


def joins(hosts: Mapping[str, Host]) -> None:
    """Print how long the joins of one process take."""
    begin = time.time_ns() + 2_000_000_000
    plan: dict[str, Any] = {
        "run": f"{begin & 0xFFFFFFFF:08x}",
        "groups": [[f"239.78.{number // 250}.{number % 250 + 1}", PORT] for number in range(JOINS)],
        "nodes": [["one", begin]],
        "flows": [],
        "memberships": {"0": [[number, 0, 2500] for number in range(JOINS)]},
        "silences": {},
        "settle_ms": 0,
        "late_ms": 0,
        "end_ms": 3000,
        "ttl": 4,
    }
    answer = hosts["one"].run(command("run", packed(json.dumps(plan).encode()), "one"), timeout_s=60)
    found = whole(hosts["one"], json.loads(answer.stdout), plan["run"], "0")
    print(f"{found['joins']:,} groups joined in {found['joins_took_ms'] / 1000:.2f} s ({len(found['errors'])} refused)")


def whole(host: Host, answer: dict[str, Any], run: str, node: str) -> dict[str, Any]:
    """Return an answer with its further pages."""
    if "pages" not in answer:
        return answer
    pages = [answer["page"]]
    while len(pages) < answer["pages"]:
        asked = host.run(command("page", run, node, str(len(pages))), timeout_s=60)
        pages.append(json.loads(asked.stdout)["page"])
    if len(pages) > 1:
        host.run(command("stop", run, node), timeout_s=60)
    found: dict[str, Any] = json.loads(unpacked(host.host, pages))
    return found


def many_groups() -> None:
    """Print how much longer many groups take than one, on the same hosts."""
    took = {}
    names = [f"doppel-{number}" for number in range(1, 21)]
    with wire((*names, "phone-1")) as hosts:
        for groups in (1, 50):
            begin = time.monotonic()
            report = run_matrix(lab_of(groups), hosts, Options(), progress=lambda _: None)
            took[groups] = time.monotonic() - begin
            print(
                f"20 hosts and a device, {groups} groups: {len(report.deliveries):,} deliveries "
                f"{'hold' if report.holds else 'do not hold'}, {took[groups]:.1f} s"
            )
    print(f"ratio {took[50] / took[1]:.2f}")


def lab_of(groups: int) -> Lab:
    """Return a lab of 20 hosts and so many groups."""
    folder = Path("/tmp") / f"mcastlab-benchmark-{time.time_ns()}"  # noqa: S108
    folder.mkdir(mode=0o700)
    path = folder / "lab.yaml"
    path.write_text(MANY.replace("HOSTS", "20").replace("GROUPS", f"-239.1.1.{groups}" if groups > 1 else ""))
    try:
        return read_lab(path)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
