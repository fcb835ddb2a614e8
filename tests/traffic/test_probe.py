"""What the probe counts, against counting by hand; what it reads, whatever comes; its Python."""

from __future__ import annotations

import ast
import json
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcastlab.lab_files import PROJECT
from mcastlab.remote_python import travelling
from mcastlab.traffic.fleet import command
from mcastlab.traffic.probe.commands import main
from mcastlab.traffic.probe.engine import Engine
from mcastlab.traffic.probe.figures import UNKNOWN, jitter_us, reordered
from mcastlab.traffic.probe.flows import Flow
from mcastlab.traffic.probe.record import Record
from mcastlab.traffic.probe.serving import page_of
from mcastlab.traffic.probe.sockets import stamped
from mcastlab.traffic.probe.wire import HEADER, MAGIC

pytestmark = pytest.mark.process

PROGRAMS = [f"mcastlab.traffic.probe.{name}" for name in ("commands", "run")]
IMPORTED = sorted({module for program in PROGRAMS for module in travelling(program)})
RUN = 0x5EED5EED
NS_PER_MS = 1_000_000


def plan(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "run": f"{RUN:08x}",
        "groups": [["239.1.1.1", 5004]],
        "nodes": [["one", 0], ["other", 0]],
        "flows": [[0, 0, 0, 10_000, 1, 100, [200], "main"]],
        "memberships": {"1": [[0, 0, 1000]]},
        "silences": {},
        "settle_ms": 0,
        "late_ms": 20,
        "end_ms": 1000,
        "ttl": 4,
    }
    return {**made, **changes}


def record(count: int = 100, *, interval_us: int = 10_000, burst: int = 1, sizes: tuple[int, ...] = (200,)) -> Record:
    return Record(Flow(0, [0, 0, 0, interval_us, burst, count, list(sizes), "main"], 0))


def arrive(into: Record, sequence: int, latency_us: int = 500) -> None:
    if into.seen[sequence]:
        into.again.append(sequence)
        return
    into.seen[sequence] = 1
    into.latency_ns[sequence] = latency_us * 1000
    into.received_ns[sequence] = into.flow.due_ns(sequence) + latency_us * 1000


@pytest.mark.parametrize("module", ["mcastlab.remote_import", *PROGRAMS, *IMPORTED])
def test_it_is_python_3_9_and_needs_the_standard_library_only(module: str) -> None:
    path = (PROJECT / "scripts").joinpath(*module.split("."))
    tree = ast.parse(path.with_suffix(".py").read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }
    others = imported - set(IMPORTED)
    assert {name.partition(".")[0] for name in others} <= sys.stdlib_module_names
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    # Added by Python 3.10.
    assert not [each for each in calls if isinstance(each.func, ast.Name) and each.func.id in {"anext", "aiter"}]
    assert not [keyword for each in calls for keyword in each.keywords if keyword.arg == "strict"]


def test_what_it_imports_travels_with_it(tmp_path: Path) -> None:
    """A host has Python, and nothing of ours."""
    (tmp_path / "python3").symlink_to(Path(sys.executable).resolve())
    done = subprocess.run(
        ["/bin/sh", "-c", command("run", shlex.quote(json.dumps(plan(end_ms=1))), "other")],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
    )
    assert json.loads(done.stdout)["received"]["due"] == [0]


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 200_000)), max_size=200))
def test_counts_are_those_of_counting_by_hand(arrivals: list[tuple[int, int]]) -> None:
    counted = record()
    for sequence, latency_us in arrivals:
        arrive(counted, sequence, latency_us)
    window = counted.window(0, 2_000 * NS_PER_MS, 0, 0)
    found = counted.summary([(0, 2_000 * NS_PER_MS)], 0, 0)
    first: dict[int, int] = {}
    for sequence, latency_us in arrivals:
        first.setdefault(sequence, latency_us)
    due = set(range(found["due"] and window.stop - found["due"], window.stop))
    order = sorted((each for each in first if each in due), key=lambda each: (each * 10_000 + first[each], each))
    assert found["distinct"] == len(order)
    assert found["duplicates"] == sum(1 for each, _ in arrivals if each in due) - len(order)
    assert found["reordered"] == sum(any(later > each for later in order[:place]) for place, each in enumerate(order))
    if order:
        assert found["raw_min_us"] == min(first[each] for each in order)
        assert found["raw_max_us"] == max(first[each] for each in order)


@given(st.sets(st.integers(0, 199)))
def test_a_path_stands_from_three_whole_batches_on(lost: set[int]) -> None:
    counted = record(200)
    for sequence in set(range(200)) - lost:
        arrive(counted, sequence)
    stands = counted.established(0, 200)
    # A batch is what is sent in 200 ms: 20 datagrams.
    whole = [begin for begin in range(0, 141, 20) if not lost & set(range(begin, begin + 60))]
    assert stands == (whole[0] + 60 if whole else None)


