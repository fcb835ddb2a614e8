"""The EC2 query protocol, judged by botocore's own serialiser and parser."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.model import ListShape, StructureShape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from awsregion.ec2.actions import ACTIONS
from awsregion.ec2.errors import AwsError
from awsregion.wire import render_error

if TYPE_CHECKING:
    from botocore.model import ServiceModel, Shape

    from awsregion.wire import Wire

DEEP = 12


def sample(shape: Shape, depth: int = 0) -> Any:
    """Return a value with every member that is not too deep, each list with two items."""
    if isinstance(shape, StructureShape):
        return {name: sample(one, depth + 1) for name, one in shape.members.items() if depth < DEEP}
    if isinstance(shape, ListShape):
        return [sample(shape.member, depth + 1) for _ in range(2)]
    values = {
        "boolean": True,
        "integer": 7,
        "long": 70000000000,
        "double": 1.5,
        "float": 1.5,
        "blob": b"\x00bytes",
        "timestamp": datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC),
    }
    choices = getattr(shape, "enum", None)
    return choices[0] if choices else values.get(shape.type_name, "text & <more>")


def without_empties(value: Any) -> Any:
    """Drop empty structures: the protocol cannot say them."""
    if isinstance(value, dict):
        kept = {name: without_empties(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in ({}, [], [{}, {}])}
    return [without_empties(one) for one in value] if isinstance(value, list) else value


def test_every_request_that_botocore_writes_is_read_back_whole(ec2_model: ServiceModel, wire: Wire) -> None:
    serializer = create_serializer("ec2", include_validation=False)
    operations = {name: ec2_model.operation_model(name) for name in ec2_model.operation_names}
    with_input = {name: one.input_shape for name, one in operations.items() if one.input_shape is not None}
    assert len(with_input) > 700
    for name, shape in with_input.items():
        operation = operations[name]
        wanted = without_empties(sample(shape))
        form = serializer.serialize_to_request(wanted, operation)["body"]
        # botocore hands the form to its HTTP layer as a dict.
        texts = {key: value if isinstance(value, str) else str(value).lower() for key, value in form.items()}
        action, read = wire.parse(texts)
        assert (action, read) == (name, wanted)


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_every_answer_that_we_write_is_read_back_by_botocore(ec2_model: ServiceModel, wire: Wire, action: str) -> None:
    shape = ec2_model.operation_model(action).output_shape
    answer = {} if shape is None else without_empties(sample(shape))
    body = wire.render(action, answer, "request-1")
    parser: Any = create_parser("ec2")
    read = parser.parse({"body": body, "headers": {}, "status_code": 200}, shape)
    metadata = read.pop("ResponseMetadata")
    assert metadata["RequestId"] == "request-1"
    assert read == answer


def test_an_answer_with_a_member_that_the_api_has_not_is_our_fault(wire: Wire) -> None:
    with pytest.raises(KeyError):
        wire.render("DescribeVpcs", {"Vpcs": [{"VpcIdd": "vpc-1"}]}, "r")


def test_what_begins_with_an_underscore_stays_in_the_region(wire: Wire) -> None:
    assert b"secret" not in wire.render("DescribeVpcs", {"Vpcs": [{"VpcId": "vpc-1", "_dns": "secret"}]}, "r")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"Action": "DescribeNothing"}, "InvalidAction"),
        ({}, "InvalidAction"),
        ({"Action": "CreateVpc", "CidrBlok": "10.0.0.0/16"}, "UnknownParameter"),
        ({"Action": "DescribeVpcs", "Filter.1.Nam": "x"}, "UnknownParameter"),
        ({"Action": "DescribeVpcs", "VpcId.first": "x"}, "UnknownParameter"),
        ({"Action": "CreateSubnet", "CidrBlock": "10.0.0.0/24"}, "MissingParameter"),
        ({"Action": "DescribeVpcs", "MaxResults": "many"}, "InvalidParameterValue"),
        ({"Action": "CreateVpc", "DryRun": "yes"}, "InvalidParameterValue"),
        ({"Action": "CreateTransitGateway", "Options.MulticastSupport": "yes"}, "InvalidParameterValue"),
        ({"Action": "CreateTransitGateway", "Options.MulticastSupport": "Enable"}, "InvalidParameterValue"),
    ],
)
def test_a_request_that_the_api_does_not_know_is_refused(wire: Wire, form: dict[str, str], code: str) -> None:
    with pytest.raises(AwsError) as caught:
        wire.parse(form)
    assert caught.value.code == code


def test_botocore_reads_our_errors() -> None:
    body = render_error(AwsError("InvalidVpcID.NotFound", "no <such> VPC"), "request-1")
    parser: Any = create_parser("ec2")
    read = parser.parse({"body": body, "headers": {}, "status_code": 400}, None)
    assert read["Error"] == {"Code": "InvalidVpcID.NotFound", "Message": "no <such> VPC"}
    assert read["ResponseMetadata"]["RequestId"] == "request-1"
