"""A program that stops services at random moments and cancels tasks more than once. A test starts it as a process.

python tests/endings.py FOLDER TIMES
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.loopback import QUICK
from tests.pictures.making import a_png
from tests.services import Home, a_post

if TYPE_CHECKING:
    from feedsvc.app.loop_thread import LoopThread

ROUNDS = 25
POSTS = 12


class Pictures(BaseHTTPRequestHandler):
    """Answers with a picture."""

    def do_GET(self) -> None:
        with suppress(ConnectionError):  # the service that asked may have ended meanwhile
            self.send_response(200)
            self.end_headers()
            self.wfile.write(a_png(self.path))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def cancel_everything(loop: LoopThread, times: int) -> None:
    """Cancel each task of the service's loop but the one that ends it, as a task that is cancelled may do as well."""
    running = loop._loop
    if running is None:
        return

    def cancel() -> None:
        for task in asyncio.all_tasks(running):
            if not getattr(task.get_coro(), "__qualname__", "").startswith("LoopThread."):
                task.cancel()

    for _ in range(times):
        running.call_soon_threadsafe(cancel)


async def one(folder: Path, port: int, times: int, moment: float) -> None:
    """Read and keep pictures, and end after `moment` seconds."""
    home = Home(folder, fetch=QUICK)
    (posts,) = home.config.sources
    service = home.service
    service.config = replace(home.config, sources=(replace(posts, media="images", fetch=QUICK),))
    for number in range(POSTS):
        home.write(f"{number}.md", a_post(str(number), f"![](http://127.0.0.1:{port}/{number}.png) {moment}"))
    run = asyncio.create_task(service.ingest(["posts"]))
    await asyncio.sleep(moment)
    cancel_everything(service._loop, times - 1)
    await service.close()
    await asyncio.gather(run, return_exceptions=True)


def main(folder: Path, times: int) -> None:
    """End `ROUNDS` services; each begins on what the one before left."""
    logging.disable()
    moments = random.Random(times)  # noqa: S311 - moments are no secrets
    with ThreadingHTTPServer(("127.0.0.1", 0), Pictures) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        for number in range(ROUNDS):
            asyncio.run(one(folder / str(number), server.server_port, times, moments.uniform(0.0, 0.3)))
        server.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
