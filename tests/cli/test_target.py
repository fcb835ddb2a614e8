"""What a command acts on: reported first, chosen where there are two, and never another than was meant."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

import pytest
from cli import printed_commands
from cli.places import lab, make_stacks, stacks_in, standing_twin

from awsregion import standalone
from mcastlab.cli import targeting
from mcastlab.cli.arguments import LabVerb, TargetVerb
from mcastlab.cli.exclusive import exclusively
from mcastlab.cli.main import main, names, verb_of
from mcastlab.cli.targeting import twin_target
from mcastlab.command_line import UNTARGETED, LabCommand
from mcastlab.lab.design.names import stack_names
from mcastlab.lab_files import DEFAULT_LAB, PROJECT, read_lab
from mcastlab.scenario.script import WorseWan
from mcastlab.scenario.spans import Span
from mcastlab_base.errors import RefusedError
from mcastlab_twin.network.impairment import Impairment, RequestedImpairments

if TYPE_CHECKING:
    from pathlib import Path

    from awsregion.standalone import Standalone
    from mcastlab.lab.model import Lab
    from mcastlab_twin.sandbox.run_folder import Twin

pytestmark = pytest.mark.process

FOUR: Final = ("demo-Network", "demo-Site-lab", "demo-Router", "demo-Hosts")
VERBS: Final = [
    ["status"],
    ["verify", "--no-traffic"],
    ["traffic"],
    ["follow"],
    ["listen", "paging"],
    ["page", "paging"],
    ["pin"],
    ["ssh", "doppel-1"],
    ["test", str(PROJECT / "tests" / "scenario" / "short.yaml")],
    ["configure"],
    ["drift"],
    ["up", "--yes"],
    ["down", "--yes"],
    ["run", "--", "true"],
    ["cdk", "destroy", "--all", "--force"],
]


def test_every_targeted_verb_is_tried() -> None:
    assert {words[0] for words in VERBS} == {name for name in names() if issubclass(verb_of(name), TargetVerb)}
    on_a_lab = {name for name in names() if issubclass(verb_of(name), LabVerb)}
    assert {words[0] for words in VERBS} == on_a_lab - UNTARGETED


def test_down_takes_neither_the_twin_nor_the_stacks_until_one_is_chosen(
    lab_of_cdk_json: Lab, account: Standalone, shell: dict[str, str], twin: Twin
) -> None:
    assert stack_names(lab_of_cdk_json) == FOUR
    make_stacks(account, *FOUR)
    done = lab(shell, "down", "--yes", "--force")
    assert done.returncode == 2, done.stderr
    assert "twin demo on this machine" in done.stderr
    assert f"region account on this machine at {account.endpoint}, account 000000000000, us-east-1" in done.stderr
    assert stacks_in(account) == set(FOUR)
    assert twin.run_dir.exists()
    typed = printed_commands.commands_in(done.stderr)
    assert [printed_commands.given(line).target for line in typed] == ["twin", "aws"]
    assert all(printed_commands.given(line).yes and printed_commands.given(line).force for line in typed)
    done = lab(shell, "down", "--yes", "--force", "--aws")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"target: region account on this machine at {account.endpoint}, account ")
    assert f"delete: {', '.join(FOUR)}" in done.stderr
    assert stacks_in(account) == set()
    assert twin.run_dir.exists(), "the twin of the same name stands"


@pytest.fixture
def lab_of_cdk_json(lab: Lab) -> Lab:
    return lab


@pytest.mark.parametrize("words", VERBS, ids=lambda words: words[0])
def test_no_verb_chooses_between_two_targets(
    words: list[str],
    shell: dict[str, str],
    twin: Twin,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    become(shell, monkeypatch)
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert (out, "there are two targets, and neither was chosen" in err) == ("", True), err
    assert [printed_commands.given(line).target for line in printed_commands.commands_in(err)] == ["twin", "aws"]
    assert twin.run_dir.exists()
    assert dict(os.environ) == shell


def become(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process' environment be another one until the test is over."""
    for name in os.environ.keys() - environment.keys():
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("words", VERBS, ids=lambda words: words[0])
def test_where_there_is_nothing_to_act_on_one_sentence_says_so(
    words: list[str], home: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    become(home, monkeypatch)
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: no target: there is no twin called demo, and this environment has no AWS credentials")


def test_a_crashed_twin_stands_too(home: dict[str, str], account: Standalone, shell: dict[str, str]) -> None:
    left = twin_target("demo", None).lock.parent / "demo"
    left.mkdir(mode=0o700)
    done = lab(shell, "down", "--yes")
    assert (done.returncode, left.exists()) == (2, True), done.stderr
    assert lab(shell, "status").returncode == 2
    # Without an account there is nothing to confuse it with.
    done = lab(home, "down")
    assert (done.returncode, left.exists()) == (0, False), done.stderr
    assert "what was left of the twin demo is gone" in done.stdout
    assert account.folder.exists()


def test_a_shell_that_was_pointed_at_the_twin_means_it(home: dict[str, str], twin: Twin) -> None:
    pointed = {**home, "AWS_ENDPOINT_URL": twin.endpoint, "AWS_ACCESS_KEY_ID": "0", "AWS_SECRET_ACCESS_KEY": "0"}
    done = lab(pointed, "run", "--", "true")
    assert (done.returncode, done.stderr) == (0, "target: twin demo on this machine\n")
    # It was started anew since then, at another port.
    stale = {**pointed, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "MCASTLAB_TWIN": "demo"}
    assert lab(stale, "run", "--", "true").stderr == "target: twin demo on this machine\n"
    done = lab(pointed, "down", "--aws", "--yes")
    assert done.returncode == 2
    assert printed_commands.given(printed_commands.commands_in(done.stderr)[0]).undo


def test_another_regions_endpoint_is_named_as_that(
    home: dict[str, str], regions: dict[str, Standalone], twin: Twin
) -> None:
    elsewhere = {**home, **standalone.environment(regions["inside"])}
    with standing_twin("other", "http://127.0.0.1:9"):
        done = lab(elsewhere, "status", "--name", "other")
    assert done.returncode == 2
    assert f"region inside on this machine at {twin.endpoint}" in done.stderr


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"AWS_PROFILE": "typo"}, 2, "The config profile (typo) could not be found"),
        ({"AWS_ACCESS_KEY_ID": "half"}, 2, "AWS_SECRET_ACCESS_KEY"),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
            3,
            'Could not connect to the endpoint URL: "http://127.0.0.1:9/": Connection refused\n',
        ),
    ],
)
def test_credentials_that_do_not_serve_are_one_sentence(
    given: dict[str, str], code: int, said: str, home: dict[str, str]
) -> None:
    done = lab({**home, **given}, "up", "--yes")
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert said in done.stderr
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]


