"""Whatever its owner sends a region, it answers as AWS does: never with 500, never by hanging up."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import botocore.session
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.model import ListShape, Shape, StructureShape
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from twin.awsregion.test_authentication import raw

from awsregion import credentials, standalone, wire
from awsregion.ec2.actions import ACTIONS
from awsregion.ec2.errors import AwsError
from awsregion.protocols import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from botocore.model import ServiceModel

    from awsregion.core import Region
    from awsregion.standalone import Standalone

FORM = "application/x-www-form-urlencoded"
JSON = "application/x-amz-json-1.1"
TARGETS = {
    "ssm": "AmazonSSM",
    "servicequotas": "ServiceQuotasV20190624",
    "secretsmanager": "secretsmanager",
    "kms": "TrentService",
    "ecr": "AmazonEC2ContainerRegistry_V20150921",
}
MODELS = {"servicequotas": "service-quotas"}
QUERY = ("cloudformation", "iam", "sts")
GARBAGE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

text = st.text(max_size=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 80), 1 << 80),
    st.floats(),
    text,
    st.sampled_from(["", "*", "i-0", "1"]),
)
values = st.recursive(
    scalars, lambda below: st.lists(below, max_size=3) | st.dictionaries(text, below, max_size=3), max_leaves=8
)


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standalone]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("malformed")))
        running = standalone.up("malformed")
        yield running
        log = running.log.read_text(encoding="utf-8")
        standalone.down("malformed")
    # What the host could not take is its own affair; what is ours takes everything.
    assert "awsregion.front: " not in "\n".join(line for line in log.splitlines() if " ERROR " in line)


def sent(
    region: Standalone, service: str, target: str, body: bytes = b"", *, method: str = "POST", **headers: str
) -> tuple[int, bytes]:
    """Send what its owner signed, and return status and body."""
    owner = credentials.read(region.credentials)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    host = region.endpoint.removeprefix("http://")
    asked = AWSRequest(method=method, url=region.endpoint + target, data=body, headers={**named, "host": host})
    signer: Any = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials(owner.access_key_id, owner.secret.reveal()), service, "us-east-1").add_auth(asked)
    signed = {name: str(value) for name, value in asked.headers.items()}
    status, answer, _ = raw(region.endpoint, method, target, body, signed)
    return status, answer


def reported(answer: bytes) -> str:
    """Return the code of an error, in whichever protocol."""
    if answer.startswith(b"{"):
        return str(json.loads(answer)["__type"])
    (code,) = (one.text for one in ET.fromstring(answer).iter() if one.tag.rpartition("}")[2] == "Code")  # noqa: S314
    return code or ""


@cache
def model_of(service: str) -> ServiceModel:
    return botocore.session.Session().get_service_model(MODELS.get(service, service))


def shapes(service: str) -> dict[str, list[str]]:
    """Return the actions of a service with the names of their parameters."""
    model = model_of(service)
    return {
        name: list(shape.members) if (shape := model.operation_model(name).input_shape) else []
        for name in model.operation_names
    }


@pytest.mark.parametrize("service", ["ec2", *QUERY])
@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"Action=%FF%FE", b"Action", b"=&=&", b"Action=" + b"x" * 5000, b"a=1&" * 30_000, b"{}", b"\0"],
)
def test_forms_that_are_none(owned: Standalone, service: str, body: bytes) -> None:
    status, answer = sent(owned, service, "/", body, content_type=FORM)
    assert (status, reported(answer) != "") == (400, True)


@pytest.mark.parametrize("service", sorted(TARGETS))
@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"null", b"\xff", b'"x"', b"[" * 50_000, b'{"a":' * 5000])
def test_json_that_is_none(owned: Standalone, service: str, body: bytes) -> None:
    actions = {"ssm": "SendCommand", "servicequotas": "ListServiceQuotas", "kms": "DescribeKey"}
    action = actions.get(service, next(iter(shapes(service))))
    status, answer = sent(owned, service, "/", body, content_type=JSON, x_amz_target=f"{TARGETS[service]}.{action}")
    assert status == 400, answer
    assert reported(answer)


@GARBAGE
@given(data=st.data())
def test_garbage_for_ec2(owned: Standalone, data: st.DataObject) -> None:
    known = shapes("ec2")
    action = data.draw(st.sampled_from(sorted(ACTIONS)))
    names = st.sampled_from([*(known[action] or ["X"]), "Filter.1.Name", "Filter.1.Value.1", "Tag.x", "MaxResults"])
    fields = data.draw(st.lists(st.tuples(names, scalars.map(str)), max_size=5))
    body = urlencode([("Action", action), *((name, value.encode("utf-8", "replace")) for name, value in fields)])
    status, answer = sent(owned, "ec2", "/", body.encode(), content_type=FORM)
    assert status < 500, (body, answer)
    ET.fromstring(answer)  # noqa: S314  (the region's own)


@pytest.mark.parametrize("service", QUERY)
@GARBAGE
@given(data=st.data())
def test_garbage_for_services_that_take_forms(owned: Standalone, service: str, data: st.DataObject) -> None:
    known = shapes(service)
    action = data.draw(st.sampled_from(sorted(known)))
    names = st.sampled_from([*(known[action] or ["X"]), "Tags.member.1.Key", "Parameters.member.1.ParameterKey"])
    fields = data.draw(st.lists(st.tuples(names, scalars.map(str)), max_size=5))
    body = urlencode([("Action", action), *((name, value.encode("utf-8", "replace")) for name, value in fields)])
    status, answer = sent(owned, service, "/", body.encode(), content_type=FORM)
    assert status < 500, (body, answer)


@pytest.mark.parametrize("service", sorted(TARGETS))
@GARBAGE
@given(data=st.data())
def test_garbage_for_services_that_take_json(owned: Standalone, service: str, data: st.DataObject) -> None:
    known = shapes(service)
    action = data.draw(st.sampled_from(sorted(known)))
    names = st.sampled_from(known[action] or ["X"]) | text
    body = json.dumps(data.draw(st.dictionaries(names, values, max_size=5) | values)).encode()
    status, answer = sent(owned, service, "/", body, content_type=JSON, x_amz_target=f"{TARGETS[service]}.{action}")
    assert status < 500, (action, body, answer)


@GARBAGE
@given(
    path=st.text(max_size=20),
    query=st.dictionaries(st.sampled_from(["acl", "uploads", "partNumber", "uploadId", "max-keys", "list-type"]), text),
    body=st.binary(max_size=60) | st.sampled_from([b"<a>", b"<?xml version='1.0'?><Delete/>", b"<Delete>&x;</Delete>"]),
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
)
@example(path="\0", query={}, body=b"", method="PUT")
@example(path="b/../../etc/passwd", query={}, body=b"", method="GET")
@example(path="garbage-bucket/" + "k" * 3000, query={}, body=b"x", method="PUT")
@example(path="b", query={"delete": ""}, body=b"<Delete><Object>", method="POST")
def test_garbage_for_s3(owned: Standalone, path: str, query: dict[str, str], body: bytes, method: str) -> None:
    key = quote(path.encode("utf-8", "replace"), safe="/-_.~")
    asked = urlencode({name: value.encode("utf-8", "replace") for name, value in query.items()}, quote_via=quote)
    target = f"/{key}" + (f"?{asked}" if asked else "")
    status, answer = sent(owned, "s3", target, body, method=method)
    assert status < 500, (target, answer)


@given(text=st.text())
def test_an_error_that_quotes_anything_is_xml_all_the_same(text: str) -> None:
    error = AwsError("InvalidParameterValue", text)
    form = {"content-type": FORM}
    for answer in (wire.render_error(error, "id"), refusal(error, "sts", form)[0], refusal(error, "s3", {})[0]):
        assert reported(answer) == "InvalidParameterValue"


WORDS = (
    *("", "*", "1", "-1", "9" * 30, "true", "\0", "x|y", "a" * 300, "default", "all", "tcp", "vpc", "ipsec.1"),
    *("10.0.0.0/16", "0.0.0.0/0", "300.1.1.1", "239.1.1.1", "::/0", "65000", "t3.micro", "ssh-rsa AAAA", "i-0"),
)
NUMBERS = ("0", "1", "-1", "64512", "4294967296", "9" * 30)
OTHER = {
    "boolean": ("true", "false"),
    "double": ("1", "nan", "1e400"),
    "float": ("1", "nan", "1e400"),
    "blob": ("", "QQ==", "c3NoLXJzYSBBQUFB"),
    "timestamp": ("2020-01-01T00:00:00Z", "99999-01-01", "x"),
}


def filled(shape: Shape, path: str, chance: Random, form: dict[str, str]) -> None:
    """Fill a form with what a parameter may hold, its members that are required among it."""
    if isinstance(shape, StructureShape):
        some = chance.sample(list(shape.members), min(len(shape.members), chance.randint(0, 4)))
        for name in sorted({*shape.required_members, *(some if path.count(".") < 6 else ())}):
            member = shape.members[name]
            called = member.serialization.get("queryName") or member.serialization.get("name", name)
            filled(member, f"{path}{called[:1].upper()}{called[1:]}.", chance, form)
    elif isinstance(shape, ListShape):
        for number in range(1, chance.randint(1, 3)):
            filled(shape.member, f"{path}{number}.", chance, form)
    else:
        choices = getattr(shape, "enum", None) if chance.random() < 0.9 else None
        known = NUMBERS if shape.type_name in {"integer", "long"} else OTHER.get(shape.type_name, WORDS)
        form[path[:-1]] = chance.choice(choices or known)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(action=st.sampled_from(sorted(ACTIONS)), chance=st.randoms(use_true_random=False))
def test_parameters_of_any_value_are_taken_or_refused(region: Region, action: str, chance: Random) -> None:
    form = {"Action": action}
    shape = model_of("ec2").operation_model(action).input_shape
    if shape is not None:
        filled(shape, "", chance, form)
    with suppress(AwsError):
        region.wire.render(action, region.perform(*region.wire.parse(form)), "id")


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        ("DescribeCustomerGateways", {"Filter.1.Value.1": "x"}, "MissingParameter"),
        ("DescribeVolumes", {"VolumeId.1": "vol-0"}, "InvalidVolume.NotFound"),
    ],
)
def test_what_failed_once(region: Region, action: str, given: dict[str, str], code: str) -> None:
    with pytest.raises(AwsError) as refused:
        region.perform(*region.wire.parse({"Action": action, **given}))
    assert refused.value.code == code
