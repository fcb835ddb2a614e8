"""Series of cases: the gate runs a fixed sample of each, the soak all of them, in as many runs as it takes.

A series is a parametrised test with ``@pytest.mark.series(gate=N)``, a test with Hypothesis, or a test that takes
its cases from the fixture ``sampled``. The soak (``--soak``) runs nothing else, notes each case that ended in a file
that is named for the commit, and goes on there the next time.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import time
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Case = TypeVar("Case")

SEED: Final = 1
"""Of the gate's samples and of Hypothesis there."""
GATE_EXAMPLES: Final = 50
"""So many at most each test with Hypothesis takes there."""
FEWEST_EXAMPLES: Final = 10
"""So many where one case of each test runs."""
SOAK_SEEDS: Final = 10
"""With so many the soak runs each test with Hypothesis."""
LONGEST_MIN: Final = 75.0
BEGUN_WITHIN: Final = 0.93
"""The share of its time after which the soak begins no case: one may take five minutes."""
SEED_OF_HYPOTHESIS: Final = "seed_of_hypothesis"
CASES: Final = "cases"
MARK: Final = "series"


class Sampled(Protocol):
    """What the fixture ``sampled`` is."""

    def __call__(self, cases: Sequence[Case], gate: int) -> list[Case]:
        """Return all cases in the soak, in the gate so many: the same ones in each run, spread over all."""


def sample(cases: Sequence[Case], count: int, seed: object) -> list[Case]:
    """Choose so many of the cases, one of each of as many equal stretches.

    >>> sample("abcdefgh", 3, seed=1) == sample("abcdefgh", 3, seed=1)
    True
    >>> sample("ab", 3, seed=1)
    ['a', 'b']
    """
    if count >= len(cases):
        return list(cases)
    chance = random.Random(str(seed))  # noqa: S311  (the same sample in every run)
    bounds = [number * len(cases) // count for number in range(count + 1)]
    return [cases[chance.randrange(start, stop)] for start, stop in pairwise(bounds)]


def add_options(parser: pytest.Parser) -> None:
    """Add the options of the two tiers."""
    group = parser.getgroup("series")
    group.addoption("--soak", action="store_true", help="run all cases of all series, and nothing else")
    group.addoption(
        "--soak-minutes",
        type=float,
        default=LONGEST_MIN,
        help="for so long at most; the next run goes on (%(default)s)",
    )
    group.addoption("--soak-state", type=Path, help="the file that notes which cases have run (named for the commit)")
    group.addoption("--one-case", action="store_true", help="run one case of each parametrised test, few of Hypothesis")
    group.addoption("--series-seed", type=int, default=SEED, help="the seed of the gate's samples (%(default)s)")


def state_file() -> Path:
    """Return the file of this commit's soak; a changed work tree has one of its own."""
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    commit, changes = _git("rev-parse", "--short=12", "HEAD").strip(), _git("diff", "HEAD")
    changed = f"-{hashlib.sha256(changes.encode()).hexdigest()[:8]}" if changes else ""
    return home / "mcastlab" / "soak" / f"{commit}{changed}.json"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    return done.stdout


def series_of(nodeid: str) -> str:
    """Return the name of a case's series.

    >>> series_of("tests/a/test_b.py::test_c[seed 1]")
    'a/test_b.py::test_c'
    """
    return nodeid.partition("[")[0].removeprefix("tests/")


class Series:
    """The plugin: which cases are collected, with which seeds, and in the soak which have ended how."""

    def __init__(self, config: pytest.Config) -> None:
        """Read what a soak before this one has noted."""
        self.config = config
        self.soak: bool = config.getoption("--soak")
        self.one_case: bool = config.getoption("--one-case")
        self.seed: int = config.getoption("--series-seed")
        self.ended: dict[str, dict[str, Any]] = {}
        self.found: set[str] = set()
        self.until = time.time() + config.getoption("--soak-minutes") * 60 * BEGUN_WITHIN
        self.path: Path | None = None
        self.begun_with = 0
        given: dict[str, Any] | None = getattr(config, "workerinput", None)
        if self.soak and given is not None:
            self.ended, self.until = given["soak_ended"], given["soak_until"]
        elif self.soak:
            self.path = config.getoption("--soak-state") or state_file()
            if self.path.exists():
                self.ended = json.loads(self.path.read_text(encoding="utf-8"))
        self.begun_with = len(self.ended)

    # Which cases

    def pytest_report_header(self) -> str:
        """Say which cases run."""
        if self.soak:
            return f"series: all cases, {self.begun_with} of them in earlier runs; noted in {self.path}"
        return f"series: a fixed sample of seed {self.seed} (--series-seed); ./scripts/test --soak runs all"

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Let the soak run each test with Hypothesis with many seeds."""
        if self.soak and hypothesis.is_hypothesis_test(metafunc.function):
            metafunc.fixturenames.append(SEED_OF_HYPOTHESIS)
            seeds = range(SOAK_SEEDS)
            metafunc.parametrize(SEED_OF_HYPOTHESIS, seeds, ids=[f"hypothesis {seed}" for seed in seeds])

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Take the gate's sample, or what is left for the soak."""
        if self.soak:
            every = [item for item in items if _is_case(item)]
            self.found = {item.nodeid for item in every}
            kept = {id(item) for item in every if item.nodeid not in self.ended}
        elif any("::" in word for word in self.config.args):
            return  # somebody asked for cases by name
        else:
            kept = set(map(id, self._sampled(items)))
        gone = [item for item in items if id(item) not in kept]
        if gone:
            self.config.hook.pytest_deselected(items=gone)
            items[:] = [item for item in items if id(item) in kept]

    def _sampled(self, items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
        marked: dict[str, list[pytest.Item]] = defaultdict(list)
        for item in items:
            if hasattr(item, "callspec") and (self.one_case or item.get_closest_marker(MARK)):
                marked[series_of(item.nodeid)].append(item)
            else:
                yield item
        for name, cases in marked.items():
            mark = cases[0].get_closest_marker(MARK)
            count: int = 1 if self.one_case or mark is None else mark.kwargs["gate"]
            first = mark is not None and mark.kwargs.get("first")
            yield from cases[:count] if first else sample(cases, count, f"{self.seed} {name}")

    # How they run

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> object:
        """Begin no case once the soak's time is up."""
        return True if self.soak and time.time() > self.until else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: Any) -> None:
        """Give Hypothesis the case's seed, and in the gate fewer examples."""
        test = getattr(item, "obj", None)
        if test is None or not hypothesis.is_hypothesis_test(test):
            return
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        hypothesis.seed(parameters.get(SEED_OF_HYPOTHESIS, self.seed))(test)
        if not self.soak:
            # No public way leads to the settings of a test that has some.
            own: hypothesis.settings = test._hypothesis_internal_use_settings  # noqa: SLF001
            most = FEWEST_EXAMPLES if self.one_case else GATE_EXAMPLES
            fewer = hypothesis.settings(own, max_examples=min(own.max_examples, most))
            test._hypothesis_internal_use_settings = fewer  # noqa: SLF001

    @pytest.fixture
    def sampled(self, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Sampled:
        """Cases of a series that one test loops over."""

        def choose(cases: Sequence[Case], gate: int) -> list[Case]:
            chosen = list(cases) if self.soak else sample(cases, gate, f"{self.seed} {request.node.nodeid}")
            record_property(CASES, len(chosen))
            return chosen

        return choose

    # What came of them

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a process of xdist's what this one has read."""
        if self.soak:
            node.workerinput |= {"soak_ended": self.ended, "soak_until": self.until}

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Learn which cases there are, which this process does not collect itself."""
        self.found |= {*ids, *self.ended}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a case that has ended."""
        if self.path is None or (report.when == "setup" and report.passed):
            return
        before = self.ended.get(report.nodeid)
        outcome = "failed" if before and before["outcome"] == "failed" else report.outcome
        if report.when == "teardown":
            if report.passed:
                return
            outcome = "failed"
        cases = dict(report.user_properties).get(CASES, 1)
        seconds = round(report.duration + (before["seconds"] if before else 0), 2)
        self.ended[report.nodeid] = {"outcome": outcome, "cases": cases, "seconds": seconds}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.ended, indent=0), encoding="utf-8")
        fresh.replace(self.path)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End as the whole soak stands: a failure of an earlier run is one."""
        if self.path is not None and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            failed = any(each["outcome"] == "failed" for each in self.ended.values())
            session.exitstatus = pytest.ExitCode.TESTS_FAILED if failed else pytest.ExitCode.OK

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table of cases and results, and write it beside what was noted."""
        if self.path is None or self.config.option.collectonly:
            return
        text = table(self.ended, self.found)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.with_suffix(".txt").write_text(text, encoding="utf-8")
        terminalreporter.section("soak")
        terminalreporter.write(text)
        terminalreporter.write_line(f"written to {self.path.with_suffix('.txt')}")
        if self.found - self.ended.keys():
            terminalreporter.write_line("some cases are still to run: ./scripts/test --soak goes on")


