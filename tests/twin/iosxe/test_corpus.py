"""Configurations in the manner of public guides and other people's labs are kept, or refused in IOS's words.

``pytest --update-golden`` writes what is printed anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from twin.iosxe.typist import Typist

from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iosxe.config.node import Node, Row

CORPUS = Path(__file__).parent / "corpus"
KEPT = ("aws_ikev1_sample", "campus_services", "multicast_campus", "provider_routing")
CARET = "% Invalid input detected at '^' marker."
WANTED = 100


def lines_of(name: str) -> list[str]:
    lines = (CORPUS / f"{name}.cfg").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.strip().startswith("!")]


def rows_in(node: Node) -> Iterator[Row]:
    for child in node.children.values():
        yield child.row
        yield from rows_in(child)


@pytest.mark.parametrize("name", KEPT)
def test_a_configuration_from_elsewhere_is_kept_and_printed_canonically(
    name: str, golden: Callable[[str, str], None]
) -> None:
    router = Typist(lines_of(name))
    assert router.refused == []
    golden(f"corpus/{name}.txt", router.text)
    again = Typist(router.text.splitlines())
    assert again.refused == []
    assert again.text == router.text


@pytest.mark.parametrize("name", KEPT)
def test_no_line_is_lost(name: str) -> None:
    """Each line that stands in the form in which IOS prints it is there again."""
    printed = {line.strip() for line in Typist(lines_of(name)).text.splitlines()}
    lost = {line.strip() for line in lines_of(name)} - printed
    defaults_and_forms = {
        "aws_ikev1_sample": {
            "exit",
            "hash sha",
            "no shutdown",
            "encryption aes 128",
            "encr 3des",
            "mode tunnel",
            "crypto ipsec fragmentation before-encryption",
            "crypto ipsec transform-set ipsec-prop-vpn-0a1b2c3d-0 esp-aes 128 esp-sha-hmac",
            "set security-association lifetime seconds 3600",
        },
    }
    assert lost <= defaults_and_forms.get(name, set()) | {"no shutdown", "exit-address-family"}, lost


@pytest.mark.parametrize("line", lines_of("refused"))
def test_what_the_router_has_not_is_refused_with_the_caret(typist: Typist, line: str) -> None:
    before = typist.text
    assert CARET in typist.type(line)
    assert typist.text == before


def test_the_corpus_goes_well_beyond_our_templates() -> None:
    ours = "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT / "router_templates").rglob("*.j2"))
    ours_lines = [line.strip() for line in ours.splitlines()]
    used = {row.pattern: row for name in KEPT for row in rows_in(Typist(lines_of(name)).config.root)}
    beyond = [
        pattern
        for pattern, row in used.items()
        if not any(
            line.startswith(row.slot if row.slot.startswith("neighbor") else row.parsed.head) for line in ours_lines
        )
    ]
    assert len(beyond) >= WANTED, sorted(beyond)
