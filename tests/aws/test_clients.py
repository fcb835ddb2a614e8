"""Clients are made once, pages are listed whole, and what was not answered is said once."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from mcastlab.aws import remaining_resources
from mcastlab.aws.clients import NOBODY_LISTENS, PATIENT, Clients, asking, ec2_filter, list_all
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


def hang_up(listener: socket.socket, times: int) -> None:
    for _ in range(times):
        listener.accept()[0].close()


@pytest.mark.parametrize(("listens", "asked"), [(False, NOBODY_LISTENS), (True, PATIENT)])
def test_an_endpoint_at_which_nobody_listens_is_given_up_soon(
    listens: bool,  # noqa: FBT001
    asked: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that takes a connection and answers nothing may be a busy one."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "no secret")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    with socket.socket() as taken, ThreadPoolExecutor() as pool:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        if listens:
            taken.settimeout(10)
            taken.listen()
            hung_up = pool.submit(hang_up, taken, asked)
        clients, sent = Clients("us-east-1"), list[None]()
        clients.ec2.meta.events.register("before-send", lambda **_: sent.append(None))
        with pytest.raises(RefusedError, match="looking"), asking("looking"):
            clients.ec2.describe_vpcs()
        assert len(sent) == asked
        if listens:
            hung_up.result()