def _is_case(item: pytest.Item) -> bool:
    return (
        item.get_closest_marker(MARK) is not None
        or "sampled" in getattr(item, "fixturenames", ())
        or hypothesis.is_hypothesis_test(getattr(item, "obj", None))
    )


def table(ended: dict[str, dict[str, Any]], found: Iterable[str]) -> str:
    """Return a line a series: how many cases passed, failed and were skipped, tests still to run, seconds.

    >>> print(table({"a.py::t[1]": {"outcome": "passed", "cases": 4, "seconds": 2.5}}, ["a.py::t[1]", "a.py::t[2]"]))
    series      passed   failed  skipped   to run  seconds
    a.py::t          4        0        0        1        2
    all              4        0        0        1        2
    <BLANKLINE>
    """
    columns = ("passed", "failed", "skipped", "to run", "seconds")
    lines: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(columns, 0))
    total = dict.fromkeys(columns, 0.0)
    for nodeid in sorted({*found, *ended}):
        one = ended.get(nodeid)
        added = {"to run": 1} if one is None else {one["outcome"]: one["cases"], "seconds": one["seconds"]}
        for line in (lines[series_of(nodeid)], total):
            for column, number in added.items():
                line[column] += number
    width = max((len(name) for name in lines), default=0) + 2
    rows = [(name, [f"{cell:.0f}" for cell in line.values()]) for name, line in [*lines.items(), ("all", total)]]
    reported = [("series", [*columns]), *rows]
    return "".join(f"{name:{width}}{''.join(f'{cell:>9}' for cell in cells)}\n" for name, cells in reported)
