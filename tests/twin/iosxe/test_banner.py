"""Banners are text up to their delimiter, over lines, whatever these look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from iosxe.config.editor import Place, take
from iosxe.config.node import Config
from iosxe.config.text import configuration

if TYPE_CHECKING:
    from collections.abc import Iterable

MOTD: Final = """\
banner motd ^C
hostname OTHER
interface Loopback5
 ip address 10.5.5.5 255.255.255.255
! no comment, but text

end
^C
"""


def entered(lines: Iterable[str]) -> Config:
    config, place = Config(), Place()
    for line in lines:
        taken = take(config, place, line)
        assert not taken.refused, line
        assert taken.place is not None, line
        config, place = taken.config, taken.place
    assert place.banner is None
    return config


def test_commands_in_a_banner_are_text() -> None:
    config = entered(["hostname A", *MOTD.splitlines(), "hostname B"])
    shown = configuration(config, "17.9")
    assert f"\n{MOTD}" in shown
    assert "\nhostname B\n" in shown
    assert config.root.find("interface", "Loopback5") is None


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["banner login #Authorised only#"], "banner login ^CAuthorised only^C"),
        (["banner exec $Line one", "line # two$"], "banner exec ^CLine one\nline # two^C"),
        (["banner motd x", " x"], "banner motd ^C\n ^C"),
        (["banner incoming ^Cone^C behind it"], "banner incoming ^Cone^C"),
    ],
)
def test_any_character_delimits(lines: list[str], shown: str) -> None:
    assert f"\n{shown}\n" in configuration(entered(lines), "17.9")


def test_what_is_shown_can_be_entered_again() -> None:
    shown = configuration(entered(MOTD.splitlines()), "17.9")
    assert configuration(entered(shown.splitlines()[1:-1]), "17.9") == shown


def test_no_banner_takes_it_away() -> None:
    assert "banner" not in configuration(entered([*MOTD.splitlines(), "no banner motd"]), "17.9")
