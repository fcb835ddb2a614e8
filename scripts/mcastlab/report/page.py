"""A verification as one page: it asks nothing of any network, and nothing that it shows can run in it.

Everything that routers, hosts and AWS answered is escaped by the template engine; the page's own style and script are
allowed by their digests alone. Source: W3C, Content Security Policy Level 3, 6.7.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2
from markupsafe import Markup

from mcastlab import text
from mcastlab.report import words
from mcastlab.report.follow_plot import follow_plot
from mcastlab.report.layers import explanations
from mcastlab.report.pairs import matrices, summaries
from mcastlab.report.plots import HEIGHT, WIDTH, delay_plots, time_plots
from mcastlab.report.summary import summary
from mcastlab.report.topology import picture
from mcastlab.report.topology_marks import CLASSES, Marks
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab
    from mcastlab.report.pairs import Matrix
    from mcastlab.verify.report import VerificationReport

FOLDER: Final = Path(__file__).parent / "page"
OPEN_MATRICES: Final = 3
"""Of few groups all are open; of many those that fail, and no more than so many."""
WRITTEN_RECEIVERS: Final = 8
"""With so many receivers the matrix has room for numbers; with more it has signs."""
MATRICES_SHOWN: Final = 8
SILENCES_SHOWN: Final = 40
"""Of more, the rest is folded away or counted."""
FINDINGS_SHOWN: Final = 4
"""Of a check that fails, those that fail; the rest unfolds."""


def page(report: VerificationReport, lab: Lab) -> str:
    """Return the page of a verification of a lab."""
    traffic = report.traffic
    # What fails first, else in the lab file's order.
    found = () if traffic is None else tuple(sorted(matrices(traffic.deliveries), key=lambda matrix: matrix.holds))
    return rendered(
        "page.html.j2",
        report=report,
        explanations=explanations(report),
        ticket=summary(report),
        lab=lab,
        topology=picture(lab, Marks.of(report)),
        matrices=found,
        open_matrices=_open(found),
        summaries=() if traffic is None else summaries(traffic.deliveries),
        time_plots=() if traffic is None else time_plots(traffic.deliveries),
        delay_plots=() if traffic is None else delay_plots(traffic.deliveries),
        plot_size=(WIDTH, HEIGHT),
        follow_plot=follow_plot(report.followed),
    )


def rendered(template: str, *, more_style: str = "", **values: Any) -> str:
    """Return a page made by one of the templates, with the style, the script and the policy that all pages have.

    Args:
        template: its file's name.
        more_style: the name of a file with what only this page has.
        values: what it shows.
    """
    style, script = (FOLDER / "page.css").read_text("utf-8"), (FOLDER / "page.js").read_text("utf-8")
    if more_style:
        style += (FOLDER / more_style).read_text("utf-8")
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704  (our own file)
            script=Markup(script),  # noqa: S704
            policy=f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:; "
            "media-src data:; base-uri 'none'; form-action 'none'",
            Verdict=Verdict,
            **values,
        )
    )


def _open(found: tuple[Matrix, ...]) -> frozenset[str]:
    if len(found) <= OPEN_MATRICES:
        return frozenset(matrix.address for matrix in found)
    return frozenset([matrix.address for matrix in found if not matrix.holds][:OPEN_MATRICES])


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Whatever a template shows, it shows without control characters.
        finalize=lambda value: text.printable(value) if type(value) is str else value,
    )
    environment.filters.update(
        {
            "sign": lambda verdict: words.SIGNS[verdict],
            "css": lambda verdict: CLASSES[verdict],
            "ms": words.milliseconds,
            "known_latency": words.known_latency,
            "bounded": words.bounded,
            "median_latency": words.median_latency,
            "fit": _fit,
            "json": json.dumps,
        }
    )
    environment.globals.update(
        {
            "count": text.count,
            "percent": words.percent,
            "applied": words.applied,
            "held": words.held,
            "headline": words.headline,
            "WRITTEN_RECEIVERS": WRITTEN_RECEIVERS,
            "FINDINGS_SHOWN": FINDINGS_SHOWN,
            "MATRICES_SHOWN": MATRICES_SHOWN,
            "SILENCES_SHOWN": SILENCES_SHOWN,
        }
    )
    return environment


def _fit(text: str, width: float, each: float = 7.0) -> str:
    """Return as much of a text as fits into a width of the picture.

    >>> _fit("abcdefghij", 42)
    'abcde…'
    """
    room = int(width / each)
    return text if len(text) <= room else f"{text[: max(1, room - 1)]}…"
