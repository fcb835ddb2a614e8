"""Clients are made once, pages are listed whole, and what was not answered is said once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from mcastlab.aws import remaining_resources
from mcastlab.aws.clients import Clients, ec2_filter, list_all
from mcastlab.cleanup.report import CleanupReport
from mcastlab_base.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab


def answering(*pages: dict[str, Any]) -> Any:
    """A client whose every action has these pages."""
    return SimpleNamespace(get_paginator=lambda _action: SimpleNamespace(paginate=lambda **_request: iter(pages)))


def refusing(_action: str) -> Any:
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetResources")


def test_threads_that_ask_at_once_share_one_client() -> None:
    clients = Clients("us-east-1")
    with ThreadPoolExecutor(max_workers=8) as pool:
        made = list(pool.map(lambda _number: clients.sts, range(8)))
    assert all(each is made[0] for each in made)
    assert clients.ec2.meta.service_model.service_name == "ec2"


def test_lists_of_lists_on_several_pages_are_one_list() -> None:
    pages = ({"Reservations": [{"Instances": [1, 2]}, {"Instances": []}]}, {"Reservations": [{"Instances": [3]}]})
    assert list_all(answering(*pages), "describe_instances", "Reservations", "Instances") == [1, 2, 3]
    assert ec2_filter("vpc-id", ("a", "b")) == [{"Name": "vpc-id", "Values": ["a", "b"]}]


def test_a_tagging_api_that_refuses_is_noted_and_changes_no_verdict(lab: Lab) -> None:
    ec2 = answering({"Tags": []})
    clients: Any = SimpleNamespace(
        ec2=ec2, cloudformation=answering({"Stacks": []}), tagging=SimpleNamespace(get_paginator=refusing)
    )
    left, notes = remaining_resources.remaining_in_account(clients, lab, ())
    assert left == ()
    (note,) = notes
    assert note == "looking for what is tagged in other services than EC2: AWS answered AccessDeniedException: no"
    report = CleanupReport(lab=lab.name, left=left, notes=notes)
    assert report.exit_code is ExitCode.OK
    assert f"note: {note}\n" in report.as_text()
    assert report.as_json()["notes"] == [note]


def test_another_answer_of_ec2_is_an_error(lab: Lab) -> None:
    clients: Any = SimpleNamespace(ec2=SimpleNamespace(get_paginator=refusing))
    with pytest.raises(RefusedError, match="AccessDeniedException"):
        remaining_resources.remaining_in_account(clients, lab, ())
