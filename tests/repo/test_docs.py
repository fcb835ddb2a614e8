"""The documentation: generated pages are current, links lead somewhere, commands are taken by the command line."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import docs_pages
import pytest
from documented import (
    ALONE,
    DOCS,
    ELSEWHERE,
    EXPLAINED,
    IN_A_LAB,
    OFFLINE,
    PAGES,
    blocks,
    is_whole,
    leaves,
    runs,
    sentence_commands,
    shell_lines,
    verbs_and_actions,
)

from mcastlab.cli.main import names, parser, verb_of
from mcastlab.ios.show.tables import SUPPORTED
from mcastlab.lab.reading import read_yaml
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from pathlib import Path


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


STAND_INS = {"N": "1", "...": ""}
"""What stands in a sentence where a user writes a value that not every text is."""


def commands() -> list[tuple[str, str]]:
    """Every command of a page: in blocks, in workflows, and in sentences."""
    found = []
    for page, block in blocks("sh"):
        found += [(page, re.sub(r'^eval "\$\((.*)\)"$', r"\1", line)) for line in block.splitlines() if line.strip()]
    for page, block in blocks("yaml"):
        found += [(page, line) for line in re.findall(r"(\./scripts/lab .*)", block)]
    found += [(page, command) for command, page in sentence_commands().items()]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize(("page", "line"), commands(), ids=lambda each: each)
def test_command_of_a_page_is_one_that_the_command_line_takes(page: str, line: str) -> None:
    assert page
    program, *words = shlex.split(line, comments=True)
    if program == "./scripts/test":
        known = (PROJECT / "scripts" / "test").read_text(encoding="utf-8")
        assert [word for word in words if f" {word}) " not in known] == []
        return
    assert program == "./scripts/lab", line
    # What it prints may go to a file; brackets are a sentence's.
    words = words[: words.index(">")] if ">" in words else words
    words = [STAND_INS.get(word, word) for word in (word.strip("[]") for word in words)]
    if set(words) <= verbs_and_actions():
        with pytest.raises(SystemExit) as caught:
            parser().parse([*words, "--help"])
        assert caught.value.code == 0
        return
    parser().parse(words)


def test_every_command_of_the_documentation_is_run() -> None:
    lists = (OFFLINE, ALONE, IN_A_LAB, ELSEWHERE)
    listed = [line for each in lists for line in each]
    assert len(listed) == len(set(listed)), "in two lists"
    whole = {command for command in sentence_commands() if is_whole(command)}
    assert (shell_lines().keys() | whole) - set(listed) == set(), "run by no test"
    assert set(listed) - shell_lines().keys() - sentence_commands().keys() == set(), "in no page"


@pytest.mark.parametrize(("line", "file"), ELSEWHERE.items(), ids=lambda each: each)
def test_command_that_is_run_elsewhere_is_run_there(line: str, file: str) -> None:
    assert runs(line, PROJECT / file), f"{file} does not hand on words_of({line!r})"


def test_decisions_are_numbered_one_by_one_and_are_there_where_a_page_names_one() -> None:
    text = (DOCS / "decisions.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^(\d+)\. \*\*", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    items = re.findall(r"^\d+\..*\n(?:^ +.*\n)*", text, re.MULTILINE)
    assert len(items) == len(numbers), "another form than `N. **What.** Why`"
    assert text.endswith("".join(items)), "a line that belongs to no decision"
    named = {int(n) for page in EXPLAINED for n in re.findall(r"\bdecision (\d+)", page.read_text(encoding="utf-8"))}
    assert named <= set(numbers)


def test_every_verb_has_an_example_that_it_takes() -> None:
    for name in names():
        for verb in leaves(verb_of(name)):
            assert verb.examples, verb
            for example in verb.examples:
                words = shlex.split(example)
                assert isinstance(parser().parse(words[: words.index(">")] if ">" in words else words), verb)


def test_lowest_release_is_the_one_that_the_readers_are_written_for() -> None:
    lowest = re.findall(r"IOS-XE (\d+\.\d+)", SUPPORTED)
    text = (DOCS / "production-router.md").read_text(encoding="utf-8")
    assert re.findall(r"^IOS-XE (\d+\.\d+) or later", text, re.MULTILINE) == lowest


@pytest.mark.parametrize(("page", "block"), blocks("yaml"), ids=lambda each: each[:20])
def test_yaml_of_a_page_is_read(page: str, block: str) -> None:
    assert isinstance(read_yaml(block, page), dict | list)
