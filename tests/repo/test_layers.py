"""One contract orders all packages by layers: none is left out, nor a room of the twin or a stage of a verification."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

from mcastlab.places import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCRIPTS: Final = PROJECT / "scripts"
PACKAGES: Final = ("mcastlab", "mcastlab_base", "mcastlab_twin", "awsregion", "iosxe", "stacks")


def layers() -> list[str]:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (found,) = (each["layers"] for each in contracts["contracts"] if each["type"] == "layers")
    return [module.strip() for layer in found for module in layer.split("|")]


def below(folder: Path, name: str) -> Iterator[str]:
    """Yield the modules and packages right below a package."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py" and not path.stem.startswith("__"):
            yield f"{name}.{path.stem}"
        elif (path / "__init__.py").exists():
            yield f"{name}.{path.name}"


def unnamed(name: str, named: list[str]) -> Iterator[str]:
    """Yield what no layer names, of a package and what is below it."""
    if name in named:
        return
    folder = PROJECT / "stacks" if name == "stacks" else SCRIPTS.joinpath(*name.split("."))
    if not any(each.startswith(f"{name}.") for each in named):
        yield name
        return
    for each in below(folder, name):
        yield from unnamed(each, named)


def test_every_package_has_its_layer() -> None:
    named = layers()
    assert len(named) == len(set(named))
    assert [each for package in PACKAGES for each in unnamed(package, named)] == []
