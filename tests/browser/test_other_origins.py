"""A page of another origin, in a real browser, against the private archive on this machine."""

from __future__ import annotations

import contextlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import program

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = b"<!doctype html><title>Another origin</title><p>Nothing here."
FETCH = """async ([address, mode]) => {
    try { const answer = await fetch(address, {mode}); return [answer.status, (await answer.text()).length]; }
    catch (error) { return [0, 0]; }
}"""
LOAD = """([address, tag]) => new Promise(done => {
    const made = document.createElement(tag);
    made.onload = () => done(true); made.onerror = () => done(false); made.src = address;
    document.body.append(made); setTimeout(() => done(false), 20000);
})"""
PATHS = ("/feeds/all.atom", "/archive/articles.json", "/archive.json?sql=select+1", "/-/status", "/")


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module", params=["127.0.0.1", "localhost"])
def foreign(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    """Return a page of another server of this machine: of the same site for the browser, or of another one."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"http://{request.param}:{server.server_port}/")
        yield page
        context.close()
        server.shutdown()


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
@pytest.mark.parametrize("path", PATHS)
def test_fetch_reads_nothing(foreign: Any, served: str, path: str, mode: str) -> None:
    assert foreign.evaluate(FETCH, [served + path, mode])[1] == 0


@pytest.mark.parametrize("tag", ["img", "script"])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_loaded_as_a_picture_or_a_script(foreign: Any, served: str, path: str, tag: str) -> None:
    answers = []
    foreign.on("response", lambda answer: answers.append(answer.status) if answer.url.startswith(served) else None)
    assert not foreign.evaluate(LOAD, [served + path, tag])
    if "feeds" not in path:
        assert set(answers) <= {403}


def test_a_name_that_leads_here_reads_nothing(browser: Any, served: str) -> None:
    """DNS rebinding: the browser believes that the page and the archive are one origin."""
    port = urlsplit(served).port
    rebound = browser.browser_type.launch(
        executable_path=program(),
        args=["--no-sandbox", "--host-resolver-rules=MAP evil.example 127.0.0.1"],
    )
    with contextlib.closing(rebound):
        page = rebound.new_page()
        for path in PATHS:
            answer = page.goto(f"http://evil.example:{port}{path}")
            assert answer.status == 421
            assert "evil.example" in answer.text()
