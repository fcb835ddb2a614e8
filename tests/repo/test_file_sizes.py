"""Every module is one idea: of 25 lines at least, and 300 at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

SHORTEST, LONGEST = 25, 300
PACKAGE_FILES = {"__init__.py", "__main__.py"}
"""They say what a package is, and may say no more than that."""

EXCEPTIONS = {
    "app.py": "the CDK runs this file, and all that it does is in stacks/",
    "scripts/mcastlab/aws/deployment_problem.py": "three files find such problems, and one of them imports both others",
    "scripts/mcastlab/ios/chatter.py": "the files of secrets and of refusals read it, and the latter reads the former",
    "scripts/mcastlab/report/json_form.py": "each form of a report has its file",
    "scripts/mcastlab_base/frozen.py": "the base of all models, which the linter and the import contracts name",
}


def modules() -> list[Path]:
    found = [PROJECT / "app.py", *(PROJECT / "scripts").rglob("*.py"), *(PROJECT / "stacks").rglob("*.py")]
    return [path for path in found if path.name not in PACKAGE_FILES]


def is_of_one_idea(path: Path) -> bool:
    return SHORTEST <= len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_every_module_has_25_to_300_lines() -> None:
    wrong = {str(path.relative_to(PROJECT)) for path in modules() if not is_of_one_idea(path)}
    assert wrong - EXCEPTIONS.keys() == set(), "split it where its second idea begins, or join it with its neighbour"


def test_what_is_excepted_is_there_and_would_be_wrong() -> None:
    assert [name for name in EXCEPTIONS if is_of_one_idea(PROJECT / name)] == []
