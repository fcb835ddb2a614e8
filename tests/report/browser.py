"""A headless Chromium that looks at pages, and tells what it said and what it asked for."""

from __future__ import annotations

import base64
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from selenium import webdriver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPTIONS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)
DESKTOP: Final = (1280, 900)
PHONE: Final = (360, 740)
NARROW: Final = 500


@dataclass(frozen=True, slots=True)
class Browser:
    """One window; `folder` is where pages and pictures lie."""

    driver: webdriver.Chrome
    folder: Path

    def show(self, html: str, *, size: tuple[int, int] = DESKTOP, scheme: str = "light", media: str = "") -> Path:
        """Open a page as a file, in a window of that size, and return the file; with `media` as if printed."""
        file = self.folder / "page.html"
        file.write_text(html, encoding="utf-8")
        self._devtools(
            "Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        self._devtools(
            "Emulation.setDeviceMetricsOverride",
            width=size[0],
            height=size[1],
            deviceScaleFactor=1,
            mobile=size[0] < NARROW,
        )
        self.said()
        self.asked_for()
        self.driver.get(file.as_uri())
        return file

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a script in the page returns."""
        return self.driver.execute_script(script, *arguments)

    def said(self) -> list[dict[str, Any]]:
        """Return what came to the console since it was asked last."""
        return self._log("browser")

    def asked_for(self) -> list[str]:
        """Return the addresses that were asked for since they were asked last."""
        events = (json.loads(entry["message"])["message"] for entry in self._log("performance"))
        return [each["params"]["request"]["url"] for each in events if each["method"] == "Network.requestWillBeSent"]

    def picture(self, name: str, *, height: int = 8000, scale: float = 1) -> Path:
        """Save a picture of the page, down to so many pixels, beside the pages."""
        width, all_of_it = self.run("return [innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(all_of_it, height), "scale": scale}
        taken = self._devtools("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        file = self.folder / f"{name}.png"
        file.write_bytes(base64.b64decode(taken["data"]))
        return file

    def _log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]
        return entries

    def _devtools(self, command: str, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.driver.execute_cdp_cmd(command, parameters)
        return answer


@contextmanager
def browser(folder: Path, *more: str) -> Iterator[Browser]:
    """Start Chromium with a profile of its own in a folder, and with more options; end it."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.fail("chromium and chromium-driver are missing: ./scripts/test installs both")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for option in (*OPTIONS, f"--user-data-dir={folder / 'profile'}", *more):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # Whatever it keeps beside its profile goes into the same folder, not into the user's own.
    own = {name: str(folder) for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    service = webdriver.ChromeService(driver, env={**os.environ, **own})
    window = webdriver.Chrome(options=options, service=service)
    try:
        yield Browser(window, folder)
    finally:
        window.quit()
