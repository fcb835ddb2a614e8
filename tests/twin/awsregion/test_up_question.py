"""What happens to a lab that stands is reported first: without a yes to `up`, nothing of it is touched."""

from __future__ import annotations

import asyncio
import os
import pty
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from documents import of_sites
from twin.awsregion.fast_deployer import FastDeployer, synthesised
from twin.awsregion.lab_pairs import instances, observed

from awsregion import standalone
from awsregion.control import RegionControl
from awsregion.live import Live, TunnelStatus
from mcastlab.aws.cdk import CdkDeployer
from mcastlab.aws.clients import Clients
from mcastlab.aws.facts import read_site_tunnels
from mcastlab.aws.images import images_of
from mcastlab.cli import lifecycle
from mcastlab.cli.main import main
from mcastlab.lab.design.kept_resources import NOTHING_KEPT
from mcastlab.lab.document import parse
from mcastlab.lab_files import read_lab
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from mcastlab.lab.design.kept_resources import KeptResources

    Ask = Callable[..., int]

pytestmark = pytest.mark.process

DOCUMENT: dict[str, Any] = {
    **of_sites(2),
    "name": "asked",
    "vpc": {
        "cidr": "10.10.0.0/16",
        "subnets": [{"name": "one", "cidr": "10.10.1.0/24"}, {"name": "two", "cidr": "10.10.2.0/24"}],
    },
    "router": {"subnet": "one"},
    "hosts": [{"name": "near", "subnet": "one"}],
}
MOVED = {"router": {"subnet": "two"}, "hosts": [{"name": "near", "subnet": "two"}]}
REPLACED = "\nreplace: the AWS router (router.subnet), near-1\n"


class _Begun(BaseException):
    """The work began."""


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[standalone.Standalone]:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("asked")
        for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
            patch.setenv(name, str(home))
        running = standalone.up("asked")
        for name, value in standalone.environment(running).items():
            patch.setenv(name, value)
        yield running
        standalone.down("asked")


@pytest.fixture(scope="module")
def clients(region: standalone.Standalone) -> Clients:
    """The account in which the lab stands."""
    made, lab = Clients(region.region), parse(DOCUMENT, "asked")
    FastDeployer(made, lab).deploy(NOTHING_KEPT, images_of(made, lab).parameters)
    return made


def written(folder: Path, changes: Mapping[str, Any]) -> Path:
    file = folder / "lab.yaml"
    file.write_text(yaml.safe_dump({**DOCUMENT, **changes}), encoding="utf-8")
    return file


@pytest.fixture
def ask(clients: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Run `up` at a terminal, at which somebody types an answer; without one there is no terminal."""

    def begin(*_: object) -> None:
        raise _Begun

    def synthesise(deployer: Any, kept: KeptResources) -> dict[str, dict[str, Any]]:
        del deployer
        return synthesised(read_lab(tmp_path / "lab.yaml"), kept)

    monkeypatch.setattr(lifecycle, "bring_up", begin)
    # As the CDK command line does it, in this process.
    monkeypatch.setattr(CdkDeployer, "synthesise", synthesise)
    stood = observed(clients), instances(clients)
    person, terminal = pty.openpty()

    def run(*options: str, answer: str | None, **changes: Any) -> int:
        with open(terminal if answer is not None else os.devnull, encoding="utf-8", closefd=answer is None) as typed:
            monkeypatch.setattr("sys.stdin", typed)
            if answer is not None:
                os.write(person, f"{answer}\n".encode())
            return main(["up", "--aws", "--lab", str(written(tmp_path, changes)), *options])

    yield run
    assert (observed(clients), instances(clients)) == stood
    for end in (person, terminal):
        os.close(end)


@pytest.mark.parametrize("answer", ["n", ""])
def test_without_a_yes_nothing_is_touched(ask: Ask, answer: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert ask(answer=answer, **MOVED) == ExitCode.BAD_INPUT
    reported = capfd.readouterr().err
    assert REPLACED in reported
    assert "Deploy? [y/N] " in reported
    assert "error: nothing was done\n" in reported
    assert reported.endswith(" --aws --yes\n"), "the same command, agreed to"


def test_a_router_that_is_to_be_replaced_is_asked_about_although_nothing_changed(
    ask: Ask, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ask("--replace-router", answer="no") == ExitCode.BAD_INPUT
    reported = capfd.readouterr().err
    assert "replace: the AWS router (as asked for)\n" in reported
    assert reported.endswith(" --aws --yes --replace-router\n")


def test_a_site_that_goes_is_reported_with_what_becomes_of_its_router(
    ask: Ask, clients: Clients, region: standalone.Standalone, capfd: pytest.CaptureFixture[str]
) -> None:
    fewer = {"sites": of_sites(1)["sites"]}
    assert ask(answer="n", **fewer) == ExitCode.BAD_INPUT
    reported = capfd.readouterr().err
    assert "delete: asked-Site-site-1\n" in reported
    assert (
        "leave as it is the router of: site-1 (no record here of the lab's lines in it, and its VPN is down)\n"
        in reported
    )
    # Somebody has configured it.
    tunnels = tuple(
        TunnelStatus(outside_address=IPv4Address(end), up=True)
        for end in read_site_tunnels(clients, "asked-Site-site-1")
    )
    control = RegionControl(region.control)
    asyncio.run(control.report(Live(tunnels=tunnels)))
    try:
        assert ask("--yes", answer=None, **fewer) == ExitCode.BAD_INPUT
    finally:
        asyncio.run(control.report(Live()))
    reported = capfd.readouterr().err
    assert "error: sites[site-1] is in the lab file no more, and its VPN is up" in reported
    assert "configure --remove --site site-1 --lab OLDFILE" in reported


def test_without_a_terminal_nobody_is_asked_and_nothing_is_touched(ask: Ask, capfd: pytest.CaptureFixture[str]) -> None:
    assert ask(answer=None, **MOVED) == ExitCode.BAD_INPUT
    reported = capfd.readouterr().err
    assert "Deploy?" not in reported
    assert "error: there is no terminal to ask on, so nothing was done\n" in reported


@pytest.mark.parametrize(("options", "answer"), [((), "y"), (("--yes", "--replace-router"), None)])
def test_with_a_yes_the_work_begins(
    ask: Ask, options: tuple[str, ...], answer: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(_Begun):
        ask(*options, answer=answer, **MOVED)
    reported = capfd.readouterr().err
    assert REPLACED in reported
    assert ("Deploy?" in reported) is (answer is not None)


def test_down_takes_a_site_that_the_lab_file_has_no_more_away_too(
    clients: Clients, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, {"sites": of_sites(1)["sites"]})
    assert main(["down", "--aws", "--yes", "--force", "--lab", str(file)]) == ExitCode.OK
    reported = capfd.readouterr()
    assert "asked-Site-site-1" in reported.err.splitlines()[1], "it is named among what is deleted"
    assert "asked-Site-site-1 gone" in reported.out
    assert clients.cloudformation.describe_stacks()["Stacks"] == []
