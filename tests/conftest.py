"""Fixtures that any test may use; none imports the CDK. Each test gets the mark of its cost here."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import balance
import pytest
import series
from _pytest.mark.expression import Expression
from hypothesis import settings

from mcastlab import lab_choice
from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab_base import garbage

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from mcastlab.lab.model import Lab

# A busy machine is no failure: how long an example takes is not what a property is about.
settings.register_profile("mcastlab", deadline=None)
settings.load_profile("mcastlab")

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden"

COSTS = frozenset({"unit", "process", "browser", "sandbox", "e2e"})
PROCESS_FIXTURES = frozenset({"served", "regions"})
"""Fixtures that start a region's process."""
ASKED: Final = frozenset({"bash", "git", "gcc", "ld", "ldconfig"})
"""Programs that a unit test may ask, the last three when a library is imported: each answers within milliseconds."""


def pytest_addoption(parser: pytest.Parser) -> None:
    series.add_options(parser)
    parser.addoption("--update-golden", action="store_true", help="write golden files anew from what the code says now")


def pytest_configure(config: pytest.Config) -> None:
    """Give each test process runtime and state folders of its own, as two runs on one machine never meet; and a lab."""
    for variable in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        # What is run here is no step of the workflow that runs it.
        os.environ.pop(variable, None)
    # Before the folders change: what the soak has noted is the user's.
    config.pluginmanager.register(series.Series(config), "series")
    # Short: sockets have their path in it.
    folder = Path(tempfile.mkdtemp(prefix="mcastlab-", dir="/tmp"))
    for variable, name in (("XDG_RUNTIME_DIR", "run"), ("XDG_STATE_HOME", "state")):
        (folder / name).mkdir(mode=0o700)
        os.environ[variable] = str(folder / name)
    os.environ[lab_choice.VARIABLE] = lab_choice.DEMO
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell's background job ignores it, and so would each command that a test interrupts.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    # It takes the CDK as long as synthesis does; the tests of the stacks have it, and cfn-lint, judge every lab.
    os.environ["CDK_VALIDATION"] = "false"


def _costs(path: Path) -> frozenset[str]:
    """Return which costs tests of a module can have, without importing it."""
    if path.relative_to(TESTS).parts[0] == "e2e":
        return frozenset({"e2e"})
    text = path.read_text(encoding="utf-8")
    if "\npytestmark = pytest.mark.twin\n" in text:
        return frozenset({"sandbox"})
    own = {"process"} if "\npytestmark = pytest.mark.process\n" in text else {"unit", "process"}
    own |= {cost for cost, word in (("sandbox", "mark.twin"), ("browser", "chromium")) if word in text}
    return frozenset(own)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no module, and no folder's conftest, of which no test is asked for by its cost: all take seconds."""
    asked: str = config.option.markexpr
    by_cost = bool(asked) and set(re.findall(r"\w+", asked)) - {"and", "or", "not"} <= COSTS
    modules = collection_path.rglob("test_*.py") if collection_path.is_dir() else (collection_path,)
    if not by_cost or collection_path.name == "conftest.py":
        return None
    return None if any(_asks_for(asked, cost) for each in modules for cost in _costs(each)) else True


def _asks_for(expression: str, cost: str) -> bool:
    def holds(mark: str, /, **_: str | int | bool | None) -> bool:
        return mark == cost

    return Expression.compile(expression).evaluate(holds)


def _cost(item: pytest.Item) -> str:
    if item.path.relative_to(TESTS).parts[0] == "e2e":
        return "e2e"
    if item.get_closest_marker("twin"):
        return "sandbox"
    fixtures = frozenset(getattr(item, "fixturenames", ()))
    if "chromium" in fixtures:
        return "browser"
    return "process" if item.get_closest_marker("process") or fixtures & PROCESS_FIXTURES else "unit"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test by its cost."""
    if (cost := _cost(item)) not in {mark.name for mark in item.iter_markers()}:
        item.add_marker(cost)


def _refuse_programs(event: str, details: tuple[object, ...]) -> None:
    if event == "subprocess.Popen" and _in_unit_test and Path(str(details[0])).name not in ASKED:
        raise AssertionError(f"a unit test starts {details[0]}: mark it pytest.mark.process")


_in_unit_test = False
sys.addaudithook(_refuse_programs)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hold a unit test to its cost: it starts no program."""
    global _in_unit_test  # noqa: PLW0603  (an audit hook is never taken away again)
    _in_unit_test = item.get_closest_marker("unit") is not None
    try:
        return (yield)
    finally:
        _in_unit_test = False


def pytest_collection_finish() -> None:
    """Tests of all modules are loaded: to look through them for garbage would take a sixth of the tests' time."""
    garbage.collect_seldom()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest; where unit tests alone are asked for, nobody has paid for the CDK."""
    if config.option.markexpr == "unit" and "aws_cdk" in sys.modules:
        raise pytest.UsageError("a module with unit tests imports aws_cdk: mark it pytest.mark.process")
    items.sort(key=lambda item: balance.rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> balance.Balanced | None:
    """Keep together what shares something dear."""
    return balance.Balanced(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a golden file, or write the file with --update-golden."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing: run pytest --update-golden and review it"
        assert text == path.read_text(encoding="utf-8"), f"differs from {path}: review, then pytest --update-golden"

    return compare


@pytest.fixture
def golden_help(golden: Callable[[str, str], None]) -> Callable[[str, str], None]:
    """Compare help with a golden file; argparse of Python 3.13 indents sub-commands otherwise, so words alone count."""

    def compare(name: str, text: str) -> None:
        if sys.version_info < (3, 13):
            golden(name, text)
        assert text.split() == (GOLDEN / name).read_text(encoding="utf-8").split(), name

    return compare


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The default lab."""
    return read_lab(DEFAULT_LAB)
