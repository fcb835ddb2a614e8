"""Somebody who types at a router without a session: lines go into the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iosxe.config.editor import Place, take
from iosxe.config.node import Config
from iosxe.config.text import configuration
from iosxe.day0 import factory

if TYPE_CHECKING:
    from collections.abc import Iterable

INTERFACES = ("GigabitEthernet1", "GigabitEthernet2", "GigabitEthernet3")


class Typist:
    """Somebody who types configuration lines and reads the answers."""

    def __init__(self, lines: Iterable[str] = (), *, shut: bool = False) -> None:
        self.config = Config()
        self.place: Place | None = Place()
        self.refused: list[tuple[str, str]] = []
        self.type(*factory(INTERFACES, shut=shut))
        self.type(*lines)

    def type(self, *lines: str) -> str:
        """Type lines and return the last answer."""
        answer = ""
        for line in lines:
            place = self.place or Place()
            prompt = f"R({place.mode.prompt})#"
            taken = take(self.config, place, line, prompt=prompt, interfaces=INTERFACES)
            self.config, self.place, answer = taken.config, taken.place, taken.answer
            if taken.refused:
                self.refused.append((line, answer))
        return answer

    @property
    def mode(self) -> str:
        """The mode that the next line is typed in."""
        return (self.place or Place()).mode.prompt

    @property
    def text(self) -> str:
        """The running configuration."""
        return configuration(self.config, "17.9")

    def section(self, header: str) -> list[str]:
        """Return the printed lines of a section."""
        lines = self.text.splitlines()
        first = lines.index(header)
        rest = lines[first + 1 :]
        return [line[1:] for line in rest[: next(at for at, line in enumerate(rest) if not line.startswith(" "))]]
