"""An HTTP server on loopback that answers as a test tells it, and how tests fetch from it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from feedsvc.model import FetchSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUICK = FetchSettings(
    user_agent="feedsvc-tests", allow_networks=("127.0.0.1/32",), connect_seconds=2.0, retries=0, host_gap_seconds=0.0
)


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[int]:
    """Have `answer` answer each GET; yield the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listening.server_port
        listening.shutdown()
        thread.join()
