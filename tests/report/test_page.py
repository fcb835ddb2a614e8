"""The page of a verification, in Chromium: it is whole, legible and harmless, on a desk and on a phone."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from documents import LABS, document, lab_with
from report import report_samples
from report.browser import DESKTOP, PHONE, browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mcastlab.lab.document import parse
from mcastlab.lab_files import read_lab
from mcastlab.report.comparison import compare
from mcastlab.report.comparison_forms import comparison_page
from mcastlab.report.page import page
from mcastlab.report.summary import summary
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from report.browser import Browser

    from mcastlab.lab.model import Lab
    from mcastlab.verify.report import VerificationReport

FAILING = ("no_mroute", "queries_blocked", "two_causes", "vpn_down")
SIZES = {"desk": DESKTOP, "phone": PHONE}


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("pages")) as opened:
        yield opened


def twenty_sites() -> Lab:
    wide = document("ten_sites")
    for number, site in enumerate(list(wide["sites"])):
        router = {
            **site["router"],
            "ssh": f"{site['name']}-b",
            "wan": f"203.0.113.{4 * number + 65}/30",
            "lan": f"192.168.{100 + number}.1/24",
        }
        devices = [{"name": f"{site['name']}-b", "address": f"192.168.{100 + number}.20"}]
        wide["sites"].append({"name": f"{site['name']}-b", "router": router, "devices": devices})
    return parse(wide, "twenty sites")


@cache
def labs() -> dict[str, Lab]:
    return {
        "default": lab_with({}),
        "three_sites": read_lab(LABS / "three_sites.yaml"),
        "three_zones": read_lab(LABS / "three_zones.yaml"),
        "twenty_sites": twenty_sites(),
        "ninety_hosts": lab_with({"hosts.0.count": 90, "groups.0.senders": ["berlin"]}),
    }


def made(lab: Lab, name: str) -> tuple[VerificationReport, str]:
    report: VerificationReport = getattr(report_samples, name)(lab)
    return report, page(report, lab)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["default", "three_sites", "three_zones", "twenty_sites", "ninety_hosts"])
def test_page_says_nothing_to_the_console_asks_for_nothing_and_fits(
    chromium: Browser, name: str, size: str, scheme: str
) -> None:
    _, html = made(labs()[name], "sound" if scheme == "light" else "two_causes")
    file = chromium.show(html, size=SIZES[size], scheme=scheme)
    assert chromium.said() == []
    assert {url for url in chromium.asked_for() if not url.startswith("data:")} == {file.as_uri()}
    width, window = chromium.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert width <= window == SIZES[size][0]
    assert chromium.picture(f"{name}-{size}-{scheme}").stat().st_size > 20_000


def test_what_a_page_without_its_policy_would_ask_for_is_seen(chromium: Browser) -> None:
    _, html = made(labs()["default"], "sound")
    html = html.replace("<main", '<img src="http://127.0.0.1:9/picture.png"><main')
    chromium.show(html)
    assert any("Content Security Policy" in entry["message"] for entry in chromium.said())
    chromium.show(re.sub(r"<meta http-equiv[^>]*>", "", html))
    assert "http://127.0.0.1:9/picture.png" in chromium.asked_for()


@pytest.mark.parametrize("name", FAILING)
def test_failed_checks_stand_open_within_two_screens(chromium: Browser, lab: Lab, name: str) -> None:
    report, html = made(lab, name)
    chromium.show(html)
    failed = [check.key for check in report.checks if check.verdict is Verdict.FAILS]
    assert failed
    for key in failed:
        bottom = chromium.run(
            "const f = document.querySelector('#' + CSS.escape(arguments[0]) + ' .seen');"
            "return f.checkVisibility() ? f.getBoundingClientRect().bottom : null",
            key,
        )
        assert bottom is not None, f"{key} is folded"
        assert bottom <= 2 * DESKTOP[1], f"{key} ends at {bottom}"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FAILING)
def test_failed_checks_and_the_first_cause_are_named_within_two_screens(
    chromium: Browser, lab: Lab, name: str, size: str
) -> None:
    report, html = made(lab, name)
    chromium.show(html, size=SIZES[size])
    reported = chromium.run(
        "return [...document.querySelectorAll('.strip a span, .sentence')]"
        ".filter(e => e.getBoundingClientRect().bottom <= 2 * innerHeight && e.getBoundingClientRect().width > 2)"
        ".map(e => e.textContent)"
    )
    for check in report.checks:
        if check.verdict is Verdict.FAILS:
            assert check.title in reported
    assert any(report.diagnoses[0].sentence in text for text in reported)


@pytest.mark.parametrize("size", SIZES)
def test_why_a_check_was_not_reached_leaves_its_title_the_line(chromium: Browser, lab: Lab, size: str) -> None:
    report: VerificationReport = report_samples.no_mroute(lab)
    why = "a router's reverse path leads elsewhere; it needs `ip mroute 10.255.0.10 255.255.255.255 Tunnel200`. " * 2
    unreached = report.checks[-1].model_copy(
        update={"key": "traffic", "verdict": Verdict.NOT_REACHED, "reason": why, "findings": ()}
    )
    chromium.show(page(report.model_copy(update={"checks": (*report.checks[:-1], unreached)}), lab), size=SIZES[size])
    title, held = chromium.run(
        "const boxes = ['.title', '.held'].map(c => document.querySelector('#traffic > summary ' + c));"
        "return boxes.map(box => box.getBoundingClientRect().toJSON())"
    )
    assert title["width"] > SIZES[size][0] / 2
    assert title["bottom"] <= held["top"], "one is written over the other"


def test_sound_lab_shows_no_failure(chromium: Browser, lab: Lab) -> None:
    _, html = made(lab, "sound")
    chromium.show(html)
    assert chromium.run("return document.querySelectorAll('main .fails:not(.key *)').length") == 0
    assert "holds" in chromium.driver.find_element(By.TAG_NAME, "h1").text


def test_tab_key_reaches_a_part_of_the_picture_and_reads_what_was_found(chromium: Browser, lab: Lab) -> None:
    report, html = made(lab, "no_mroute")
    chromium.show(html)
    seen = next(each.seen for check in report.checks for each in check.findings if each.verdict is Verdict.FAILS)
    reported: set[str] = set()
    focus = chromium.driver.switch_to.active_element
    for _ in range(120):
        focus.send_keys(Keys.TAB)
        focus = chromium.driver.switch_to.active_element
        if chromium.run("return document.activeElement.closest('svg') !== null"):
            reported.add(chromium.run("const t = document.getElementById('tip'); return t.hidden ? '' : t.textContent"))
    assert next(text for text in reported if seen in text).startswith("lab-router")
    assert "" not in reported
    focus.send_keys(Keys.ESCAPE)
    assert chromium.run("return document.getElementById('tip').hidden")


@pytest.mark.parametrize("size", SIZES)
def test_a_bound_and_a_busy_host_are_legible(chromium: Browser, lab: Lab, size: str) -> None:
    _, html = made(lab, "one_way_and_busy")
    chromium.show(html, size=SIZES[size])
    assert chromium.said() == []
    width, window = chromium.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert width <= window
    cells = chromium.run("return [...document.querySelectorAll('.grid td.holds')].map(e => e.textContent.trim())")
    assert "✓ < 242" in cells
    assert chromium.run(
        "return [...document.querySelectorAll('svg .quiet')].some(e => e.textContent.startsWith('< 242 ms'))"
    )
    assert chromium.picture(f"one-way-{size}").stat().st_size > 20_000


def test_pointer_reads_a_cell_of_the_matrix_within_the_window(chromium: Browser, lab: Lab) -> None:
    _, html = made(lab, "no_mroute")
    chromium.show(html, size=PHONE)
    cell = chromium.driver.find_element(By.CSS_SELECTOR, ".grid td.fails")
    chromium.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", cell)
    chromium.run("arguments[0].dispatchEvent(new PointerEvent('pointerover', {bubbles: true}))", cell)
    text, left, right = chromium.run(
        "const t = document.getElementById('tip'), b = t.getBoundingClientRect();"
        "return [t.textContent, b.left, b.right]"
    )
    assert "0 of 500 arrived, 100 % lost" in text
    assert 0 <= left < right <= PHONE[0]


def test_arrow_keys_walk_through_a_matrix_that_is_one_stop_of_the_tab_key(chromium: Browser, lab: Lab) -> None:
    _, html = made(lab, "sound")
    chromium.show(html)
    cells = chromium.driver.find_elements(By.CSS_SELECTOR, ".grid td[data-tip]")
    stops = [cell for cell in cells if cell.get_attribute("tabindex") == "0"]
    assert len(stops) == 1
    chromium.run("arguments[0].focus()", stops[0])
    stops[0].send_keys(Keys.ARROW_DOWN)
    now = chromium.driver.switch_to.active_element
    assert now != stops[0]
    assert now in cells


def test_line_that_repairs_is_copied_as_it_is(chromium: Browser, lab: Lab) -> None:
    report, html = made(lab, "no_mroute")
    chromium.show(html)
    chromium.run(
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async t => { window.copied = t; }}})"
    )
    chromium.driver.find_element(By.CSS_SELECTOR, ".causes .copy").click()
    assert chromium.run("return window.copied") == report.diagnoses[0].fix


LEGIBLE = """
const light = c => c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
const rgb = text => text.match(/[\\d.]+/g).map(Number);
const below = e => { for (; e; e = e.parentElement) {
  const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); }
  return [255, 255, 255]; };
