"""The documentation: generated pages are current, links lead somewhere, commands are taken by the command line."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import docs_pages
import pytest

from mcastlab.cli.main import parser
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

DOCS = PROJECT / "docs"
PAGES = [PROJECT / "README.md", *sorted(DOCS.glob("*.md"))]
GENERATED = {"commands.md": docs_pages.commands, "lab-file.md": docs_pages.lab_file}
LONGEST_README = 120


@pytest.mark.parametrize("name", GENERATED)
def test_generated_page_is_the_one_that_code_says(name: str, request: pytest.FixtureRequest) -> None:
    path, text = DOCS / name, GENERATED[name]()
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "pytest --update-golden tests/repo writes it"


def test_readme_is_read_at_one_sitting() -> None:
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= LONGEST_README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name) if name else page
        assert found.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}, target


def test_every_page_is_reached_from_the_readme() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert {page.name for page in PAGES[1:]} - set(re.findall(r"docs/([\w-]+\.md)", text)) == set()


def commands() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for block in re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            lines = (re.sub(r'^eval "\$\((.*)\)"$', r"\1", line) for line in block.splitlines())
            found += [(page.name, line) for line in lines if line.startswith("./scripts/lab ")]
    return found


@pytest.mark.parametrize(("page", "line"), commands(), ids=lambda each: each)
def test_command_of_a_page_is_one_that_the_command_line_takes(page: str, line: str) -> None:
    assert page
    words = shlex.split(line)[1:]
    # What it prints may go to a file.
    parser().parse(words[: words.index(">")] if ">" in words else words)
