"""Libraries that are extras of the package: hidden from a real process one by one, as on a machine without them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.loopback import answering
from tests.services import a_post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

EXTRAS = ("trafilatura", "lxml_html_clean", "brotli", "zstandard", "obstore")
# Python imports this module at the start of each process, workers included.
HIDING = """
import os, sys

class Hiding:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in os.environ["HIDDEN"].split():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hiding())
"""
CONFIG = """
[serve]
port = 0

[fetch]
allow_networks = ["127.0.0.1/32"]
host_gap_seconds = 0.01

[[source]]
name = "posts"
kind = "directory"
path = "content"
"""
REMOTE = '\n[[source]]\nname = "site"\nkind = "{kind}"\nurl = "http://127.0.0.1:{port}/{path}"\n{more}\n'
ARTICLE = f"""<!doctype html><html lang="en"><head><title>On tides</title></head><body><nav><a href="/">Home</a></nav>
<article><h1>On tides</h1>{"".join(f"<p>Paragraph {n} says what the tide table says.</p>" for n in range(9))}</article>
<footer>All rights reserved</footer></body></html>"""
LIST = '<!doctype html><html><body><ul><li><a href="/tides.html">On tides</a> <time>2024-03-01</time></li></ul></body></html>'
FEED = (
    '<rss version="2.0"><channel><title>Site</title><link>{base}/</link><description>d</description>'
    "<item><title>On tides</title><link>{base}/tides.html</link><guid>{base}/tides.html</guid>"
    "<description>Short.</description></item></channel></rss>"
)
SITEMAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{base}/tides.html</loc></url></urlset>'


class Machine:
    """A folder with a configuration, on a machine where some libraries are not installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hidden: tuple[str, ...] = ()
        (folder / "hiding").mkdir()
        (folder / "hiding" / "sitecustomize.py").write_text(HIDING)
        (folder / "content").mkdir()
        (folder / "content" / "harbours.md").write_text(a_post(), encoding="utf-8")
        self.configure("")

    def configure(self, more: str) -> None:
        (self.folder / "config.toml").write_text(CONFIG + more, encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.folder / "hiding"), "HIDDEN": " ".join(self.hidden)}

    def run(self, *arguments: str, code: int) -> str:
        """Run `feedsvc *arguments`, which must end with `code`; return what it wrote."""
        command = [sys.executable, "-m", "feedsvc", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def daemon(self) -> Iterator[str]:
        """Run the daemon; yield its address."""
        command = [sys.executable, "-m", "feedsvc", "run"]
        with subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            try:
                said = ""
                while not (found := re.search(r"feedsvc serves (http://\S+)", said)):
                    line = process.stderr.readline()
                    assert line, said
                    said += line
                yield found[1]
            finally:
                process.terminate()
                process.communicate(timeout=600)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def site() -> Iterator[tuple[int, list[str]]]:
    """Serve a feed, a list, a sitemap and an article; yield the port, and the codings that each request offered."""
    offered: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        offered.append(request.headers.get("Accept-Encoding", ""))
        base = f"http://127.0.0.1:{request.server.server_address[1]}"  # type: ignore[index]
        kind, body = {
            "/feed": ("application/rss+xml", FEED),
            "/list": ("text/html", LIST),
            "/sitemap.xml": ("application/xml", SITEMAP),
            "/tides.html": ("text/html", ARTICLE),
        }.get(request.path, ("", ""))
        written = body.replace("{base}", base).encode()
        request.send_response(200 if body else 404)
        request.send_header("Content-Type", kind or "text/plain")
        request.send_header("Content-Length", str(len(written)))
        request.end_headers()
        request.wfile.write(written)

    with answering(answer) as port:
        yield port, offered


def remote(kind: str, port: int, path: str, more: str = "") -> str:
    return REMOTE.format(kind=kind, port=port, path=path, more=more)


@pytest.mark.parametrize(
    ("library", "config", "key", "command"),
    [
        ("trafilatura", remote("feed", 9, "feed", "full_text = true"), "source[site].full_text", "feedsvc[fulltext]"),
        ("lxml_html_clean", remote("page", 9, "list", "full_text = true"), "source[site].full_text", "feedsvc[fulltext]"),
        ("trafilatura", remote("sitemap", 9, "sitemap.xml"), "source[site].kind", "feedsvc[fulltext]"),
        ("brotli", '[feeds]\ncompress = ["gzip", "br"]\n', "feeds.compress: 'br'", "feedsvc[compress]"),
        ("obstore", '[publish]\nto = "s3://bucket"\nregion = "eu-west-1"\n', "publish.to", "feedsvc[s3]"),
        ("zstandard", '[feeds]\ncompress = ["zstd"]\n', "feeds.compress: 'zstd'", "feedsvc[compress]"),
    ],
)  # fmt: skip
def test_what_needs_a_library_that_is_missing_is_told_with_the_command_that_brings_it(
    library: str, config: str, key: str, command: str, machine: Machine
) -> None:
    machine.configure(config)
    machine.run("check", code=0)
    machine.hidden = (library,)
    remedy = (
        f"{key}: the package {library.replace('_', '-')} is not installed; run `pip install '{command}'`".splitlines()[
            0
        ]
    )
    for arguments in (["check"], ["ingest", "--all"], ["emit"], ["run"]):
        assert remedy in machine.run(*arguments, code=2)
    assert not (machine.folder / "archive").exists()
    machine.run("status", code=3)  # reads no source: there is no archive yet, and that is all that it says


def test_without_any_of_them_everything_else_works(machine: Machine, site: tuple[int, list[str]]) -> None:
    port, offered = site
    machine.hidden = (*EXTRAS, "rich", "pygments")
    machine.configure(
        remote("feed", port, "feed")
        + remote("page", port, "list", '[source.page]\nitem = "li"').replace('"site"', '"list"')
        # the source says itself where the article is
        + remote("sitemap", port, "sitemap.xml", '[source.rules]\ncontent = "article"').replace('"site"', '"map"')
    )  # fmt: skip
    machine.run("check", code=0)
    machine.run("ingest", "--all", code=0)
    assert set(offered) == {"gzip, deflate"}
    assert "On tides" in machine.run("search", "paragraph", "--json", code=0)
    machine.run("emit", "--all", code=0)
    machine.run("replay", code=0)
    with machine.daemon() as address:
        for path, coding in (("/feeds/all.atom", "gzip"), ("/feeds/all.json", None), ("/", None)):
            asked = urllib.request.Request(address.rstrip("/") + path, headers={"Accept-Encoding": "br, zstd, gzip"})  # noqa: S310
            with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - loopback
                assert answer.status == 200
                assert answer.headers["Content-Encoding"] == coding or coding is None


def test_pages_that_are_in_the_archive_wait_for_the_library(machine: Machine, site: tuple[int, list[str]]) -> None:
    machine.configure(remote("feed", site[0], "feed", "full_text = true"))
    machine.run("ingest", "--all", code=0)
    before = machine.run("search", "paragraph", "--json", code=0)
    assert "On tides" in before
    machine.configure(remote("feed", site[0], "feed"))
    machine.hidden = ("trafilatura",)
    told = machine.run("replay", "--apply", code=2)
    assert "missing library: the package trafilatura is not installed; run `pip install 'feedsvc[fulltext]'`" in told
    assert machine.run("search", "paragraph", "--json", code=0) == before
