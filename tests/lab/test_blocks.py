"""Blocks of groups in a document: what is taken, what is reported of what is not, and that both forms are one lab."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, summarize_address_range

import pytest
from check_cases.blocks import block
from documents import LABS, changed, document, lab_with
from hypothesis import given
from hypothesis import strategies as st

from mcastlab.lab.blocks import AddressBlock, PortRange, block_of, networks_of
from mcastlab.lab.document import parse
from mcastlab.lab.model import Lab
from mcastlab.lab.schema import lab_schema
from mcastlab.lab_files import read_lab
from mcastlab_base.errors import BadInputError

addresses = st.integers(min_value=224 << 24, max_value=(240 << 24) - 1).map(IPv4Address)


def test_block_stands_apart_from_listed_groups() -> None:
    lab = lab_with({"groups.1": block("239.9.0.0/16", port="5004-5999")})
    assert [group.name for group in lab.groups] == ["paging"]
    (calls,) = lab.blocks
    assert (calls.name, str(calls.address), str(calls.port), calls.via, calls.hold) == (
        "calls",
        "239.9.0.0/16",
        "5004-5999",
        "join",
        210,
    )


def test_lab_may_have_blocks_alone_and_needs_one_entry() -> None:
    only = parse(changed(document(), {"groups": [block("239.9.0.0/16")]}), "document")
    assert (only.groups, len(only.blocks)) == ((), 1)
    with pytest.raises(BadInputError) as refused:
        parse(changed(document(), {"groups": []}), "document")
    assert refused.value.text == "document: groups: has 0 items; write at least 1"


def test_lab_as_it_is_printed_is_the_same_document() -> None:
    lab = read_lab(LABS / "followed.yaml")
    printed = lab.model_dump(mode="json")
    assert "blocks" not in printed
    assert parse(printed, "document") == lab == Lab.model_validate(lab.model_dump())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"address": "239.9.0.1/16"}, "groups[calls].address: '239.9.0.1/16' is an address within a network"),
        ({"address": "239.9.0.9-239.9.0.1"}, "groups[calls].address: '239.9.0.9-239.9.0.1' is not a block"),
        ({"address": 5}, "groups[calls].address: 5 is not a block of group addresses; write a network such as"),
        ({"port": 80}, "groups[calls].port: 80 is not a port or a range of ports; write ports of 1024 to 65535"),
        ({"port": "6000-5000"}, "groups[calls].port: '6000-5000' is not a port or a range of ports"),
        ({"port": True}, "groups[calls].port: true is not a port"),
        ({"port": 5004.0}, "groups[calls].port: 5004.0 is not a port"),
        ({"hold": -1}, "groups[calls].hold: -1 is not valid; write at least 0"),
        ({"ceiling": 10001}, "groups[calls].ceiling: 10001 is not valid; write at most 10000"),
        ({"via": "igmp"}, "groups[calls].via: 'igmp' is none of the choices; write 'join' or 'static'"),
        ({"senders": ["nobody"]}, "groups[calls].senders: no hosts entry and no site is called 'nobody'"),
        ({"bridges": "follow"}, "groups[calls].bridges: there is no such field; did you mean bridge?"),
    ],
)
def test_what_is_wrong_with_a_block_is_reported_by_its_place_in_the_document(
    change: dict[str, object], says: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        lab_with({"groups.1": {**block("239.9.0.0/16"), **change}})
    assert f"document: {says}" in refused.value.text
    assert "blocks" not in refused.value.text


def test_misspelt_way_to_bridge_names_all_of_them() -> None:
    with pytest.raises(BadInputError, match="write 'join' or 'static', or 'follow' for a block of groups"):
        lab_with({"groups.0.bridge": "folow"})


def test_blocks_are_no_field_of_a_document() -> None:
    with pytest.raises(BadInputError, match="document: blocks: there is no such field") as refused:
        parse({**document(), "blocks": [block("239.9.0.0/16")]}, "document")
    assert "under groups" in refused.value.hint


def test_schema_offers_both_kinds_of_entries() -> None:
    schema = lab_schema()
    assert "blocks" not in schema["properties"]
    assert schema["properties"]["groups"]["items"] == {
        "anyOf": [{"$ref": "#/$defs/Group"}, {"$ref": "#/$defs/GroupBlock"}]
    }
    assert "bridge" in schema["$defs"]["GroupBlock"]["required"]


@given(addresses, addresses)
def test_address_block_is_all_addresses_between_its_ends(one: IPv4Address, other: IPv4Address) -> None:
    first, last = min(one, other), max(one, other)
    found = AddressBlock.of(f"{first}-{last}")
    assert (found.first in found, found.last in found, len(found)) == (True, True, int(last) - int(first) + 1)
    assert found.networks == tuple(summarize_address_range(first, last))
    assert AddressBlock.of(str(found)) == found
    outside = [IPv4Address(int(first) - 1), IPv4Address(int(last) + 1)]
    assert not any(address in found for address in outside)


def test_networks_of_blocks_are_the_fewest() -> None:
    lab = lab_with({"groups.1": block("239.9.0.0/17"), "groups.2": block("239.9.128.0/17", name="pages")})
    assert networks_of(lab.blocks) == (IPv4Network("239.9.0.0/16"),)
    assert block_of(IPv4Address("239.9.200.1"), lab.blocks) is lab.blocks[1]
    assert block_of(IPv4Address("239.10.0.1"), lab.blocks) is None


def test_port_ranges_overlap_where_they_share_a_port() -> None:
    assert PortRange(5004, 5999).overlaps(PortRange(5999, 6000))
    assert not PortRange(5004, 5999).overlaps(PortRange(6000, 6000))
    assert 5999 in PortRange(5004, 5999)