return [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('svg, #tip') &&
  [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim().length > 1)).map(e => {
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(below(e))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), e.className + ': ' + e.textContent.trim().slice(0, 40)]; })
  .filter(([ratio]) => ratio < arguments[0]);
"""
"""Texts with less contrast than wanted. Source: WCAG 2.2, 1.4.3."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(chromium: Browser, lab: Lab, scheme: str) -> None:
    _, html = made(lab, "two_causes")
    chromium.show(html, scheme=scheme)
    poor: list[Any] = chromium.run(LEGIBLE, 4.5)
    assert poor == []


def test_light_is_light_and_dark_is_dark(chromium: Browser, lab: Lab) -> None:
    _, html = made(lab, "sound")
    grounds = []
    for scheme in ("light", "dark"):
        chromium.show(html, scheme=scheme)
        ground = chromium.run("return getComputedStyle(document.body).backgroundColor")
        grounds.append(sum(map(int, re.findall(r"\d+", ground))))
    assert grounds[0] > 600
    assert grounds[1] < 200


def test_what_a_router_says_is_text_and_nothing_else(chromium: Browser, lab: Lab) -> None:
    _, html = made(lab, "hostile")
    chromium.show(html)
    assert chromium.said() == []
    assert chromium.run("return [document.images.length, document.scripts.length]") == [0, 1]
    assert chromium.run("return document.querySelector('.sentence').textContent").strip().endswith("alert(1)>?[31m")
    assert "\x1b" not in html


