"""The Cisco images that a virtual router can stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Platform = Literal["c8000v", "csr1000v"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterImage:
    """What an image says of itself."""

    chassis: str
    release: str
    """As ``show version`` names it: ``17.09.04a``."""
    train: str
    """The name of the release's train."""
    version: str
    """As the configuration's first line names it: ``17.9``."""
    library: str
    """The software's name in brackets."""


IMAGES: Final[Mapping[Platform, RouterImage]] = {
    "c8000v": RouterImage(
        chassis="C8000V",
        release="17.09.04a",
        train="Cupertino",
        version="17.9",
        library="X86_64_LINUX_IOSD-UNIVERSALK9-M",
    ),
    "csr1000v": RouterImage(
        chassis="CSR1000V",
        release="17.03.04a",
        train="Amsterdam",
        version="17.3",
        library="X86_64_LINUX_IOSD-UNIVERSALK9-M",
    ),
}
