"""Large feeds: what is read, hashed, cut and compressed is so in a thread, once for each version, and never mixed."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import feedparser
import httpx
import pytest

from feedsvc.serve.feeds import cached_file, responses
from feedsvc.serve.feeds.cached_file import LARGE
from feedsvc.serve.feeds.fast_path import FastPath
from feedsvc.serve.feeds.file_cache import FileCache, NotInMemoryError
from feedsvc.serve.feeds.responses import FeedFiles, Feeds
from tests.serve.test_fast_path import GET, serving, talking
from tests.serve.test_feed_files import beyond

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

PLAIN = {"accept-encoding": "identity"}
WHOLE, BODILESS = 64 << 20, 1 << 20  # limits under which the feeds here are kept whole, and without their bytes
FORMS = {
    "atom": (b"<feed>", b"<entry><title>%d</title>%b</entry>", b"</feed>"),
    "rss": (b"<rss><channel>", b"<item><title>%d</title>%b</item>", b"</channel></rss>"),
}


def document(numbers: Iterable[int], form: str = "atom") -> bytes:
    """Return a feed with an entry of 40 KB for each of `numbers`."""
    head, entry, tail = FORMS[form]
    return head + b"".join(entry % (number, b"%d-" % number * 10_000) for number in numbers) + tail


def publish(root: Path, path: str, body: bytes, *, second: int = 0) -> None:
    """Replace a file as the publisher does: by another inode with a later date."""
    new = root / ".new"
    new.write_bytes(body)
    os.utime(new, (1_700_000_000 + second, 1_700_000_000 + second))
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    new.replace(root / path)


@dataclass
class Watch:
    """What was done with large bytes and with the files of the root, and in which thread."""

    root: Path
    opened: list[str] = field(default_factory=list)  # names
    on_loop: list[str] = field(default_factory=list)  # what was done on the thread of the event loop
    on_open: Callable[[str], None] = lambda _: None

    def note(self, what: str) -> None:
        if threading.current_thread() is threading.main_thread():
            self.on_loop.append(what)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for form in FORMS:
        publish(tmp_path, f"all.{form}", document(range(20), form))
    publish(tmp_path, "all/archive/1.atom.gz", gzip.compress(os.urandom(LARGE) + document(range(20))))
    return tmp_path


@pytest.fixture
def watch(root: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Let the real functions run, and note where they do."""
    seen = Watch(root)
    opening = os.open

    def opened(place: Any, *arguments: Any, **more: Any) -> int:
        handle = opening(place, *arguments, **more)
        if str(place).startswith(str(root)):
            name = os.path.relpath(place, root)
            seen.opened.append(name)
            seen.note(f"open {name}")
            seen.on_open(name)
        return handle

    def noted(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **more: Any) -> Any:
            seen.note(function.__name__)
            return function(*arguments, **more)

        return run

    monkeypatch.setattr(os, "open", opened)
    for module, name in ((gzip, "compress"), (gzip, "decompress"), (hashlib, "sha256")):
        monkeypatch.setattr(module, name, noted(getattr(module, name)))
    for user in (cached_file, responses):
        monkeypatch.setattr(user, "parts", noted(user.parts))
    return seen


