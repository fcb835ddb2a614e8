"""Python sources as trees, read once in a process for all tests that judge the code by its words."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@cache
def parsed(path: Path) -> ast.Module:
    """Return the tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return every node of a file's tree, breadth first."""
    return tuple(ast.walk(parsed(path)))


@cache
def nodes_of(source: str) -> tuple[ast.AST, ...]:
    """Return every node of a text's tree, breadth first.

    >>> [type(node).__name__ for node in nodes_of("a = 1")]
    ['Module', 'Assign', 'Name', 'Constant', 'Store']
    """
    return tuple(ast.walk(ast.parse(source)))
