"""A group that is announced brings the announcement group of its scope, which is a listed group like others."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest
from documents import lab_with

from mcastlab.lab.announcements import announcement_scope
from mcastlab.lab.checks import check
from mcastlab.lab.design.allowed_flow import Direction, Purpose
from mcastlab.lab.design.flows import host_flows, router_flows
from mcastlab.lab.document import parse
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab


@pytest.mark.parametrize(
    ("group", "announced_in"),
    [
        ("239.255.7.1", "239.255.255.255"),
        ("239.253.7.1", "239.255.255.255"),
        ("239.192.7.1", "239.195.255.255"),
        ("239.1.1.1", "239.195.255.255"),
        ("224.2.128.9", "224.2.127.254"),
        ("233.1.1.1", "224.2.127.254"),
    ],
)
def test_scopes_are_those_on_which_players_listen(group: str, announced_in: str) -> None:
    assert announcement_scope(IPv4Address(group)).address == IPv4Address(announced_in)


def announced(**change: Any) -> Lab:
    return lab_with({"groups.0.announce": True, **{key.replace("__", "."): value for key, value in change.items()}})


def test_the_announcement_group_has_the_roles_of_those_that_it_announces() -> None:
    lab = announced(groups__0__senders=["doppel"], groups__0__receivers=["berlin"])
    *_, found = lab.groups
    assert (found.name, str(found.address), found.port) == ("sap-organization", "239.195.255.255", 9875)
    assert (found.senders, found.receivers, found.bridge) == (("doppel",), ("berlin",), "join")
    assert not [each for each in check(lab) if each.severity == "error"]


def test_it_is_opened_like_a_listed_one() -> None:
    lab, group = announced(), IPv4Address("239.195.255.255")
    for flows in (tuple(host_flows(lab)), tuple(router_flows(lab))):
        out = [each for each in flows if each.purpose is Purpose.DATA_OUT and group in each.network]
        assert [(each.port, each.direction) for each in out] == [(9875, Direction.OUT)]
        assert [each for each in flows if each.purpose is Purpose.DATA_IN and each.port == 9875]
        assert [each for each in flows if each.purpose is Purpose.IGMP_REPORT and group in each.network]


def test_a_range_has_one_and_a_document_that_lists_it_keeps_its_own() -> None:
    own = {"name": "directory", "address": "239.195.255.255", "port": 9875, "receivers": ["berlin"]}
    assert len(announced(groups__0__address="239.1.1.1-239.1.1.4").groups) == 5
    assert [each.name for each in announced(groups__1=own).groups] == ["paging", "directory"]
    again = announced()
    assert parse(again.model_dump(mode="json", by_alias=True), "itself").groups == again.groups


def test_static_ones_have_a_static_one() -> None:
    assert announced(groups__0__bridge="static").groups[-1].bridge == "static"


def test_a_title_is_one_line() -> None:
    assert announced(groups__0__announce="Paging, floor 3").groups[0].announce == "Paging, floor 3"
    with pytest.raises(BadInputError, match=r"groups\[paging\]\.announce: .*write a title of one line"):
        announced(groups__0__announce="Paging\r\nm=audio 9 RTP/AVP 0")


@pytest.mark.parametrize("field", ["port", "senders", "receivers"])
@pytest.mark.parametrize("odd", [[], [["berlin"]], [{}], {}])
def test_what_is_no_port_and_nobody_is_refused_in_words(field: str, odd: object) -> None:
    with pytest.raises(BadInputError, match=rf"groups\[paging\]\.{field}"):
        announced(**{f"groups__0__{field}": odd or {}})
