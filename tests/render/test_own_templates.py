"""A lab's own templates: beside ours, rendered with the same values, and every mistake by file, line and name."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from documents import lab_with

from mcastlab.cli.main import main
from mcastlab.ios.configuration import paths
from mcastlab.lab.document import parse_yaml
from mcastlab.lab_files import STARTING_FILE
from mcastlab.render.engine import TEMPLATES
from mcastlab.render.filters import FILTERS
from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import GreLink, Vti, render_all
from mcastlab.render.stand_in import refuse_broken_templates, stand_in
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.lab.model import Lab
    from mcastlab.render.routers import Rendered

README = (TEMPLATES / "README.md").read_text(encoding="utf-8")
KEY = "none-is-known-yet"


def lab_of(folder: Path, *, aws: str | None = None, far: str | None = None) -> Lab:
    changes = {}
    for place, name, text in (("router.template", "aws.j2", aws), ("sites.0.router.template", "far.j2", far)):
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
            changes[place] = name
    return lab_with(changes, folder=folder)


def rendered(lab: Lab) -> tuple[Rendered, ...]:
    return render_all(lab, stand_in(lab))


def test_lines_come_after_ours_with_their_own_place(tmp_path: Path) -> None:
    plain = rendered(lab_with({}))[1]
    far = rendered(lab_of(tmp_path, far="{# mine #}\nip host gateway {{ lab.router.loopback }}\n"))[1]
    assert far.shown == f"{plain.shown}!\nip host gateway 10.255.0.10\n"
    assert far.text.reveal() == f"{plain.text.reveal()}!\nip host gateway 10.255.0.10\n"
    assert far.origins[-1] == f"{tmp_path}/far.j2:2"
    assert far.origins[: len(plain.origins)] == plain.origins


def test_section_of_ours_goes_on_and_a_line_of_one_kind_gives_way(tmp_path: Path) -> None:
    text = "interface {{ links[0].interface }}\n ip pim dr-priority 9\n ip mtu 1300\n"
    aws = rendered(lab_of(tmp_path, aws=text))[0]
    tunnel = [path[1] for path in paths(intended(aws)) if path[0].startswith("interface Tunnel") and len(path) > 1]
    assert "ip mtu 1300" in tunnel
    assert "ip mtu 1380" not in tunnel
    assert "ip pim dr-priority 9" in tunnel
    assert "ip pim sparse-mode" in tunnel
    assert sum(line.text.startswith("interface Tunnel") for line in intended(aws)) == 1


def test_ours_can_be_included(tmp_path: Path) -> None:
    far = rendered(lab_of(tmp_path, far='{% include "parts/gre.j2" %}\n{% include "other.cfg" ignore missing %}'))[1]
    assert far.origins[-2].startswith("parts/gre.j2:")


def test_every_problem_of_every_template_is_reported_at_once(tmp_path: Path) -> None:
    lab = lab_of(
        tmp_path,
        aws="hostname {{ nobody }}\n{% if lab.nothing %}\n{% endif %}\n{% for a in b %}\n{% endfor %}\n",
        far="\nip host x {{ site.router.nowhere }}\nexit\n",
    )
    with pytest.raises(BadInputError) as caught:
        refuse_broken_templates(lab)
    assert caught.value.text.splitlines() == [
        f"{tmp_path}/aws.j2:1: 'nobody' is undefined",
        f"{tmp_path}/aws.j2:2: 'mcastlab.lab.model.Lab object' has no attribute 'nothing'",
        f"{tmp_path}/aws.j2:4: 'b' is undefined",
        f"{tmp_path}/far.j2:2: 'mcastlab.lab.site.RemoteRouter object' has no attribute 'nowhere'",
    ]
    assert "README" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("one\n{% for %}\n", "far.j2:2: "),
        ("one\n\n{{ site.lan | nothing }}\n", "far.j2:3: No filter named 'nothing'."),
        ("{{ site.router.asn | ios_address }}\n", "far.j2:1: a filter or expression fails with AttributeError"),
        ('one\n{% include "gone.j2" %}\n', "far.j2:2: gone.j2: there is no such template"),
        ('{% include "far.j2" %}\n', "far.j2: includes itself without end"),
        ("ip host x 192.0.2.1\ndo write\n", "far.j2:2: 'do' cannot stand in a template"),
        ("banner motd ^C\nhello\n^C\n", "far.j2:1: 'banner' cannot stand in a template"),
        # IOS asks before it removes these, and shows no line of it afterwards.
        ("no username old\n", "far.j2:1: 'no username' cannot stand in a template"),
        ("no crypto pki trustpoint OLD\n", "far.j2:1: 'no crypto pki' cannot stand in a template"),
        ("no crypto key zeroize rsa\n", "far.j2:1: 'no crypto key' cannot stand in a template"),
        ("x\nno enable secret\n", "far.j2:2: 'no enable secret' cannot stand in a template"),
        ("x {{ tunnels[0].pre_shared_key.reveal() }}\n", "far.j2:1: access to attribute 'reveal' of 'Secret'"),
    ],
)
def test_mistake_is_reported_by_file_and_line(tmp_path: Path, text: str, reported: str) -> None:
    with pytest.raises(BadInputError) as caught:
        rendered(lab_of(tmp_path, far=text))
    assert f"{tmp_path}/{reported}" in caught.value.text


def test_template_that_is_not_there_is_reported_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    lab = lab_with({"router.template": "none.j2", "sites.0.router.template": "folder"}, folder=tmp_path)
    with pytest.raises(BadInputError) as caught:
        rendered(lab)
    assert caught.value.text.splitlines() == [
        f"{tmp_path}/none.j2: there is no such template",
        f"{tmp_path}/folder is no regular file",
    ]


def test_template_that_is_no_text_is_reported_as_such(tmp_path: Path) -> None:
    (tmp_path / "far.j2").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInputError, match=r"far\.j2 cannot be read as UTF-8 text"):
        rendered(lab_with({"sites.0.router.template": "far.j2"}, folder=tmp_path))


@pytest.mark.parametrize(
    "expression",
    [
        "tunnels[0].pre_shared_key",
        "tunnels[0].pre_shared_key | secret",
        "tunnels[0].pre_shared_key | secret | string | replace('a', 'a')",
        "(tunnels[0].pre_shared_key | secret | string)[1:]",
        "'x' ~ (tunnels[0].pre_shared_key | secret)",
        "tunnels",
    ],
)
def test_key_is_never_shown_whatever_the_template_does(tmp_path: Path, expression: str) -> None:
    far = rendered(lab_of(tmp_path, far=f"ip host {{{{ {expression} }}}}\n"))[1]
    assert KEY not in far.shown
    assert "***" in far.shown.splitlines()[-1]


def test_path_is_relative_to_the_document() -> None:
    text = STARTING_FILE.read_text(encoding="utf-8").replace(
        "  # template: aws-router.j2 ", "  template: aws-router.j2 "
    )
    lab = parse_yaml(text, "lab.yaml", TEMPLATES / "labs")
    assert str(lab.router.template) == str(TEMPLATES / "labs" / "aws-router.j2")


@pytest.mark.parametrize("value", [7, "", "a/", "x\n", "\0"])
def test_what_is_no_path_is_refused(value: object) -> None:
    with pytest.raises(BadInputError, match="write the path of a file"):
        lab_with({"router.template": value})


def test_check_refuses_a_broken_template_before_anything_is_deployed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "aws-router.j2").write_text("\n{{ nobody }}\n", encoding="utf-8")
    document = tmp_path / "lab.yaml"
    document.write_text(
        STARTING_FILE.read_text(encoding="utf-8").replace("  # template: aws-router.j2 ", "  template: aws-router.j2 "),
        encoding="utf-8",
    )
    assert main(["check", "--lab", str(document)]) == 2
    assert f"error: {tmp_path}/aws-router.j2:2: 'nobody' is undefined" in capsys.readouterr().err


def test_readme_names_every_filter_and_value() -> None:
    for name in (*FILTERS, "secret", "lab", "links", "link", "site", "tunnels"):
        assert f"`{name}`" in README, name
    for model in (GreLink, Vti):
        for field in fields(model):
            assert f"`{field.name}`" in README, field.name
