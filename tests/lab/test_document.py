"""From text to a lab: what is sound is taken, what is not is reported whole and by its path."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from documents import LABS, lab_with
from hypothesis import given, settings
from hypothesis import strategies as st

from mcastlab.lab.checks import check, refuse_unsound
from mcastlab.lab.document import parse, parse_cdk_json, parse_yaml, renamed
from mcastlab.lab.summary import summary
from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab


def test_default_lab_has_what_the_demo_needs(lab: Lab) -> None:
    assert lab.host_names == ("doppel-1", "doppel-2")
    assert [(len(site.machines), len(site.appliances)) for site in lab.sites] == [(1, 1)]
    assert len(lab.groups) == 1


def test_same_document_in_yaml_is_the_same_lab(lab: Lab) -> None:
    document = json.loads(DEFAULT_LAB.read_text(encoding="utf-8"))["context"]["lab"]
    assert parse_yaml(yaml.safe_dump(document), "lab.yaml") == lab


def test_file_that_is_not_there_is_the_users_to_correct(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read: No such file"):
        read_lab(tmp_path / "lab.yaml")


def test_binary_file_is_reported_as_such(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInputError, match="not UTF-8"):
        read_lab(file)


def test_file_of_ten_megabytes_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_bytes(b"name: x\n" * 1_300_000)
    with pytest.raises(BadInputError, match="larger than 2 MiB"):
        read_lab(file)


def test_endless_file_is_refused() -> None:
    with pytest.raises(BadInputError, match="larger than 2 MiB"):
        read_lab(Path("/dev/zero"))


def test_folder_is_reported_as_such(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read: Is a directory"):
        read_lab(tmp_path)


def test_byte_order_mark_is_no_part_of_the_document(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + (LABS / "minimal.yaml").read_bytes())
    assert read_lab(file).name == "minimal"


def test_json_that_nests_beyond_the_reader_is_refused() -> None:
    with pytest.raises(BadInputError, match="nests too deeply"):
        parse_cdk_json('{"a":' * 100_000, "cdk.json")


def test_json_with_a_key_twice_is_refused() -> None:
    with pytest.raises(BadInputError, match="'lab' is there twice"):
        parse_cdk_json('{"context": {"lab": {}, "lab": {}}}', "cdk.json")


def test_dozen_lines_are_a_whole_lab() -> None:
    text = (LABS / "minimal.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 12
    lab = parse_yaml(text, "minimal.yaml")
    assert (lab.router.subnet, str(lab.vpc.subnets[0].cidr)) == ("members", "10.10.1.0/24")


def test_port_s_short_form_is_its_address_on_the_usual_interface() -> None:
    router = lab_with({}).sites[0].router
    assert (router.wan.interface, str(router.wan.address)) == ("GigabitEthernet1", "203.0.113.2/30")
    assert (router.lan.interface, str(router.lan.address)) == ("GigabitEthernet2", "192.168.50.1/24")


def test_range_of_groups_is_as_many_groups_with_all_else_alike() -> None:
    entry = {"name": "page", "address": "239.1.1.254 - 239.1.2.1", "port": 6000, "bridge": "static"}
    groups = lab_with({"groups": [entry]}).groups
    assert [(group.name, str(group.address)) for group in groups] == [
        ("page-1", "239.1.1.254"),
        ("page-2", "239.1.1.255"),
        ("page-3", "239.1.2.0"),
        ("page-4", "239.1.2.1"),
    ]
    assert {(group.port, group.bridge) for group in groups} == {(6000, "static")}


SSH_NAMES = [
    "r1.berlin.example.com",
    "core_router",
    "_r",
    "R1",
    "192.0.2.1",
    "2001:db8::1",
    "::1",
    "9",
    "a..b",
    "r" * 253,
]


@pytest.mark.parametrize("ssh", SSH_NAMES)
def test_host_of_openssh_can_be_written(ssh: str) -> None:
    lab = lab_with({"sites.0.router.ssh": ssh})
    assert lab.sites[0].router.ssh == ssh
    refuse_unsound(lab, "document")


@pytest.mark.parametrize(
    "ssh",
    [
        "",
        ".",
        "a b",
        "*.lab",
        "r?",
        "!r",
        "-oProxyCommand=x",
        'a"b',
        "a'b",
        "a\nb",
        "a\x00",
        "r\xe9",
        "a#b",
        "a,b",
        "%h",
    ],
)
def test_what_openssh_takes_for_something_else_is_refused(ssh: str) -> None:
    with pytest.raises(BadInputError, match=r"sites\[berlin\].router.ssh: .* write letters, digits, dots"):
        lab_with({"sites.0.router.ssh": ssh})


@pytest.mark.parametrize(
    ("ssh", "reported"),
    [
        ("me@router", "names a user"),
        ("router:2222", "a port belongs into your SSH client configuration"),
        ("1::2::3", "no IPv6 address"),
        ("r" * 254, "write at most 253"),
    ],
)
def test_what_belongs_elsewhere_is_said_to(ssh: str, reported: str) -> None:
    with pytest.raises(BadInputError, match=reported):
        lab_with({"sites.0.router.ssh": ssh})


@pytest.mark.parametrize("name", ["GigabitEthernet01", "GigabitEthernet1/2/3/4", "GigabitEthernet1000", "Xe1"])
def test_interface_is_written_as_ios_prints_it(name: str) -> None:
    with pytest.raises(BadInputError, match="an interface in full"):
        lab_with({"sites.0.router.lan": {"interface": name, "address": "192.168.50.1/24"}})


@pytest.mark.parametrize("address", ["239.1.1.2-239.1.1.1", "239.0.0.0-239.255.255.255", "239.1.1.1-x", "-"])
def test_range_that_is_none_is_reported_with_what_to_write(address: str) -> None:
    with pytest.raises(BadInputError, match=r"groups\[paging\].address: .* or a range of at most 1024"):
        lab_with({"groups.0.address": address})


@pytest.mark.parametrize(
    ("cidr", "loopback"),
    [
        ("10.10.0.0/16", "10.255.0.10"),
        ("10.255.0.0/16", "100.127.255.10"),
        ("172.20.0.0/16", "172.31.255.10"),
        ("192.168.0.0/17", "192.168.255.10"),
        ("100.64.0.0/16", "100.127.255.10"),
    ],
)
def test_loopback_that_is_not_given_is_one_that_the_vpc_can_take(cidr: str, loopback: str) -> None:
    lab = lab_with({"vpc.cidr": cidr, "sites.0.router.lan": "10.77.0.1/24", "sites.0.devices.0.address": "10.77.0.9"})
    assert str(lab.router.loopback) == loopback
    refuse_unsound(lab, cidr)


def test_renamed_lab_differs_in_its_name_alone(lab: Lab) -> None:
    assert renamed(renamed(lab, "run-7"), lab.name) == lab
    assert renamed(lab, "run-7").name == "run-7"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_garbage_never_gives_anything_but_bad_input(document: object) -> None:
    with pytest.raises(BadInputError):
        parse(document, "garbage")


@given(st.text())
def test_text_garbage_never_gives_anything_but_bad_input(text: str) -> None:
    for reader in (parse_yaml, parse_cdk_json):
        with pytest.raises(BadInputError):
            reader(text, "garbage")


SOUND = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(LABS.glob("*.yaml"))]

ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(
            None,
            True,
            0,
            -1,
            2**70,
            0.5,
            "",
            "all",
            "x" * 200,
            "\x1b[31m",
            "doppel",
            "berlin",
            [],
            {},
            [[]],
            ["doppel"],
        ),
        *("0.0.0.0/0", "10.10.1.7/32", "255.255.255.255", "224.0.0.0", "0.0.0.1", "239.1.1.0-239.1.1.9"),
        *("10.10.0.0/16", "169.254.0.0/16", [], {}, [[]], ["doppel"], {"name": "doppel"}),
    ]
).map(deepcopy)


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A sound document with something odd in a few places, a few fields gone and a few there that are none."""
    document = deepcopy(draw(st.sampled_from(SOUND)))
    for _ in range(draw(st.integers(1, 4))):
        place, key = draw(places(document))
        change = draw(st.sampled_from(["odd", "gone", "new"]))
        if change == "gone":
            del place[key]
        elif change == "new" and isinstance(place, dict):
            place[draw(st.text(max_size=5))] = draw(ODD)
        else:
            place[key] = draw(ODD | JSON_VALUES)
    return document


