"""An account, a twin and a shell for tests of targets: two regions, one of which plays the account."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cli.places import bare, delete_stacks, standing_twin

from awsregion import standalone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsregion.standalone import Standalone
    from mcastlab_twin.sandbox.run_folder import Twin


@pytest.fixture(scope="module")
def home() -> Iterator[dict[str, str]]:
    """An environment without anything; this process has its folders too."""
    # Short: sockets have their path in it.
    with tempfile.TemporaryDirectory(prefix="mcastlab-") as folder, pytest.MonkeyPatch.context() as patch:
        environment = bare(Path(folder))
        for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
            patch.setenv(name, environment[name])
        yield environment


@pytest.fixture(scope="module")
def regions(home: dict[str, str]) -> Iterator[dict[str, Standalone]]:
    """Two regions: one plays the account of the shell, the other answers for a twin."""
    del home
    yield {name: standalone.up(name) for name in ("account", "inside")}
    for name in standalone.names():
        standalone.down(name)


@pytest.fixture
def account(regions: dict[str, Standalone]) -> Iterator[Standalone]:
    """The region that plays the account of the shell."""
    yield regions["account"]
    delete_stacks(regions["account"])


@pytest.fixture
def shell(home: dict[str, str], account: Standalone) -> dict[str, str]:
    """The environment of a shell that has the account's credentials."""
    return {**home, **standalone.environment(account)}


@pytest.fixture
def twin(regions: dict[str, Standalone]) -> Iterator[Twin]:
    """A twin of the default lab's name that stands."""
    with standing_twin("demo", regions["inside"].endpoint) as standing:
        yield standing
