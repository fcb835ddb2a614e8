"""Import of modules that came as text, on a host that has none of our files: it travels in front of them."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from importlib.abc import Loader
    from types import ModuleType


class TextImporter:
    """A finder and a loader of such modules, by their whole names; what is above them are packages without content.

    Source: the Python Language Reference, section 5.3.
    """

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Return where a module comes from; None if from elsewhere."""
        is_package = any(each.startswith(f"{name}.") for each in self.texts)
        if not is_package and name not in self.texts:
            return None
        return ModuleSpec(name, cast("Loader", self), is_package=is_package)

    def create_module(self, _spec: ModuleSpec) -> None:
        """Have Python make it as any other."""

    def exec_module(self, module: ModuleType) -> None:
        """Run its text."""
        name = module.__name__
        exec(compile(self.texts.get(name, ""), f"<{name}>", "exec", dont_inherit=True), module.__dict__)  # noqa: S102


def run(text: str, texts: dict[str, str]) -> None:
    """Run a program's text, which imports modules by theirs."""
    sys.meta_path.insert(0, TextImporter(texts))
    exec(compile(text, "<program>", "exec", dont_inherit=True), {"__name__": "__main__"})  # noqa: S102