@st.composite
def places(draw: st.DrawFn, document: Any) -> tuple[Any, Any]:
    """A mapping or list somewhere in a document, and a key of it."""
    place = document
    while True:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or draw(st.booleans()):
            return place, key
        place = place[key]


@given(spoilt())
@settings(max_examples=300)
def test_spoilt_document_is_refused_in_words_or_gives_a_lab_that_every_check_can_look_at(document: object) -> None:
    lab, problems = parsed(document)
    for line in problems.splitlines():
        assert line.startswith("spoilt")
        assert "validation" not in line
    for finding in check(lab) if lab is not None else ():
        assert finding.path
        assert finding.text
        assert finding.hint
    assert bool(problems) == (lab is None)
    assert lab is None or list(summary(lab))


def parsed(document: object) -> tuple[Lab | None, str]:
    try:
        return parse(document, "spoilt"), ""
    except BadInputError as error:
        return None, error.text


@pytest.mark.parametrize(
    ("written", "number"), [("65000.1000", 4259841000), ("65010", 65010), (4259841000, 4259841000)]
)
def test_an_as_number_in_asdot_is_the_one_in_asplain(written: str | int, number: int) -> None:
    assert lab_with({"sites.0.router.asn": written}).sites[0].router.asn == number


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (65000.1, "in quotes, such as '65000.1000'"),
        ("65000.99999", "is not an AS number"),
        ("many", "is not an AS number"),
        ("0.0", "at least 1"),
        ([], "write one such as"),
    ],
)
def test_what_is_no_as_number_is_reported_with_what_to_write(written: object, said: str) -> None:
    with pytest.raises(BadInputError, match=r"sites\[berlin\].router.asn") as caught:
        lab_with({"sites.0.router.asn": written})
    assert said in caught.value.text
