"""What runs in Chromium when it stands in a page by itself runs nowhere once it has come in as an article.

One server of the test's own shows pages in frames of one page: each vector as it is (the control: it must run), and the pages of
`feedsvc serve` for the articles made of them, once with their Content-Security-Policy and once without. What runs writes its number
into the title of the page around it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest

from tests.services import Home

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--virtual-time-budget=5000",
    "--dump-dom",
)
VECTORS = [
    line
    for line in (Path(__file__).parent / "rules" / "active_markup.txt").read_text(encoding="utf-8").split("\n")
    if "alert(1)" in line and not line.startswith("# ")
]
TRIED = 20  # of those that run by themselves, from all over the list
RAN = re.compile(r"/(\d+);/")
FRAMING = re.compile(r"frame-ancestors [^;]*;?\s*")  # what would keep our frames empty
CONFIG = '[service]\ntitle = "xss"\n[serve]\nport = {port}\n'


class Stage(ThreadingHTTPServer):
    """Shows vectors, the pages of a service at `behind`, and pages that frame many of these."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.behind = ""
        self.frames: list[str] = []
        self.shown: set[str] = set()  # pages of the service that were given out

    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def page(self, path: str) -> tuple[dict[str, str], bytes]:
        """Return the headers and body of what stands at `path`."""
        kind, _, rest = path.lstrip("/").partition("/")
        html = {"Content-Type": "text/html; charset=utf-8"}
        if kind == "frames":
            frames = "".join(f'<iframe src="{each}"></iframe>' for each in self.frames)
            return html, f"<!doctype html><title>-</title>{frames}".encode()
        if kind == "vector":
            return html, f"<!doctype html><body>{armed(int(rest))}</body>".encode()
        with urllib.request.urlopen(f"{self.behind}/{rest}", timeout=300) as answer:  # noqa: S310 - our own server
            policy = FRAMING.sub("", answer.headers.get("Content-Security-Policy", ""))
            self.shown.add(path)
            return {**html, **({"Content-Security-Policy": policy} if policy and kind == "kept" else {})}, answer.read()


class _Answer(BaseHTTPRequestHandler):
    server: Stage

    def do_GET(self) -> None:
        try:
            headers, body = self.server.page(self.path)
        except (HTTPError, ValueError):
            self.send_error(404)
            return
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has
        pass


def armed(number: int) -> str:
    """Return a vector that says its number when it runs."""
    return VECTORS[number].replace("alert(1)", f"top.document.title+=/{number};/")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


class Chromium:
    """The browser of this machine, without a window."""

    def __init__(self, program: str, folder: Path, stage: Stage) -> None:
        self.command = [program, *FLAGS, f"--user-data-dir={folder}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        self.stage = stage

    def what_ran(self, frames: Iterable[str]) -> set[int]:
        """Open a page that frames `frames`; return the numbers of the vectors that ran."""
        self.stage.frames = list(frames)
        done = subprocess.run(
            [*self.command, f"{self.stage.address()}/frames"], capture_output=True, text=True, timeout=900, check=False
        )
        found = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
        assert found, done.stderr[-2_000:]
        return {int(number) for number in RAN.findall(found[1])}


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory, stage: Stage) -> Chromium:
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    return Chromium(program, tmp_path_factory.mktemp("chromium"), stage)


@pytest.fixture(scope="module")
def live(chromium: Chromium) -> set[int]:
    """Return the vectors that run by themselves: without these the test would prove nothing."""
    ran = sorted(chromium.what_ran(f"/vector/{number}" for number in range(len(VECTORS))))
    return set(ran[:: max(1, len(ran) // TRIED)][:TRIED])


@pytest.fixture(scope="module")
def pages(live: set[int], stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Serve one article for each live vector; return the paths of all pages that show them."""
    home = Home(tmp_path_factory.mktemp("xss"))
    for number in sorted(live):
        title = json.dumps(f"Harbour {number} {armed(number)}")
        head = f"---\ntitle: {title}\ndescription: {title}\nauthor: {title}\ncategories: [{title}]\n---\n"
        home.write(f"{number}.{'md' if number % 2 else 'html'}", f"{head}\n<p>Harbour</p>{armed(number)}\n")
    report = home.ingest()
    assert (report.added, report.failed) == (len(live), 0)
    rows = home.rows("select id, uuid from articles")
    home.close()
    stage.behind = served = address(home.folder)
    command = [sys.executable, "-m", "feedsvc", "--config", "config.toml", "serve"]
    with subprocess.Popen(command, cwd=home.folder, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        assert any(served in line for line in server.stderr)
        yield [
            "search?q=harbour",
            "archive/articles?_size=100",
            *(f"archive/articles/{number}" for number, _ in rows[::7]),
            *(f"articles/{uuid}" for _, uuid in rows),
        ]
        server.terminate()
        server.stderr.read()


def address(folder: Path) -> str:
    """Write a config for `folder` with a free port; return where it will be served."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (folder / "config.toml").write_text(CONFIG.format(port=port), encoding="utf-8")
    return f"http://127.0.0.1:{port}"


def test_the_control_runs(live: set[int]) -> None:
    assert len(live) == TRIED


@pytest.mark.parametrize("policy", ["kept", "bare"])
def test_nothing_runs_as_an_article_with_or_without_a_policy(
    chromium: Chromium, stage: Stage, pages: list[str], policy: str
) -> None:
    frames = [f"/{policy}/{page}" for page in pages]
    assert chromium.what_ran([*frames, "/vector/0"]) == {0}  # the last frame shows that what runs is heard
    assert stage.shown >= set(frames)
