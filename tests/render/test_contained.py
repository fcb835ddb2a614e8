"""A lab file names files in its own folder: nothing else is read, whatever a path, a link or a template says."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest
from documents import lab_with
from hypothesis import given
from hypothesis import strategies as st

from mcastlab.cli.main import main
from mcastlab.contained import LARGEST, read_contained
from mcastlab.lab_files import STARTING_FILE, read_lab
from mcastlab.render.routers import render_all
from mcastlab.render.stand_in import stand_in
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

FOREIGN = "root:$6$foreign.hash:19000:0:99999:7:::"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a lab file's folder, beside which a foreign file stands."""
    (tmp_path / "shadow").write_text(FOREIGN, encoding="utf-8")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.j2").write_text(FOREIGN, encoding="utf-8")
    made = tmp_path / "lab"
    made.mkdir()
    return made


@pytest.mark.parametrize("path", ["../shadow", "/etc/shadow", "sub/../../shadow", "..", "a/../b.j2", "//etc/shadow"])
@pytest.mark.parametrize("field", ["router.template", "sites.0.router.template"])
def test_a_path_that_leads_out_is_refused_by_its_field(folder: Path, field: str, path: str) -> None:
    with pytest.raises(BadInputError) as caught:
        lab_with({field: path}, folder=folder)
    assert "leads out of the lab file's folder; write the path of a file in it" in caught.value.text
    assert field.rpartition(".")[2] in caught.value.text
    assert FOREIGN not in caught.value.text


def to_file(folder: Path) -> str:
    (folder / "far.j2").symlink_to("../shadow")
    return "far.j2"


def to_absolute(folder: Path) -> str:
    (folder / "far.j2").symlink_to(folder.parent / "shadow")
    return "far.j2"


def through_folder(folder: Path) -> str:
    (folder / "sub").symlink_to("../secret")
    return "sub/key.j2"


def by_two_links(folder: Path) -> str:
    (folder / "first").symlink_to("second")
    (folder / "second").symlink_to("../shadow")
    return "first"


def included(statement: str) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        (folder / "sub").symlink_to("../secret")
        (folder / "far.j2").write_text(statement, encoding="utf-8")
        return "far.j2"

    return make


@pytest.mark.parametrize(
    "make",
    [
        to_file,
        to_absolute,
        through_folder,
        by_two_links,
        included('{% include "../shadow" %}\n'),
        included('{% include "../shadow" ignore missing %}\n'),
        included('{% include "/etc/shadow" %}\n'),
        included('{% include "sub/key.j2" %}\n'),
        included('{% extends "sub/key.j2" %}\n'),
        included('{% import "sub/key.j2" as key %}{{ key }}\n'),
        included('{% from "sub/key.j2" import key %}\n'),
        included('{% include ["none.j2", "../shadow"] %}\n'),
    ],
)
def test_what_leads_out_otherwise_is_refused_and_not_shown(folder: Path, make: Callable[[Path], str]) -> None:
    lab = lab_with({"sites.0.router.template": make(folder)}, folder=folder)
    with pytest.raises(BadInputError) as caught:
        render_all(lab, stand_in(lab))
    assert f"leads out of the folder {folder}" in caught.value.text
    assert "lab file's folder" in caught.value.hint
    assert "foreign" not in f"{caught.value.text}{caught.value.hint}"


@pytest.mark.parametrize(
    "expression",
    [
        "lab.router.template.folder.read_text()",
        "lab.router.template.parent",
        "lab.parse_file('/etc/hostname')",
        "lab.model_validate_json('{}')",
        "lab.router.copy()",
    ],
)
def test_a_template_has_no_other_way_to_a_file(folder: Path, expression: str) -> None:
    (folder / "aws.j2").write_text(f"ip host x {{{{ {expression} }}}}\n", encoding="utf-8")
    lab = lab_with({"router.template": "aws.j2"}, folder=folder)
    with pytest.raises(BadInputError, match=r"aws\.j2:1: "):
        render_all(lab, stand_in(lab))