def test_what_is_lost_after_the_path_stood_is_lost() -> None:
    counted = record(400)
    for sequence in set(range(30, 400)) - {300, 301}:
        arrive(counted, sequence)
    found = counted.summary([(0, 4_000 * NS_PER_MS)], 0, 0)
    assert found["due"] - found["distinct"] == 2
    # The first whole batch is that of 400 to 590 ms.
    assert found["established_us"] == 590_500
    assert found["join_delay_us"] == 300_500


def test_what_never_stood_is_measured_all_the_same() -> None:
    found = record().summary([(0, 1_000 * NS_PER_MS)], 0, 0)
    assert (found["distinct"], found["established_us"], found["join_delay_us"]) == (0, -1, -1)
    assert found["due"] > 90


def test_what_comes_a_moment_after_the_leave_is_not_measured() -> None:
    # From 1.85 s on all come 70 ms later than before, and the receiver leaves at 1.9 s.
    counted = record(200)
    for sequence in range(185):
        arrive(counted, sequence)
    lost = {
        late_ms: found["due"] - found["distinct"]
        for late_ms in (20, 250)
        if (found := counted.summary([(0, 1_900 * NS_PER_MS)], 0, late_ms * NS_PER_MS))["due"] > 100
    }
    assert lost == {20: 3, 250: 0}


def test_a_clock_ahead_costs_no_datagram() -> None:
    # By the receiver's clock everything comes 400 ms late, and so does the end of what reaches it before the leave.
    counted = record(100)
    for sequence in range(60):
        arrive(counted, sequence, 400_000)
    found = counted.summary([(0, 1_000 * NS_PER_MS)], 0, 20 * NS_PER_MS)
    assert found["due"] == found["distinct"] > 0


def test_a_sweep_tells_the_largest_size_below_which_all_arrived() -> None:
    sizes = (64, 128, 192, 256)
    counted = record(8, sizes=sizes)
    for sequence in (0, 1, 5, 6, 7):
        arrive(counted, sequence)
    assert counted.sizes_whole(0) == 256
    counted = record(8, sizes=sizes)
    for sequence in (0, 1, 3, 7):
        arrive(counted, sequence)
    assert counted.sizes_whole(0) == 128
    # The path stood only when not every size was to come again.
    assert counted.sizes_whole(50 * NS_PER_MS) == -1


@given(st.lists(st.integers(0, 10**9), max_size=50))
def test_jitter_is_that_of_rfc_3550(latencies: list[int]) -> None:
    expected = 0.0
    for place in range(1, len(latencies)):
        expected = expected + (abs(latencies[place] - latencies[place - 1]) - expected) / 16
    assert jitter_us(latencies) == int(expected) // 1000


def test_reordering_counts_who_came_after_a_later_one() -> None:
    assert reordered([0, 1, 3, 2, 4]) == 1
    assert reordered([4, 0, 1]) == 2


@given(st.lists(st.binary(max_size=64), max_size=4))
def test_whatever_comes_is_not_ours_to_count(payloads: list[bytes]) -> None:
    engine = Engine(plan(), 1)
    with (
        stamped(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        for payload in (
            *payloads,
            HEADER.pack(MAGIC << 32 | RUN + 1, 0, 5, 0),
            HEADER.pack(MAGIC << 32 | RUN, 9, 5, 0),
        ):
            sender.sendto(payload, receiver.getsockname())
        sender.sendto(HEADER.pack(MAGIC << 32 | RUN, 0, 500, 0), receiver.getsockname())
        sender.sendto(HEADER.pack(MAGIC << 32 | RUN, 0, 7, 0), receiver.getsockname())
        engine.receiver.drops[0] = engine.receiver.emptied_ns[0] = 0
        engine.receiver.take(receiver, 0)
    assert [place for place, seen in enumerate(engine.part.records[0].seen) if seen] == [7]
    engine.loop.poller.close()


@given(st.text(alphabet="ab", max_size=70_000))
def test_pages_make_the_whole(text: str) -> None:
    first = page_of(text, 0)
    assert "".join(page_of(text, number)["page"] for number in range(first["pages"])) == text
    assert all(len(json.dumps(page_of(text, number))) < 24_000 for number in range(first["pages"]))


@pytest.mark.parametrize("words", [[], ["unknown"]])
def test_no_verb_is_reported_how(words: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"probe page RUN NODE NUMBER"):
        main(words)


@pytest.mark.parametrize(("late_ms", "found"), [(0, 0), (500, 0), (1100, UNKNOWN)])
def test_nothing_is_known_of_a_silence_that_a_late_leave_took_whole(late_ms: int, found: int) -> None:
    engine = Engine(plan(silences={"1": [[0, 1000, 2000]]}), 1)
    engine.silences.postpone(0, 900 * NS_PER_MS, (900 + late_ms) * NS_PER_MS)
    (silence,) = engine.silences.silences
    assert silence == [0, (1000 + late_ms) * NS_PER_MS, 2000 * NS_PER_MS, found]
    engine.loop.poller.close()
