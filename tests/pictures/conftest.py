"""A web site, a service that keeps the pictures of what it reads there, and what became of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc.app.pictures.download import DownloadReport
from feedsvc.config import PicturesConfig
from feedsvc.model import Source
from tests.remote.site import QUICK, Page, Site
from tests.services import Home, a_post

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from feedsvc.model import Media


class Keeping(Home):
    """A `Home` whose only source keeps pictures; rounds are made by hand, a day apart."""

    def __init__(self, folder: Path, url: str, **options: Any) -> None:
        limits = PicturesConfig(**{name: options.pop(name) for name in PicturesConfig.__slots__ if name in options})
        given = {"media": "images", "fetch": QUICK, **options}
        posts = Source(name="posts", kind="directory", location=str(folder / "content"), **given)
        super().__init__(folder, posts, url="https://news.example.org", pictures=limits)
        self.site = url
        self.archive = folder / "archive"

    def post(self, text: str, name: str = "walk.md", **front: str) -> None:
        """Write a post, in whose `text` {site} is the web site, and read it."""
        self.write(name, a_post(name, text.replace("{site}", self.site), **front))
        report = self.ingest()
        assert not report.failures, report.failures

    def collect(self, **pass_by: float) -> DownloadReport:
        """Do one round of pictures, a day later."""
        self.clock.pass_by(**(pass_by or {"days": 1}))
        return self.service.collect_now(emit=False) or DownloadReport()

    def turn(self, media: Media) -> None:
        """Let the configuration say that pictures are kept, or not."""
        sources = tuple(replace(source, media=media) for source in self.config.sources)
        self.config = replace(self.config, sources=sources)
        self.service.reload(self.config)

    def files(self, folder: str = "media") -> dict[str, bytes]:
        """Return name -> bytes of the files of pictures."""
        return {
            path.parent.name + path.name: path.read_bytes()
            for path in (self.archive / folder).rglob("*")
            if path.is_file()
        }

    def waiting(self) -> dict[str, tuple[str, int, bool]]:
        """Return what waits, without the address of the site: kind of the last failure, tries, whether it was given up."""
        operations = self.view.operations
        rows = operations.db.query("select url, kind, tries, due from media_queue")
        return {r["url"].removeprefix(self.site): (r["kind"], r["tries"], r["due"] is None) for r in rows}


@pytest.fixture
def site() -> Iterator[Site]:
    """Return an empty web site."""
    with Site() as listening:
        yield listening


@pytest.fixture
def keeping(site: Site, tmp_path: Path) -> Iterator[Callable[..., Keeping]]:
    """Return a maker of a service that keeps pictures."""
    homes: list[Keeping] = []

    def make(**options: Any) -> Keeping:
        homes.append(Keeping(tmp_path, site.url, **options))
        return homes[-1]

    yield make
    for home in homes:
        home.close()


@pytest.fixture
def put(site: Site) -> Callable[..., None]:
    """Return what puts a picture on the site."""

    def put_there(path: str, body: bytes, media_type: str = "image/png", **headers: str) -> None:
        site.pages[path] = Page(body, media_type, headers=headers)

    return put_there
