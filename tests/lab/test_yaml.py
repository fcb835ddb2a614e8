"""YAML as people and programs write it: anchors and merge keys, words that look like numbers, lines in errors."""

from __future__ import annotations

import pytest
import yaml
from documents import LABS, document
from hypothesis import given
from hypothesis import strategies as st

from mcastlab.lab.document import parse_yaml
from mcastlab.lab.lines import LabFileLines
from mcastlab.lab.reading import read_yaml
from mcastlab.lab.scalars import value_of
from mcastlab_base.errors import BadInputError

SITES = """\
sites:
- &lyon
  name: lyon
  router: &router {ssh: lyon-router, asn: 65001, wan: 203.0.113.2/30, lan: 192.168.50.1/24}
  devices: [{name: lyon-phone, address: 192.168.50.20}]
- <<: *lyon
  name: nancy
  router:
    <<: *router
    ssh: nancy-router
    asn: 65002
    wan: 203.0.113.6/30
    lan: 192.168.51.1/24
  devices: [{name: nancy-phone, address: 192.168.51.20}]
"""


def test_a_file_with_merge_keys_is_the_one_that_is_written_out() -> None:
    rest = yaml.safe_dump({key: value for key, value in document().items() if key != "sites"})
    lab = parse_yaml(rest + SITES, "lab.yaml")
    out = yaml.safe_dump(yaml.safe_load(rest + SITES))
    assert lab == parse_yaml(out, "lab.yaml")
    assert [site.router.asn for site in lab.sites] == [65001, 65002]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}",
        "a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc: {<<: [*a, *b]}",
        "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {z: 1, <<: *b}",
        "a: &a [1, 2]\nb: *a",
    ],
)
def test_aliases_and_merges_are_those_of_yaml(text: str) -> None:
    assert read_yaml(text, "x") == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: &a [*a]", "x:1: nests too deeply"),
        ("a: {<<: 1}", "x:1: << merges mappings, and this is none"),
        ("a: 1\na: 2", "x:2: the key 'a' is there twice in one mapping"),
        ("\nport: 010", "x:2: programs read 010 in different ways; write 10, or '010' in quotes if it is text"),
    ],
)
def test_what_is_not_read_is_named_with_its_line(text: str, error: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read_yaml(text, "x")
    assert caught.value.text == error


@pytest.mark.parametrize("word", ["1:30:00", "yes", "no", "on", "off", "y", "1_000", "2026-11-28", "0b11", "=", "0o9"])
def test_what_only_yaml_1_1_takes_for_more_is_text(word: str) -> None:
    assert read_yaml(f"a: {word}", "x") == {"a": word}
    assert read_yaml(f"a: '{word}'", "x") == {"a": word}


@given(st.one_of(st.integers(), st.floats(allow_nan=False), st.booleans(), st.none()))
def test_what_programs_write_is_read_back(value: object) -> None:
    assert read_yaml(yaml.safe_dump({"a": value}), "x") == {"a": value}


def test_numbers_have_the_forms_of_the_core_schema() -> None:
    words = ("0", "-17", "0o14", "0xFF", "1.", ".5", "-2e3", ".inf")
    assert [value_of(word) for word in words] == [0, -17, 12, 255, 1.0, 0.5, -2000.0, float("inf")]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("name", 1),
        ("sites[lyon].router.asn", 3),
        ("sites[nancy].router.ssh", 9),
        ("sites[nancy].router.lan", 7),
        ("sites[nancy].devices", 5),
        ("sites[paris].devices", 4),
        ("nowhere", None),
        ("groups[1].port", 13),
    ],
)
def test_a_field_is_found_at_the_line_where_it_is_written(path: str, line: int | None) -> None:
    text = (
        "name: x\nbase: &base\n  router: &router {asn: 1}\nsites:\n- &lyon {name: lyon, <<: *base, devices: 1}\n"
        "- <<: *lyon\n  router: {<<: *router, lan: 1,\n\n    ssh: 1}\n  name: nancy\n"
        "groups:\n- {name: a}\n- {port: 1, name: true}\n"
    )
    assert LabFileLines(text).of(path) == line


def test_every_lab_of_the_tests_has_its_lines() -> None:
    for path in LABS.glob("*.yaml"):
        lines = LabFileLines(path.read_text(encoding="utf-8"))
        assert lines.of("vpc.cidr") is not None, path
