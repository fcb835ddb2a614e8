"""Python source run on a host that has nothing of ours: it travels in the command itself, and no file is made."""

from __future__ import annotations

import base64
import shlex
import zlib
from functools import cache
from importlib import resources
from typing import Final

_START: Final = "import sys,zlib,base64;exec(zlib.decompress(base64.b64decode(sys.argv.pop(1))))"


def packed(content: bytes) -> str:
    """Return content as one word that no shell touches."""
    return base64.b64encode(zlib.compress(content, 9)).decode()


def command(module: str, *words: str) -> str:
    """Return the shell command that runs a module's source, with words of the shell as its arguments.

    >>> shipped = command("mcastlab_base.frozen", "$ID")
    >>> shipped.startswith("exec python3 -c "), shipped.endswith(" $ID")
    (True, True)
    """
    return f"exec python3 -c {shlex.quote(_START)} {_source(module)} {' '.join(words)}"


@cache
def _source(module: str) -> str:
    package, _, name = module.rpartition(".")
    return packed(resources.files(package).joinpath(f"{name}.py").read_bytes())
