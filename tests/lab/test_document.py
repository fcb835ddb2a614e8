"""From text to a lab: what is sound is taken, what is not is told whole and by its path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mcastlab.errors import BadInputError
from mcastlab.lab.document import parse, parse_cdk_json, parse_yaml
from mcastlab.lab_files import DEFAULT_LAB, read_lab

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.lab.model import Lab

ERRORS = Path(__file__).parents[1] / "errors"


def test_default_lab_has_what_the_demo_needs(lab: Lab) -> None:
    assert lab.host_names == ("doppel-1", "doppel-2")
    assert [len(site.devices) for site in lab.sites] == [1]
    assert len(lab.groups) == 1


def test_same_document_in_yaml_is_the_same_lab(lab: Lab) -> None:
    document = json.loads(DEFAULT_LAB.read_text(encoding="utf-8"))["context"]["lab"]
    assert parse_yaml(yaml.safe_dump(document), "lab.yaml") == lab


@pytest.mark.parametrize("path", sorted(ERRORS.glob("*.yaml")), ids=lambda path: path.stem)
def test_broken_document_gives_its_message(path: Path, golden: Callable[[str, str], None]) -> None:
    with pytest.raises(BadInputError) as caught:
        parse_yaml(path.read_text(encoding="utf-8"), path.name)
    golden(f"errors/{path.stem}.txt", f"{caught.value.text}\nhint: {caught.value.hint}\n")


def test_file_that_is_not_there_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read: No such file"):
        read_lab(tmp_path / "lab.yaml")


def test_binary_file_is_told_as_such(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInputError, match="not UTF-8"):
        read_lab(file)


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
