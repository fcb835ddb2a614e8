"""The verbs check, init and schema, as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from documents import LABS

from mcastlab.cli.main import main
from mcastlab.lab.device_tests import DeviceTest
from mcastlab.lab.model import Lab
from mcastlab.lab.schema import DRAFT, lab_schema, models_below
from mcastlab.lab_files import STARTING_FILE
from mcastlab.places import DEFAULT_LAB

if TYPE_CHECKING:
    from collections.abc import Callable

ERRORS = Path(__file__).parents[1] / "errors"
BROKEN = sorted(ERRORS.glob("*.yaml"))
SOUND = sorted(LABS.glob("*.yaml"))


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_document_ends_in_exit_code_2_and_its_message(
    path: Path,
    golden: Callable[[str, str], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ERRORS)
    assert main(["check", "--lab", path.name]) == 2
    captured = capsys.readouterr()
    golden(f"errors/{path.stem}.txt", captured.out + captured.err)


@pytest.mark.parametrize("path", [DEFAULT_LAB, *SOUND], ids=lambda path: path.stem)
def test_sound_lab_ends_in_exit_code_0(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--lab", str(path)]) == 0
    assert "The lab is sound" in capsys.readouterr().out


def test_check_says_what_the_default_lab_is(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check"])
    out = capsys.readouterr().out
    for fact in (
        "demo: 2 hosts in us-east-1, 1 remote site, 1 group",
        "10.10.0.0/16",
        "239.1.1.1 port 5004",
        "172.16.200.0/30",
        "169.254.10.0/30 169.254.11.0/30",
        "ESP (AES256, SHA2-256) 1438, GRE 1380 octets",
        "at most 1352 octets of UDP payload, TTL 3 or more",
        "about 0.53 USD",
    ):
        assert fact in out


def test_check_tells_machines_the_same(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ERRORS)
    assert main(["check", "--json", "--lab", "loopback_in_vpc.yaml"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert not answer["sound"]
    assert ("error", "router.loopback") in {(each["severity"], each["path"]) for each in answer["findings"]}
    assert answer["lab"]["sites"][0]["gre"] == "172.30.36.252/30"
    assert answer["largest_udp_payload"] == 1352


def test_another_name_is_the_same_lab_under_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--name", "run-7"]) == 0
    assert capsys.readouterr().out.startswith("run-7: 2 hosts")


def test_name_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--name", "Run 7"]) == 2
    assert "'Run 7' is no name for a lab" in capsys.readouterr().err


def test_document_that_init_writes_passes_check_and_the_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lab.yaml"
    assert main(["init", str(file)]) == 0
    assert main(["check", "--lab", str(file)]) == 0
    assert capsys.readouterr().out.count("warning:") == 0
    validate(yaml.safe_load(STARTING_FILE.read_text(encoding="utf-8")))


def test_init_leaves_a_file_that_is_there_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text("mine", encoding="utf-8")
    assert main(["init", str(file)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "mine"


def test_init_into_a_folder_that_is_not_there_is_the_users_to_correct(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path / "no" / "lab.yaml")]) == 2


def validate(document: Any) -> None:
    jsonschema.Draft202012Validator(lab_schema()).validate(document)


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_schema_takes_every_sound_document(path: Path) -> None:
    validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_schema_takes_the_default_lab() -> None:
    validate(json.loads(DEFAULT_LAB.read_text(encoding="utf-8"))["context"]["lab"])


@pytest.mark.parametrize("name", ["unknown_field", "wrong_types", "wrong_everywhere", "nothing_there"])
def test_schema_refuses_what_the_model_refuses(name: str) -> None:
    document = yaml.safe_load((ERRORS / f"{name}.yaml").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        validate(document)


def test_schema_that_is_printed_is_a_2020_12_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == DRAFT


def test_every_field_of_the_schema_says_what_it_is() -> None:
    schema = lab_schema()
    definitions = {**schema["$defs"], "Lab": schema}
    models = {*models_below(Lab), *models_below(DeviceTest)}
    assert {each.__name__ for each in models} == {*schema["$defs"], "Lab"}
    silent = [
        f"{model.__name__}.{name}"
        for model in models
        for name, field in model.model_fields.items()
        # Blocks are written among the groups.
        if (model, name) != (Lab, "blocks")
        and not definitions[model.__name__]["properties"][field.alias or name].get("description")
    ]
    assert silent == []


HEAVY = {"aws_cdk", "boto3", "botocore", "netmiko", "paramiko", "rich", "jinja2", "asyncssh"}
UNHELPFUL = {"pydantic", "yaml", "asyncio", "subprocess", "importlib.resources", "mcastlab.lab.model"}
"""What help has no use for besides."""


@pytest.mark.process
@pytest.mark.parametrize("arguments", [("check",), ("schema",), ("--help",)], ids=lambda arguments: arguments[0])
def test_quick_verbs_import_no_heavy_library(arguments: tuple[str, ...]) -> None:
    program = (
        "import contextlib, io, sys\n"
        "from mcastlab.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    main({list(arguments)!r})\n"
        f"heavy = {HEAVY | (UNHELPFUL if '--help' in arguments else set())!r}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ}, timeout=60
    )
    assert done.stdout.strip() == "[]"