def test_expired_credentials_are_reported_as_that(home: dict[str, str], account: Standalone) -> None:
    wrong = {**home, **standalone.environment(account), "AWS_ACCESS_KEY_ID": "111111111111"}
    done = lab(wrong, "up", "--yes")
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith("error: AWS refuses the credentials of this environment: ")


def test_up_shows_account_price_and_stacks_and_does_nothing_without_an_agreement(
    account: Standalone, shell: dict[str, str]
) -> None:
    make_stacks(account, "demo-Network")
    done = lab(shell, "up")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    target, create, update, price, error, hint = done.stderr.splitlines()
    assert "account 000000000000, us-east-1, as arn:aws:iam::000000000000:root" in target
    assert create == f"create: {', '.join(FOUR[1:])}"
    assert update == "update: demo-Network"
    assert "USD an hour" in price
    assert error == "error: there is no terminal to ask on, so nothing was done"
    assert printed_commands.given(printed_commands.commands_in(hint)[0]).yes
    assert stacks_in(account) == {"demo-Network"}


def test_down_shows_what_it_deletes_and_does_nothing_without_an_agreement(
    account: Standalone, shell: dict[str, str]
) -> None:
    make_stacks(account, "demo-Network", "another-Network")
    done = lab(shell, "down")
    assert done.returncode == 2, done.stderr
    assert "delete: demo-Network\n" in done.stderr
    assert "USD an hour" in done.stderr
    assert stacks_in(account) == {"demo-Network", "another-Network"}


