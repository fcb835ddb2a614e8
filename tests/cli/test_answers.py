"""What verbs print with ``--json`` is what their published schema says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from report import report_samples
from verify.sound import sound

from mcastlab.cleanup.report import CleanupReport, RemainingResource
from mcastlab.cli.answers import SCHEMAS, schema_of
from mcastlab.cli.main import main, names, verb_of
from mcastlab.cli.verbs.schema import ANSWERING
from mcastlab.follow.events import FollowEvent, Kind
from mcastlab.lab_files import PROJECT
from mcastlab.report.comparison import CaseChange, compare
from mcastlab.routers.push_report import PushReport, RouterReport, Side
from mcastlab.scenario.results import DeviceTestReport, HeardStream, LimitResult, PlayedStep
from mcastlab.traffic.device_rtp import ForeignStream, Heard
from mcastlab.traffic.results import TrafficReport
from mcastlab.verify.checks.check import CheckKey
from mcastlab.verify.checks.diagnosis import RootCause
from mcastlab.verify.findings import Layer
from mcastlab.verify.report import TrafficRun
from mcastlab.verify.status import judged
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcastlab.lab.model import Lab

NOW = datetime(2026, 11, 24, 12, 30, 5, tzinfo=UTC)


def pushed() -> Any:
    routers = (
        RouterReport(router="demo/aws-router", side=Side.NEW, lines=("ip routing",), replaced=("",)),
        RouterReport(router="demo/lab-router", side=Side.UNKNOWN, error="no answer", hint="look"),
    )
    return PushReport(routers=routers, exit_code=ExitCode.REFUSED, settled=("rolled back",)).as_json()


def left() -> Any:
    rest = RemainingResource(place="us-east-1", kind="stack", id="demo-Network", state="x", found_by="name")
    return CleanupReport(lab="demo", left=(rest,), unknown=("router",), asked=("us-east-1",), notes=("n",)).as_json()


def sent(lab: Lab) -> Any:
    traffic = report_samples.two_causes(lab).traffic
    assert traffic is not None
    values = {name: getattr(traffic, name) for name in TrafficReport.model_fields}
    return json.loads(TrafficRun(**values, lab=lab.name, started=NOW, notes=("n",)).model_dump_json())


def compared(lab: Lab) -> Any:
    found = compare(report_samples.sound(lab), report_samples.two_causes(lab), ("a.json", "b.json"))
    return json.loads(found.model_dump_json())


def seen(_: Lab) -> Any:
    return json.loads(judged(sound(), taken=NOW, duration_s=1.0).model_dump_json())


def verified(lab: Lab) -> Any:
    return json.loads(report_samples.two_causes(lab).model_dump_json())


def followed(_: Lab) -> Any:
    event = FollowEvent(kind=Kind.JOINED, group=IPv4Address("239.9.9.9"), by=frozenset({"berlin"}), seconds=0.1)
    return event.as_json(NOW)


def played(lab: Lab) -> Any:
    row = HeardStream(
        step=1,
        group="page",
        talker="doppel-1",
        listener="phone-1",
        stream="g711u",
        begin_ms=0,
        end_ms=1000,
        due=50,
        lost=1,
        loss=0.02,
        join_ms=21.5,
        mos=(4.1, 4.3),
    )
    limit = LimitResult(
        step=1,
        verb="page",
        figure="loss",
        limit="< 1 %",
        holds=False,
        worst="2 %",
        device="phone-1",
        failing=1,
        measured=1,
    )
    step = PlayedStep(number=1, verb="page", begin_ms=0, end_ms=1000)
    report = DeviceTestReport(
        name="morning", lab=lab.name, seed=1, devices=3, steps=(step,), heard=(row,), limits=(limit,)
    )
    return json.loads(report.model_dump_json())


def listened(lab: Lab) -> Any:
    stream = ForeignStream(
        group="page",
        listener="doppel-1",
        source="192.168.50.31",
        ssrc="5eed5eed",
        codec="G.722",
        packets=50,
        lost=0,
        jitter_ms=0.1,
        gap_ms=20,
        talk_spurts=1,
        octets=172,
    )
    return json.loads(Heard(lab=lab.name, group="page", streams=(stream,)).model_dump_json())


PRINTED: dict[str, Callable[[Lab], Any]] = {
    "compare": compared,
    "configure": lambda _: pushed(),
    "demo": verified,
    "down": lambda _: left(),
    "drift": lambda _: pushed(),
    "follow": followed,
    "listen": listened,
    "status": seen,
    "test": played,
    "traffic": sent,
    "up": verified,
    "verify": verified,
}


def validated(verb: str, value: Any) -> None:
    jsonschema.Draft202012Validator(schema_of(verb)).validate(value)


@pytest.mark.parametrize("verb", PRINTED)
def test_what_a_verb_prints_is_as_its_schema_says(verb: str, lab: Lab) -> None:
    value = PRINTED[verb](lab)
    validated(verb, value)
    assert isinstance(value["schema_version"], int)
    first = next(iter(key for key, each in value.items() if key != "schema_version" and not isinstance(each, int)))
    with pytest.raises(jsonschema.ValidationError):
        validated(verb, {**value, first: 1})
    with pytest.raises(jsonschema.ValidationError):
        validated(verb, {**value, "schema_version": "1"})


def test_check_prints_what_its_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json"]) == 0
    validated("check", json.loads(capsys.readouterr().out))


def test_every_verb_that_prints_json_has_a_schema() -> None:
    answering = {name for name in names() if "--json" in verb_of(name).flags()}
    assert answering == set(SCHEMAS) == set(ANSWERING) == {*PRINTED, "check"}


@pytest.mark.parametrize("verb", SCHEMAS)
def test_schema_of_a_verb_is_printed_and_the_golden_one(
    verb: str, capsys: pytest.CaptureFixture[str], golden: Callable[[str, str], None]
) -> None:
    assert main(["schema", verb]) == 0
    printed = capsys.readouterr().out
    jsonschema.Draft202012Validator.check_schema(json.loads(printed))
    if verb not in {"demo", "up", "verify"}:  # those are report/schema.json
        golden(f"schemas/{verb}.json", printed)


def test_verb_without_json_has_no_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "init"]) == 2
    assert "init has no --json" in capsys.readouterr().err


def properties(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for each in schema.values():
            yield from properties(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from properties(each)


@pytest.mark.parametrize("verb", SCHEMAS)
def test_every_property_is_in_snake_case_and_the_version_is_required(verb: str) -> None:
    schema = schema_of(verb)
    assert [name for name in properties(schema) if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)] == []
    assert "schema_version" in schema["properties"]


@pytest.mark.parametrize("value", [*CheckKey, *RootCause, *Layer, *Kind, *CaseChange], ids=str)
def test_every_key_is_in_snake_case(value: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", value)


@pytest.mark.parametrize("verb", SCHEMAS)
def test_every_choice_is_in_snake_case(verb: str) -> None:
    found = [each for each in choices(schema_of(verb)) if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", each)]
    assert found == []


def choices(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (each for each in schema.get("enum", ()) if isinstance(each, str))
        for each in schema.values():
            yield from choices(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from choices(each)


def test_remaining_resources_are_of_kinds_in_snake_case() -> None:
    within = RemainingResource(
        place="eu-central-1", kind="VPN connection", id="vpn-1", found_by="within", within="tgw-1"
    )
    report = CleanupReport(lab="demo", left=(within,))
    validated("down", report.as_json())
    (reported,) = report.as_json()["left"]
    assert (reported["kind"], reported["found_by"], reported["within"]) == ("vpn_connection", "within", "tgw-1")
    assert "  VPN connection: vpn-1 (by within tgw-1)" in report.as_text()


def test_no_golden_schema_is_of_a_verb_that_is_gone() -> None:
    assert {path.stem for path in (PROJECT / "tests" / "golden" / "schemas").iterdir()} <= set(SCHEMAS)
