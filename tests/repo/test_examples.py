"""The examples in docstrings run, each of them, and show what they say."""

from __future__ import annotations

import ast
import doctest
import importlib
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOTS = (PROJECT / "scripts", PROJECT / "stacks", PROJECT / "tests")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def examples_in(path: Path) -> int:
    """Count a file's examples without importing it."""
    text = path.read_text(encoding="utf-8")
    if ">>> " not in text:
        return 0
    reported = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(text)) if isinstance(node, DOCUMENTED)]
    return sum(len(doctest.DocTestParser().get_examples(each)) for each in reported)


def modules() -> Iterator[tuple[str, Path]]:
    """Return the modules that may have examples, and their files."""
    for root in ROOTS:
        base = PROJECT if root.name == "stacks" else root
        for path in sorted(root.rglob("*.py")):
            if ">>> " in path.read_text(encoding="utf-8"):
                yield ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__"), path


@pytest.mark.parametrize(("name", "path"), [pytest.param(*each, id=each[0]) for each in modules()])
def test_examples_show_what_they_say(name: str, path: Path) -> None:
    count = examples_in(path)
    reported = StringIO()
    with redirect_stdout(reported):
        ended = doctest.testmod(importlib.import_module(name))
    assert (ended.failed, ended.attempted) == (0, count), reported.getvalue()
