"""The README's picture of the page: the page of a broken lab as Chromium draws it, with the digest of what it shows."""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import TYPE_CHECKING, Final

from report import report_samples

from mcastlab.lab_files import DEFAULT_LAB, PROJECT, read_lab
from mcastlab.report.page import page

if TYPE_CHECKING:
    from report.browser import Browser

PICTURE: Final = PROJECT / "docs" / "page.png"
WINDOW: Final = (1180, 1540)
SCALE: Final = 0.75
SIZE: Final = (885, 1155)
LARGEST: Final = 150_000
KEYWORD: Final = b"Source"
"""A text chunk of that name holds the digest. Source: W3C, Portable Network Graphics, 11.3.3."""
_AFTER_HEADER: Final = 8 + 25
"""Octets of the signature and of the first chunk."""


def shown_page() -> str:
    """Return the page that the picture shows."""
    lab = read_lab(DEFAULT_LAB)
    report = report_samples.no_mroute(lab)
    cause = report.diagnoses[0].model_copy(
        update={"fix_where": "demo/lab-router, configuration mode", "apply": "./scripts/lab configure"}
    )
    return page(report.model_copy(update={"diagnoses": (cause,)}), lab)


def digest_of(html: str) -> bytes:
    """Return the digest of a page."""
    return hashlib.sha256(html.encode()).hexdigest().encode()


def digest_in(picture: bytes) -> bytes | None:
    """Return the digest that a picture holds."""
    at = 8
    while at + 8 <= len(picture):
        length, kind = struct.unpack(">I4s", picture[at : at + 8])
        data = picture[at + 8 : at + 8 + length]
        if kind == b"tEXt" and data.startswith(KEYWORD + b"\0"):
            return data.partition(b"\0")[2]
        at += 12 + length
    return None


def draw(chromium: Browser) -> bytes:
    """Return a new picture."""
    html = shown_page()
    chromium.show(html, size=WINDOW)
    drawn = chromium.picture("readme", height=WINDOW[1], scale=SCALE).read_bytes()
    data = KEYWORD + b"\0" + digest_of(html)
    chunk = struct.pack(">I", len(data)) + b"tEXt" + data + struct.pack(">I", zlib.crc32(b"tEXt" + data))
    return drawn[:_AFTER_HEADER] + chunk + drawn[_AFTER_HEADER:]
