"""A small web site on loopback, in a thread: what stands at a path is a page, and what is asked is written down."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from feedsvc.model import FetchSettings

QUICK = FetchSettings(allow_networks=("127.0.0.1/32",), retries=0, host_gap_seconds=0.0, max_bytes=1 << 20)


@dataclass(frozen=True)
class Page:
    """An answer: its body, or only a status."""

    body: bytes = b""
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Site:
    """`pages` by path and query; anything else is a 404. Text may name the site as `{site}`."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                page = site.pages.get(self.path, Page(b"nothing here", status=404))
                self.send_response(page.status)
                for name, value in page.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", page.media_type)
                self.send_header("Content-Length", str(len(page.body)))
                self.end_headers()
                self.wfile.write(page.body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def put(self, path: str, text: str, media_type: str = "text/html; charset=utf-8", **headers: str) -> None:
        """Let `text` stand at `path`."""
        self.pages[path] = Page(text.replace("{site}", self.url).encode(), media_type, headers=headers)

    def fail(self, path: str, status: int) -> None:
        """Let `path` answer with `status`."""
        self.pages[path] = Page(b"no", status=status)

    def asked_now(self) -> list[str]:
        """Return what was asked since the last time, without robots.txt."""
        found, self.asked = self.asked, []
        return [path for path in found if path != "/robots.txt"]

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def feed(*items: tuple[str, str, str], more: str = "") -> str:
    """Return an RSS feed of (path of the link, title, description); `more` stands in its channel."""
    listed = "".join(
        f"<item><guid isPermaLink='false'>id:{path}</guid><link>{{site}}{path}</link><title>{title}</title>"
        f"<description>{text}</description></item>"
        for path, title, text in items
    )
    return (
        "<?xml version='1.0'?><rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel>"
        f"<title>Harbour news</title><link>{{site}}/</link>{more}{listed}</channel></rss>"
    )
