"""The page bundles of real sites: every picture that lies beside a post is kept, and nothing is asked of the web for it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from feedsvc.app.pictures.download import DownloadReport, PictureDownloads
from feedsvc.model import Source
from feedsvc.pictures import EXTENSIONS
from feedsvc.sources import Fetcher
from tests.services import Home

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.corpus

SUFFIXES = {f".{each}" for each in EXTENSIONS.values()} | {".jpeg"}


async def nobody(host: str, port: int) -> Sequence[str]:
    raise OSError(f"{host}:{port} is not to be asked")


async def a_round(home: Home) -> DownloadReport:
    fetcher = Fetcher("feedsvc-tests", resolve=nobody)
    try:
        downloads = PictureDownloads(Path(home.config.archive), home.service.owner, home.service.view, home.clock)
        return await downloads.collect(home.config, fetcher)
    finally:
        await fetcher.aclose()


def test_every_picture_of_a_page_bundle_is_kept(corpus: Path, tmp_path: Path) -> None:
    sites = sorted(each for each in (corpus / "hugo").iterdir() if each.is_dir())
    sources = [
        Source(name=f"site-{number}", kind="directory", location=str(each), media="images", drafts=True)
        for number, each in enumerate(sites)
    ]
    home = Home(tmp_path, *sources, url="https://news.example.org")
    home.service.ingest_now([each.name for each in sources], emit=False)
    asyncio.run(a_round(home))
    there = {each.read_bytes() for each in (corpus / "hugo").rglob("*") if each.suffix.lower() in SUFFIXES}
    kept = {each.read_bytes() for each in (tmp_path / "archive" / "media").rglob("*") if each.is_file()}
    home.close()
    assert there
    assert kept == there
