"""Python source run on a host that has nothing of ours: it travels in the command itself, and no file is made."""

from __future__ import annotations

import base64
import re
import shlex
import zlib
from functools import cache
from importlib import resources
from typing import Final

_START: Final = "import sys,zlib,base64;exec(zlib.decompress(base64.b64decode(sys.argv.pop(1))))"
_IMPORTER: Final = f"{__package__}.remote_import"
_IMPORTED: Final = re.compile(rf"^from ({__package__}\.[\w.]+) import", re.MULTILINE)
"""What is imported for types alone is indented."""


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
        text = f"{_text(_IMPORTER)}\nrun({text!r}, {imported!r})\n"
    return packed(text.encode())


def travelling(module: str) -> dict[str, str]:
    """Return the texts of the modules of this package that another one imports at its top, directly or not.

    >>> list(travelling("mcastlab.traffic.probe.figures")), list(travelling("mcastlab.traffic.probe.foreign"))
    ([], ['mcastlab.traffic.probe.figures'])
    """
    found: dict[str, str] = {}
    left = _IMPORTED.findall(_text(module))
    while left:
        name = left.pop()
        if name not in found:
            found[name] = _text(name)
            left += _IMPORTED.findall(found[name])
    return found


def _text(module: str) -> str:
    package, _, name = module.rpartition(".")
    return resources.files(package).joinpath(f"{name}.py").read_text(encoding="utf-8")