@pytest.fixture(params=[WHOLE, BODILESS], ids=["whole", "without bodies"])
def limit(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
async def client(root: Path, limit: int) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=FeedFiles(beyond, Feeds(FileCache(root, limit), "/feeds/")))
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=PLAIN) as made:
        yield made


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("form", ["atom", "rss"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_large_feed_is_answered_as_a_small_one(
    client: httpx.AsyncClient, watch: Watch, form: str, coding: str, method: str
) -> None:
    body = document(range(20), form)
    answer = await client.request(method, f"/feeds/all.{form}", headers={"accept-encoding": coding})
    assert answer.status_code == 200
    assert answer.headers.get("content-encoding", "identity") == coding
    assert answer.content == (body if method == "GET" else b"")
    again = await client.get(
        f"/feeds/all.{form}", headers={"accept-encoding": coding, "if-none-match": answer.headers["etag"]}
    )
    assert (again.status_code, again.headers["etag"]) == (304, answer.headers["etag"])
    assert watch.on_loop == []
    assert answer.headers["etag"].startswith(f'"{hashlib.sha256(body).hexdigest()[:32]}')


async def test_who_has_a_large_feed_costs_no_reading(client: httpx.AsyncClient, watch: Watch) -> None:
    tag = (await client.get("/feeds/all.atom")).headers["etag"]
    watch.opened.clear()
    for coding in ("identity", "gzip", "br, zstd, gzip;q=0.5"):
        for _ in range(5):
            headers = {"accept-encoding": coding, "if-none-match": tag}
            assert (await client.get("/feeds/all.atom", headers=headers)).status_code == 304
    assert (watch.opened, watch.on_loop) == ([], [])


@pytest.mark.parametrize(("limit", "reads"), [(WHOLE, 0), (BODILESS, 3)], indirect=["limit"])
async def test_only_what_is_longer_than_a_quarter_of_the_memory_is_read_for_each_answer(
    client: httpx.AsyncClient, watch: Watch, reads: int
) -> None:
    await client.get("/feeds/all.atom")
    watch.opened.clear()
    for _ in range(3):
        assert (await client.get("/feeds/all.atom")).content == document(range(20))
    assert watch.opened == ["all.atom"] * reads
    assert watch.on_loop == []


def test_memory_has_an_end_for_large_feeds_too(root: Path) -> None:
    async def ask() -> None:
        for limit in (BODILESS, 4 << 20):
            cache = FileCache(root, limit)
            for number in range(8):
                publish(root, f"{number}.atom", document(range(20 + number)))
                kept = await cache.load(f"{number}.atom")
                assert kept is not None
                assert await cache.body(f"{number}.atom", kept, "gzip")
                assert (kept.body is None) is (limit == BODILESS)
            assert cache._held == sum(each.size for each in cache._kept.values()) <= limit

    asyncio.run(ask())


async def test_many_who_come_together_wait_for_one_reading(client: httpx.AsyncClient, watch: Watch) -> None:
    headers = {"accept-encoding": "identity", "if-none-match": '"another"'}
    answers = await asyncio.gather(*(client.head("/feeds/all.rss", headers=headers) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["etag"] for answer in answers}) == 1
    assert watch.on_loop == []


async def test_one_load_for_all_that_ask_for_a_version(root: Path, watch: Watch) -> None:
    cache = FileCache(root)
    found = await asyncio.gather(*(cache.load("all.atom") for _ in range(30)))
    assert watch.opened.count("all.atom") == 1
    assert all(each is found[0] for each in found)


async def test_who_goes_away_takes_nothing_from_the_others(root: Path, watch: Watch) -> None:
    cache = FileCache(root)
    first, second = (asyncio.ensure_future(cache.load("all.atom")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    kept = await second
    assert kept is not None
    assert first.cancelled()
    assert cache.find("all.atom") is kept
    assert watch.opened.count("all.atom") == 1


@pytest.mark.parametrize("form", ["atom", "rss"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_news_of_a_large_feed_are_cut_in_a_thread(
    client: httpx.AsyncClient, root: Path, watch: Watch, form: str, coding: str
) -> None:
    asking = {"accept-encoding": coding, "a-im": "feed"}
    first = await client.get(f"/feeds/all.{form}", headers=asking)
    publish(root, f"all.{form}", document(range(2, 22), form), second=1)
    asking["if-none-match"] = first.headers["etag"]
    second = await client.get(f"/feeds/all.{form}", headers=asking)
    assert second.status_code == 226
    assert [entry.title for entry in feedparser.parse(second.content).entries] == ["20", "21"]
    assert second.headers.get("content-encoding", "identity") == coding
    assert watch.on_loop == []
    asking["if-none-match"] = '"of-a-version-that-nobody-remembers"'
    assert (await client.get(f"/feeds/all.{form}", headers=asking)).content == document(range(2, 22), form)


async def test_a_large_closed_page_is_unpacked_in_a_thread(client: httpx.AsyncClient, root: Path, watch: Watch) -> None:
    stored = (root / "all/archive/1.atom.gz").read_bytes()
    watch.on_loop.clear()
    plain = await client.get("/feeds/all/archive/1.atom")
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    async with client.stream("GET", "/feeds/all/archive/1.atom", headers={"accept-encoding": "gzip"}) as answer:
        assert b"".join([piece async for piece in answer.aiter_raw()]) == stored
    assert watch.on_loop == []
    assert plain.content.endswith(document(range(20)))


@pytest.mark.parametrize(("coding", "suffix"), [("br", "br"), ("zstd", "zst"), ("gzip", "gz")])
@pytest.mark.parametrize("late", [False, True])
async def test_a_coded_file_beside_a_large_one_is_sent(
    client: httpx.AsyncClient,
    root: Path,
    watch: Watch,
    coding: str,
    suffix: str,
    late: bool,  # noqa: FBT001
) -> None:
    if late:
        await client.get("/feeds/all.atom")
    (root / f"all.atom.{suffix}").write_bytes(b"coded")
    headers = {"accept-encoding": coding}
    async with client.stream("GET", "/feeds/all.atom", headers=headers) as answer:
        assert b"".join([piece async for piece in answer.aiter_raw()]) == b"coded"
    assert answer.headers["content-encoding"] == coding
    again = await client.get("/feeds/all.atom", headers={**headers, "if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert watch.on_loop == []


async def test_a_file_that_is_replaced_while_it_is_read_is_not_mixed(
    client: httpx.AsyncClient, root: Path, watch: Watch
) -> None:
    versions = [document(range(number, 20 + number)) for number in range(4)]
    left = [*range(1, 4)]

    def replace(name: str) -> None:
        if name == "all.atom" and left:
            number = left.pop(0)
            publish(root, "all.atom", versions[number], second=number)
            publish(root, "all.atom.br", b"%d" % number, second=number)

    watch.on_open = replace
    for _ in range(6):
        async with client.stream("GET", "/feeds/all.atom", headers={"accept-encoding": "br"}) as answer:
            body = b"".join([piece async for piece in answer.aiter_raw()])
        tags = [hashlib.sha256(each).hexdigest()[:32] for each in versions]
        number = tags.index(answer.headers["etag"].strip('"').removesuffix("-br"))
        assert body == (b"%d" % number if "content-encoding" in answer.headers else versions[number])
    assert number == 3


async def test_a_file_that_is_always_replaced_is_said_to_be(root: Path, watch: Watch) -> None:
    second = iter(range(1, 100))
    watch.on_open = lambda _: publish(root, "all.atom", document(range(20)), second=next(second))
    transport = httpx.ASGITransport(app=FeedFiles(beyond, Feeds(FileCache(root, BODILESS), "/feeds/")))
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=PLAIN) as client:
        answer = await client.get("/feeds/all.atom")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_a_large_feed_that_is_withdrawn_is_404_at_once(client: httpx.AsyncClient, root: Path) -> None:
    assert (await client.get("/feeds/all.atom")).status_code == 200
    (root / "all.atom").unlink()
    assert (await client.get("/feeds/all.atom")).status_code == 404


async def test_a_large_file_behind_a_link_is_not_found(
    client: httpx.AsyncClient, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    publish(outside, "secret.atom", document(range(20)))
    (root / "up").symlink_to(outside)
    assert (await client.get("/feeds/up/secret.atom")).status_code == 404


def test_a_small_feed_is_answered_on_the_spot(root: Path) -> None:
    cache = FileCache(root)
    publish(root, "small.atom", document(range(2)))
    assert cache.find("small.atom") is not None
    with pytest.raises(NotInMemoryError):
        cache.find("all.atom")


async def test_a_connection_that_asks_for_a_large_feed_first_is_answered_and_the_next_is_quick(
    root: Path, watch: Watch
) -> None:
    publish(root, "other.atom", document(range(20)))
    request = GET.replace(b"all.atom", b"other.atom") + b"\r\n"
    async with serving(root) as (port, connections):
        async with talking(port) as talk:
            for _ in range(2):
                assert (await talk.ask(request))[::2] == (200, document(range(20)))
            assert [isinstance(each, FastPath) for each in connections] == [False]
        async with talking(port) as talk:
            assert (await talk.ask(request))[::2] == (200, document(range(20)))
            assert any(isinstance(each, FastPath) for each in connections)
    assert watch.on_loop == []