@pytest.mark.parametrize("words", [["down"], ["up"], ["configure"]], ids=lambda words: words[0])
def test_a_changing_verb_touches_nothing_while_another_works_on_the_target(
    words: list[str], home: dict[str, str], twin: Twin
) -> None:
    target = twin_target("demo", twin)
    with exclusively(target.lock, target.text):
        for more in ([*words, "--twin"], ["demo"], ["twin", "down"]):
            done = lab(home, *more)
            assert done.returncode == 3, (more, done.stderr)
            assert "another command works on twin demo on this machine: process " in done.stderr
    assert twin.run_dir.exists()
    assert not target.lock.exists()


def test_a_twin_and_an_account_keep_nobody_from_each_other(
    account: Standalone, shell: dict[str, str], twin: Twin
) -> None:
    target = twin_target("demo", twin)
    with exclusively(target.lock, target.text), pytest.raises(RefusedError), exclusively(target.lock, target.text):
        pass
    with exclusively(target.lock, target.text):
        done = lab(shell, "down", "--aws", "--yes")
    assert done.returncode == 0, done.stderr
    assert stacks_in(account) == set()


# A program in the target's environment.


def test_run_gives_a_program_the_twins_environment_and_its_own_exit_code(home: dict[str, str], twin: Twin) -> None:
    foreign = {"AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:9", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    done = lab({**home, **foreign}, "run", "--twin", "--", "sh", "-c", "env; exit 7")
    assert done.returncode == 7
    seen = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    assert seen["AWS_ENDPOINT_URL"] == twin.endpoint
    assert not seen.keys() & foreign.keys()
    assert seen["XDG_STATE_HOME"] == home["XDG_STATE_HOME"]
    done = lab(home, "run", "--", "no-such-program")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no-such-program cannot be run" in done.stderr


def test_run_gives_a_program_the_labs_region_in_an_account(shell: dict[str, str], tmp_path: Path) -> None:
    document = json.loads((PROJECT / "cdk.json").read_text(encoding="utf-8"))["context"]["lab"]
    file = tmp_path / "north lab.json"
    file.write_text(json.dumps({**document, "region": "eu-north-1"}), encoding="utf-8")
    done = lab(shell, "run", "--lab", str(file), "--", "sh", "-c", "echo $AWS_REGION")
    assert (done.returncode, done.stdout) == (0, "eu-north-1\n"), done.stderr
    assert ", eu-north-1, as " in done.stderr


# The environment for a shell's eval.


def test_a_command_of_ours_is_quoted_for_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = LabCommand(lab_file=tmp_path / "a 'lab'; rm.yaml", name="run-7", target="twin")
    for line in (command("configure", "--site", "x y"), command.cdk("deploy", "--all"), command("twin env")):
        printed_commands.assert_about(line, command)
    monkeypatch.chdir(tmp_path)
    line = command("check")
    assert line.split()[0] == str(PROJECT / "scripts" / "lab"), "from another folder it is run by its path"
    printed_commands.assert_about(line, command)


def test_what_a_test_does_to_a_sites_way_to_the_internet_is_done_in_the_labs_own_twin(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, before, done = read_lab(DEFAULT_LAB), Impairment(delay_ms=10), list[tuple[str, Impairment | None]]()
    monkeypatch.setattr(targeting, "asked", lambda _: RequestedImpairments(impaired={"lab": before}))
    monkeypatch.setattr(targeting, "impair", lambda *words: done.append(words[2:]))
    impair = targeting.own_target(lab, twin).impair
    assert impair is not None
    worse = WorseWan(site="lab", span=Span(begin_ms=0, end_ms=1), delay_ms=40, jitter_ms=5, loss=0.02)
    for wanted in (worse, None):
        impair("lab", wanted)
    assert done == [("lab", Impairment(delay_ms=40, jitter_ms=5, loss_percent=2)), ("lab", before)]
    assert targeting.own_target(lab, None).impair is None
