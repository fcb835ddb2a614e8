"""Clients are made once, pages are listed whole, and what was not answered is said once."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from botocore.exceptions import ClientError

from mcastlab.aws import remaining_resources
from mcastlab.aws.clients import PATIENT, UNREACHED, Clients, asking, ec2_filter, list_all
from mcastlab.cleanup.report import CleanupReport
from mcastlab_base.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


@pytest.fixture
def asks(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Clients]:
    """Makes clients of an endpoint that wait for nothing between attempts."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "no secret")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)

    def make(endpoint: str) -> Clients:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        return Clients("us-east-1")

    return make


def attempts(clients: Clients, *, said: str) -> int:
    """How often EC2 is asked until it is given up."""
    sent: list[None] = []
    clients.ec2.meta.events.register("before-send", lambda **_: sent.append(None))
    with pytest.raises(RefusedError, match=r"^looking: ") as error, asking("looking"):
        clients.ec2.describe_vpcs()
    assert error.value.text.count(said) == 1, error.value.text
    assert error.value.hint.startswith("check this machine's network"), error.value.hint
    return len(sent)


def hang_up(listener: socket.socket, times: int) -> None:
    for _ in range(times):
        listener.accept()[0].close()


def answer(listener: socket.socket) -> None:
    asked, _ = listener.accept()
    with asked:
        asked.recv(65536)
        body = b"<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>"
        asked.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


@contextmanager
def meanwhile(does: Callable[..., None], *arguments: object) -> Iterator[None]:
    """In a thread of its own something is done, and has been at the end."""
    with ThreadPoolExecutor() as pool:
        done = pool.submit(does, *arguments)
        yield
        done.result()


def answered_once(clients: Clients, listener: socket.socket) -> None:
    """What listens answers EC2's first question, and closes the connection."""
    with meanwhile(answer, listener):
        assert clients.ec2.describe_vpcs()["Vpcs"] == []


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        bound.settimeout(10)
        yield bound


def test_an_endpoint_that_refuses_connections_is_given_up_soon_though_it_answered_before(
    asks: Callable[[str], Clients], listener: socket.socket
) -> None:
    clients = asks(f"http://127.0.0.1:{listener.getsockname()[1]}")
    answered_once(clients, listener)
    listener.close()
    assert attempts(clients, said="Connection refused") == UNREACHED


def test_an_endpoint_that_takes_a_connection_and_answers_nothing_may_be_a_busy_one(
    asks: Callable[[str], Clients], listener: socket.socket
) -> None:
    with meanwhile(hang_up, listener, PATIENT):
        assert attempts(asks(f"http://127.0.0.1:{listener.getsockname()[1]}"), said="Connection was closed") == PATIENT


@pytest.mark.parametrize("answered", [False, True])
def test_a_name_that_is_not_known_is_asked_for_again_only_where_it_once_answered(
    answered: bool,  # noqa: FBT001
    asks: Callable[[str], Clients],
    listener: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    clients = asks(f"http://localhost:{listener.getsockname()[1]}")
    if answered:
        answered_once(clients, listener)
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert attempts(clients, said="Name or service not known") == (PATIENT if answered else UNREACHED)


def test_an_endpoint_that_cannot_prove_who_it_is_is_given_up_soon(
    asks: Callable[[str], Clients], listener: socket.socket
) -> None:
    with meanwhile(hang_up, listener, UNREACHED):
        assert attempts(asks(f"https://127.0.0.1:{listener.getsockname()[1]}"), said="_ssl.c") == UNREACHED
