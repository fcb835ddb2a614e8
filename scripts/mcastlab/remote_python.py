"""Python source run on a host that has nothing of ours: it travels in the command itself, and no file is made."""

from __future__ import annotations

import ast
import base64
import shlex
import zlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_START: Final = "import sys,zlib,base64;exec(zlib.decompress(base64.b64decode(sys.argv.pop(1))))"
_OURS: Final = __package__
_IMPORTER: Final = f"{_OURS}.remote_import"


def packed(content: bytes) -> str:
    """Return content as one word that no shell touches."""
    return base64.b64encode(zlib.compress(content, 9)).decode()


def command(module: str, *words: str) -> str:
    """Return the shell command that runs a module, with words of the shell as its arguments.

    What it imports of this package travels with it.

    >>> shipped = command("mcastlab.traffic.probe.run", "$ID")
    >>> shipped.startswith("exec python3 -c "), shipped.endswith(" $ID")
    (True, True)
    """
    return f"exec python3 -c {shlex.quote(_START)} {_source(module)} {' '.join(words)}"


@cache
def _source(module: str) -> str:
    text, imported = _text(module), travelling(module)
    if imported:
        text = f"{_text(_IMPORTER)}\nrun({text!r}, { {name: _text(name) for name in imported}!r})\n"
    return packed(text.encode())


def travelling(module: str) -> tuple[str, ...]:
    """Return the modules of this package that another one imports when it runs, directly or not.

    >>> travelling("mcastlab.traffic.probe.figures"), travelling("mcastlab.traffic.probe.foreign")
    ((), ('mcastlab.traffic.probe.figures',))
    """
    found: set[str] = set()
    left = [module]
    while left:
        new = set(_imports(ast.parse(_text(left.pop())))) - found
        found |= new
        left += new
    return tuple(sorted(found))


def _imports(node: ast.AST) -> Iterator[str]:
    """Yield what is imported from modules of this package, but for types alone."""
    if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{_OURS}."):
        yield node.module
    elif not (isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
        for child in ast.iter_child_nodes(node):
            yield from _imports(child)


def _text(module: str) -> str:
    package, _, name = module.rpartition(".")
    return resources.files(package).joinpath(f"{name}.py").read_text(encoding="utf-8")