def test_print_unfolds_everything(chromium: Browser, lab: Lab) -> None:
    _, html = made(lab, "sound")
    chromium.show(html)
    chromium.run("dispatchEvent(new Event('beforeprint'))")
    assert chromium.run("return document.querySelectorAll('details:not([open])').length") == 0
    chromium.run("dispatchEvent(new Event('afterprint'))")
    assert chromium.run("return document.querySelectorAll('details:not([open])').length") > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_is_white_whatever_the_screen_is_and_has_no_buttons(chromium: Browser, lab: Lab, scheme: str) -> None:
    _, html = made(lab, "two_causes")
    chromium.show(html, scheme=scheme, media="print")
    ground = chromium.run("return getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    assert chromium.run("return [...document.querySelectorAll('.copy')].some(e => e.checkVisibility())") is False
    assert chromium.run("return document.getElementById('ticket').checkVisibility()") is False
    assert chromium.run(LEGIBLE, 4.5) == []


def test_shown_by_leads_to_checks_that_fail_alone(chromium: Browser, lab: Lab) -> None:
    report: VerificationReport = report_samples.no_mroute(lab)
    cause = report.diagnoses[0].model_copy(update={"checks": ("rpf", "bgp", "no-such-check")})
    chromium.show(page(report.model_copy(update={"diagnoses": (cause,)}), lab))
    links = chromium.run("return [...document.querySelectorAll('.shown a')].map(e => e.getAttribute('href'))")
    assert links == ["#rpf"]


def test_link_to_a_check_that_is_folded_away_unfolds_it(chromium: Browser, lab: Lab) -> None:
    _, html = made(lab, "no_mroute")
    chromium.show(html)
    visible = "return document.querySelector('#bgp .seen').checkVisibility()"
    assert chromium.run(visible) is False
    chromium.driver.find_element(By.CSS_SELECTOR, ".strip a[href='#bgp']").click()
    assert chromium.run(visible) is True


def test_summary_for_a_ticket_is_copied_whole(chromium: Browser, lab: Lab) -> None:
    report, html = made(lab, "two_causes")
    chromium.show(html)
    text = chromium.run("return document.querySelector('#ticket .copy').dataset.copy")
    assert text == summary(report)


@pytest.mark.parametrize("size", SIZES)
def test_two_runs_stand_side_by_side_and_fit(chromium: Browser, lab: Lab, size: str) -> None:
    runs = report_samples.sound(lab), report_samples.two_causes(lab)
    chromium.show(comparison_page(compare(*runs, ("a.json", "b.json"))), size=SIZES[size])
    assert chromium.said() == []
    width, window = chromium.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert width <= window
    tops = chromium.run("return [...document.querySelectorAll('.bullet')].map(e => e.getBoundingClientRect().top)")
    assert (tops[0] == tops[1]) == (size == "desk")
    assert chromium.run(LEGIBLE, 4.5) == []


def test_every_finding_is_with_a_part_of_the_picture(lab: Lab) -> None:
    for name in FAILING:
        report, html = made(lab, name)
        drawing = html[html.index('<figure class="drawing"') : html.index("</figure>")]
        for check in report.checks:
            for finding in check.findings:
                if finding.verdict is Verdict.FAILS:
                    assert finding.seen in drawing, (name, check.key)