def test_a_link_within_the_folder_and_a_folder_below_are_fine(folder: Path) -> None:
    (folder / "routers").mkdir()
    (folder / "routers" / "berlin.j2").write_text("ip host a 192.0.2.1\n", encoding="utf-8")
    (folder / "routers" / "more.j2").write_text('{% include "berlin.j2" %}', encoding="utf-8")
    (folder / "far.j2").symlink_to("routers/more.j2")
    here = folder.parent / "link"
    here.symlink_to("lab")
    for at in (folder, here):
        (at / "more.j2").unlink(missing_ok=True)
        for name in ("far.j2", "routers/more.j2"):
            (at / "berlin.j2").write_text("ip host a 192.0.2.1\n", encoding="utf-8")
            lab = lab_with({"sites.0.router.template": name}, folder=at)
            assert render_all(lab, stand_in(lab))[1].shown.endswith("ip host a 192.0.2.1\n")


def test_what_is_no_text_file_is_refused_in_words(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "large").write_text("!\n" * LARGEST, encoding="utf-8")
    (folder / "octets").write_bytes(b"\xff\xfe\x00")
    for name, reported in (
        ("pipe", "is no regular file"),
        (".", "is no regular file"),
        ("large", "is larger than 1 MiB"),
        ("octets", "cannot be read as UTF-8 text"),
    ):
        with pytest.raises(BadInputError, match=reported):
            read_contained(folder, PurePosixPath(name))
    with pytest.raises(FileNotFoundError):
        read_contained(folder, PurePosixPath("octets/none"))


def test_a_file_that_becomes_a_link_after_the_look_is_not_followed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "key.j2").write_text("!\n", encoding="utf-8")
    resolved = os.path.realpath

    def exchanged(path: Path | str) -> str:
        found = resolved(path)
        if found.endswith("key.j2"):
            (folder / "sub").rename(folder / "old")
            (folder / "sub").symlink_to("../secret")
        return found

    monkeypatch.setattr(os.path, "realpath", exchanged)
    with pytest.raises((BadInputError, FileNotFoundError)) as caught:
        read_contained(folder, PurePosixPath("sub/key.j2"))
    assert "foreign" not in str(caught.value)


@given(
    parts=st.lists(st.sampled_from(["..", ".", "sub", "far.j2", "", "/", "shadow", "secret", "key.j2"]), max_size=6),
)
def test_no_path_shows_what_stands_outside(parts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.getbasetemp() / "contained"
    (root / "lab" / "sub").mkdir(parents=True, exist_ok=True)
    (root / "secret").mkdir(exist_ok=True)
    (root / "secret" / "key.j2").write_text(FOREIGN, encoding="utf-8")
    (root / "shadow").write_text(FOREIGN, encoding="utf-8")
    link = root / "lab" / "secret"
    if not link.is_symlink():
        link.symlink_to("../secret")
    try:
        found = read_contained(root / "lab", PurePosixPath("/".join(parts)))
    except (BadInputError, FileNotFoundError):
        return
    assert FOREIGN not in found


@pytest.mark.parametrize("name", ["lab.yaml", "cdk.json"])
def test_check_refuses_a_lab_file_that_reads_outside_its_folder(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = STARTING_FILE.read_text(encoding="utf-8").replace("  # template: aws-router.j2 ", "  template: ../shadow ")
    if name == "cdk.json":
        (folder / "sound.yaml").write_text(STARTING_FILE.read_text(encoding="utf-8"), encoding="utf-8")
        document = {**read_lab(folder / "sound.yaml").model_dump(mode="json")}
        document["router"]["template"] = "../shadow"
        text = json.dumps({"context": {"lab": document}})
    (folder / name).write_text(text, encoding="utf-8")
    assert main(["check", "--lab", str(folder / name)]) == 2
    said = capsys.readouterr()
    assert "leads out of the lab file's folder" in said.err
    assert "foreign" not in f"{said.out}{said.err}"
