"""A sample archive served by `feedsvc serve` in a process of its own, and the Chromium of this machine before it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.serve.child import serving
from tests.serve.sample import make

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
AXE = "FEEDSVC_AXE"  # names axe.min.js; .ci/run installs it


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a sample archive, without "/" at its end."""
    folder = tmp_path_factory.mktemp("browser")
    make(folder / "archive")
    with serving(folder) as child:
        yield child.address


def program() -> str | None:
    """Return where Chromium is on this machine; None = nowhere."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return Chromium, or skip. No longer than a module: while it is there, asyncio has a loop that other tests cannot have."""
    if program() is None:
        pytest.skip("no Chromium on this machine")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program(), args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, served: str) -> Iterator[Any]:
    """Return a page; at the end nothing may have gone to another host, and no error stand in the console."""
    context = browser.new_context(base_url=served, reduced_motion="reduce")
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    errors: list[str] = []
    hosts: set[str] = set()
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    yield opened
    context.close()
    assert hosts <= {urlsplit(served).netloc}
    assert errors == []


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the source of axe-core, or skip."""
    place = os.environ.get(AXE, "")
    if not Path(place).is_file():
        pytest.skip(f"axe-core is not there: {AXE} names no axe.min.js")
    return Path(place).read_text(encoding="utf-8")
