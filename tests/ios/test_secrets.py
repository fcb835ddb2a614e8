"""What is not known to be harmless is masked, in configurations and in what routers say; what is ours is readable."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ios.secret_forms import FREE_TEXT, SECRET_LINES

from mcastlab.ios.configuration import parse, paths, shown_configuration
from mcastlab.ios.harmless import harmless_lines
from mcastlab.ios.secrets import masked, masked_answer, masked_message
from mcastlab.places import PROJECT
from mcastlab.render.engine import TEMPLATES

SHARED = Path(os.environ.get("MCASTLAB_SHARED", PROJECT.parent / "shared"))
CASES = SHARED / "cases" / "routers" / "masked_secrets.txt"
GOLDEN = Path(__file__).parents[1] / "golden"
ROUTERS = sorted(path for path in (GOLDEN / "routers").rglob("*") if path.is_file())
SPOKEN = re.compile(r"\b[A-Z0-9]*SECRET\b")
PASSWORDS = st.one_of(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=40),
    st.from_regex(r"[0-9A-F]{10,40}", fullmatch=True),
    st.from_regex(r"[0-9]{12}", fullmatch=True),
    st.from_regex(r"\$9\$[./0-9A-Za-z]{14}\$[./0-9A-Za-z]{43}", fullmatch=True),
    st.sampled_from(["cisco123", "letmein", "public", "hunter2", "Winter2026", "correct-horse"]),
)


def texts(pattern: str) -> set[str]:
    """Return the words that may stand in a pattern."""
    return set(re.findall(r"[a-z0-9-]+", pattern))


WORDS = texts("\n".join(harmless_lines()))


@pytest.mark.parametrize("line", SECRET_LINES)
def test_no_form_of_a_secret_is_shown(line: str) -> None:
    assert "SECRET" not in masked(line).replace("SECRETGROUP", "")
    assert "SECRET" not in masked(line, misspelt=True).replace("SECRETGROUP", "")


@given(line=st.sampled_from(SECRET_LINES), secret=PASSWORDS)
def test_whatever_the_secret_is_it_is_not_shown(line: str, secret: str) -> None:
    assume(secret not in line and secret.lower() not in WORDS)
    shown = masked(re.sub(r"\bSECRET\b", lambda _: secret, line))
    assert secret not in shown
    assert masked(shown) == shown


@given(text=st.text(max_size=200))
def test_garbage_is_masked_without_a_crash_and_what_is_masked_stays(text: str) -> None:
    for line in (text, *text.splitlines()):
        shown = masked(line)
        assert masked(shown) == shown
        assert len(shown.split()) <= len(line.split()) + 1
    masked_message(text)
    masked_answer(text)
    parse(text)
    shown_configuration(text)


@given(words=st.lists(st.sampled_from(sorted(WORDS)), max_size=6), secret=PASSWORDS)
def test_no_unknown_word_passes_behind_any_known_ones(words: list[str], secret: str) -> None:
    assume(not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:+-]*|-?[\d.:/,]+|!.*", secret))
    assert secret not in masked(" ".join([*words, secret]))


@pytest.mark.parametrize("path", ROUTERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_line_of_ours_passes_but_for_its_key(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        assert masked(line) == line


@pytest.mark.parametrize("path", sorted((GOLDEN / "corpus").glob("*.txt")), ids=lambda path: path.stem)
def test_lines_of_routers_in_use_show_of_what_kind_they_are(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        assert masked(line).split()[:1] == line.split()[:1], line


def test_the_goldens_hold_every_line_of_our_templates() -> None:
    reported = {path.read_text(encoding="utf-8") for path in ROUTERS}
    for path in (*TEMPLATES.glob("*_router.j2"), *(TEMPLATES / "parts").glob("*.j2")):
        for line in path.read_text(encoding="utf-8").splitlines():
            start = line.partition("{")[0].strip()
            if path.stem != "day0" and start and not line.startswith(("{", "   ")):
                assert any(start in text for text in reported), (path, line)


def test_blocks_of_free_text_are_not_read_as_configuration() -> None:
    text = f"version 17.9\n{FREE_TEXT}interface Loopback0\n ip address 10.1.1.1 255.255.255.255\nend\n"
    shown = shown_configuration(text)
    assert "SECRET" not in shown
    below = {path[-1] for path in paths(parse(text)) if path[0] != "macro name SECRET"}
    assert not [line for line in below if "SECRET" in line and not line.startswith("SECRET")]
    assert ("interface SECRET",) not in paths(parse(text))
    assert "interface Loopback0\n ip address 10.1.1.1 255.255.255.255\n" in shown
    assert "Loopback77" not in shown


@pytest.mark.parametrize("end", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r"])
def test_free_text_does_not_become_a_line_of_its_own(end: str) -> None:
    text = f"interface Loopback0\n description a{end}interface SECRET{end} ip access-group SECRET in\nend\n"
    assert "SECRET" not in shown_configuration(text)
    assert [path[0] for path in paths(parse(text))] == ["interface Loopback0"] * 2


def test_a_mark_within_a_description_hides_nothing_that_follows() -> None:
    text = "interface Loopback0\n description press ^C to end\n ip mtu 1300\ninterface Loopback1\nend\n"
    assert ("interface Loopback1",) in paths(parse(text))


def test_only_what_a_lab_looks_at_is_shown_and_the_rest_is_counted() -> None:
    text = (
        "Building configuration...\n\nCurrent configuration : 99 bytes\n!\nversion 17.9\n"
        "aaa group server radius MGMT\n server-private 10.1.1.1 key 7 SECRET\n!\n"
        "interface Loopback0\n description SECRET\n ip address 10.1.1.1 255.255.255.255\n!\n"
        "snmp-server community SECRET\nip route 10.0.0.0 255.0.0.0 Null0 250 name SPARE\nend\n"
    )
    assert shown_configuration(text) == (
        "interface Loopback0\n description ***\n ip address 10.1.1.1 255.255.255.255\n!\n"
        "ip route 10.0.0.0 255.0.0.0 Null0 250 name SPARE\n!\n"
        "! 2 more at the top, which the lab does not look at, and what stands below them\n"
    )


@pytest.mark.skipif(
    "MCASTLAB_SHARED" not in os.environ and not CASES.exists(), reason="the cases from the field are not here"
)
def test_the_cases_from_the_field_are_masked() -> None:
    for line in CASES.read_text(encoding="utf-8").splitlines():
        assert SPOKEN.search(masked(line)) is None


@pytest.mark.parametrize(
    ("said", "sent", "shown"),
    [
        ("% Invalid input detected at '^' marker.", "", "% Invalid input detected at '^' marker."),
        ("% 10.1.1.0 overlaps with GigabitEthernet2", "", "% 10.1.1.0 overlaps with GigabitEthernet2"),
        ("%Tunnel5 used by PIM for Registering, configuration no allowed.", "", None),
        ("startup-config file open failed (Not enough space)", "", None),
        ("% Invalid key SECRET", "", "% Invalid ***"),
        ("%Error: Failed to apply command snmp-server community SECRET", "", "%Error: Failed to apply command ***"),
        ("% Invalid password: error", "enable secret error", "% Invalid ***"),
        ("%Error opening ftp://lab:SECRET@10.1.1.1/x (Permission denied)", "", "%Error opening ***"),
        ("%PARSER-5-CFGLOG_LOGGEDCMD: User:lab logged command:enable secret SECRET", "", None),
    ],
)
def test_what_a_router_says_of_a_line_is_shown_in_its_own_words(said: str, sent: str, shown: str | None) -> None:
    found = masked_message(said, sent=sent)
    assert "SECRET" not in found
    if shown is not None:
        assert found == shown
    elif "SECRET" not in said:
        assert found == said


@pytest.mark.parametrize(
    "said",
    [
        "The next archive file will be named ftp://lab:SECRET@10.1.1.1/x-9",
        "%PARSER-5-CFGLOG_LOGGEDCMD: User:lab logged command:enable secret SECRET",
        "10.1.1.1 4 65000 key-string SECRET",
        "enable password SECRET",
        "snmp-server community SECRET RO",
    ],
)
def test_an_answer_that_an_error_quotes_holds_no_credentials(said: str) -> None:
    assert "SECRET" not in masked_answer(said)


def test_a_slip_of_one_letter_is_shown_and_two_are_not() -> None:
    assert masked("ip hoost gateway 10.255.0.10", misspelt=True) == "ip hoost gateway 10.255.0.10"
    assert masked("ip hoosts gateway 10.255.0.10", misspelt=True) == "ip ***"
    assert masked("ipq hoost gateway 10.255.0.10", misspelt=True) == "ipq ***"
