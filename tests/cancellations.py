"""A program that cancels each stage twice, at 200 moments under load. A test starts it as a process.

python tests/cancellations.py FOLDER SEED
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from feedsvc import ingest as ingest_stage
from feedsvc.app.pictures.download import _DownloadRound
from feedsvc.emit.documents import Renderer
from feedsvc.model import Source
from feedsvc.store.archive import Archive
from feedsvc.store.integrity import examine
from feedsvc.store.operations import Operations
from tests.loopback import QUICK
from tests.pictures.making import a_png
from tests.services import Home, a_post

SERVICES = 5
MOMENTS = 40  # of each service; the last one is its end
FEEDS = 4
STAGES = ("fetch", "digest", "commit", "record", "emission", "pictures")


class Stages:
    """Notes which stages are on, and lets somebody wait for one of them."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.begun = dict.fromkeys((*STAGES, "close"), 0)
        self.hit = dict.fromkeys((*STAGES, "close"), 0)

    def watch(self, owner: Any, name: str, stage: str) -> None:
        """Have the function `name` of `owner` count as `stage`."""
        real = getattr(owner, name)

        def watched(*args: Any, **options: Any) -> Any:
            self.begin(stage)
            return real(*args, **options)

        setattr(owner, name, watched)

    def begin(self, stage: str) -> None:
        with self.changed:
            self.begun[stage] += 1
            self.changed.notify_all()

    def wait_for(self, stage: str, before: int, seconds: float) -> None:
        """Wait until `stage` has begun more than `before` times, or for so long."""
        with self.changed:
            if self.changed.wait_for(lambda: self.begun[stage] > before, seconds):
                self.hit[stage] += 1


class Web(BaseHTTPRequestHandler):
    """Answers with a picture, or with a feed of all that was published so far."""

    stages: Stages
    items = 0

    def do_GET(self) -> None:
        self.stages.begin("fetch")
        if self.path.endswith(".png"):
            body = a_png(self.path)
        else:
            made = "".join(
                f"<item><guid>{self.path}{n}</guid><title>Item {n} of {self.path}</title>"
                f"<description>The harbour, {n}, {self.path}</description></item>"
                for n in range(Web.items)
            )
            body = f'<rss version="2.0"><channel><title>{self.path}</title>{made}</channel></rss>'.encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class QuietServer(ThreadingHTTPServer):
    """Says nothing of clients that went away, which is what cancelled ones do."""

    def handle_error(self, *_: Any) -> None:
        """Say nothing."""


class Load:
    """A service over a directory with pictures and some feeds, which all have something new at each moment."""

    def __init__(self, folder: Path, port: int, stages: Stages, chance: random.Random) -> None:
        self.folder, self.port, self.stages, self.chance = folder, port, stages, chance
        posts = Source(name="posts", kind="directory", location=str(folder / "content"), media="images", fetch=QUICK)
        feeds = [
            Source(name=f"feed-{n}", kind="feed", location=f"http://127.0.0.1:{port}/{n}.xml", fetch=QUICK)
            for n in range(FEEDS)
        ]
        self.home = Home(folder, posts, *feeds, fetch=QUICK, media="images")
        self.names = [source.name for source in self.home.config.sources]
        self.posts = 0

    def publish(self) -> None:
        for _ in range(3):
            picture = f"![](http://127.0.0.1:{self.port}/{self.posts}.png)"
            self.home.write(f"{self.posts}.md", a_post(f"Post {self.posts}", f"Gull {self.posts}. {picture}"))
            self.posts += 1
        Web.items += 1

    async def moment(self, stage: str, *, last: bool) -> None:
        """Read everything, and cancel everything twice shortly after `stage` has begun."""
        self.publish()
        before = self.stages.begun[stage]
        runs = [asyncio.create_task(self.home.service.ingest([name])) for name in self.names]
        await asyncio.to_thread(self.stages.wait_for, stage, before, 0.5)
        await asyncio.sleep(self.chance.uniform(0.0, 0.01))
        if last:
            self.stages.begin("close")
            self.stages.hit["close"] += 1
            ended = asyncio.create_task(self.home.service.close())
            self.cancel_twice()
            await ended
        else:
            self.cancel_twice()
        await asyncio.gather(*runs, return_exceptions=True)

    def cancel_twice(self) -> None:
        loop = self.home.service._loop._loop

        def cancel() -> None:
            for task in asyncio.all_tasks(loop):
                if not getattr(task.get_coro(), "__qualname__", "").startswith("LoopThread."):
                    task.cancel()

        for _ in range(2):
            if loop is not None and not loop.is_closed():
                loop.call_soon_threadsafe(cancel)

    def check(self) -> None:
        """Read everything in peace; raise AssertionError for anything that is lost or not whole."""
        self.home.service = self.home.opened()
        reports = self.home.service.ingest_now(self.names)
        assert [report.error for report in reports] == [""] * len(self.names), reports
        self.home.service.collect_now()
        found = self.home.owner_does(lambda archive: [each.what for each in examine(archive)])
        assert found == [], found
        counts = dict(self.home.rows("select source, count(*) from articles group by source"))
        assert counts == {"posts": self.posts} | {f"feed-{n}": Web.items for n in range(FEEDS)}, counts
        assert self.home.service.stale_feeds() == frozenset()
        kept, waiting = self.home.rows("select count(*), sum(digest is null) from article_media")[0]
        assert (kept, waiting) == (self.posts, 0), (kept, waiting)
        self.home.close()


def watched() -> Stages:
    stages = Stages()
    stages.watch(ingest_stage, "_digested_all", "digest")
    stages.watch(Archive, "commit", "commit")
    stages.watch(Operations, "record", "record")
    stages.watch(Renderer, "publish", "emission")
    stages.watch(_DownloadRound, "_note_kept", "pictures")
    return stages


async def one(load: Load) -> None:
    """Cancel at `MOMENTS` moments, the last of which is the end."""
    for number in range(MOMENTS):
        await load.moment(load.chance.choice(STAGES), last=number == MOMENTS - 1)


def main(folder: Path, seed: int) -> None:
    """Do that with `SERVICES` services; print how many moments of each stage were hit."""
    logging.disable()
    Web.stages = stages = watched()
    chance = random.Random(seed)  # noqa: S311 - moments are no secrets
    with QuietServer(("127.0.0.1", 0), Web) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            for number in range(SERVICES):
                Web.items = 0
                load = Load(folder / str(number), server.server_port, stages, chance)
                asyncio.run(one(load))
                load.check()
        finally:
            server.shutdown()
    sys.stdout.write(json.dumps(stages.hit))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
