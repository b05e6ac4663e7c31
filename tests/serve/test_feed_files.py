"""Feeds are answered from files: conditional requests, codings, headers, and no way out of the folder."""

from __future__ import annotations

import gzip
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import feedparser
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.formats import FORMATS
from feedsvc.formats.item import Chain, item, newest
from feedsvc.formats.item import head as feed_head
from feedsvc.serve.feeds.conditional import PLAIN, codings, prefers, wanted
from feedsvc.serve.feeds.file_cache import FileCache
from feedsvc.serve.feeds.responses import FeedFiles, feeds
from tests.formats.making import SITE, SPEC, an_entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

BODY = b"<feed>" + "金融".encode() * 500 + b"</feed>"


async def beyond(scope: Any, receive: Any, send: Any) -> None:
    """Stand for Datasette: whatever comes here was not answered as a feed."""
    del scope, receive
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"beyond"})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "feeds"
    for path in ("all.atom", "all.rss", "all.json", "index.opml", "category/金融/A & B.atom", "all/archive/1.atom"):
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(BODY)
        os.utime(place, (1_700_000_000, 1_700_000_000))
    (folder / ".publishing-1.atom").write_bytes(b"half")
    (tmp_path / "secret.atom").write_bytes(b"secret")
    (folder / "link.atom").symlink_to(tmp_path / "secret.atom")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.atom")
    return folder


@pytest.fixture
async def client(root: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=FeedFiles(beyond, feeds(root)))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://x", headers={"accept-encoding": "identity"}
    ) as made:
        yield made


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("all.atom", "application/atom+xml; charset=utf-8"),
        ("all.rss", "application/rss+xml; charset=utf-8"),
        ("all.json", "application/feed+json; charset=utf-8"),
        ("index.opml", "text/x-opml; charset=utf-8"),
        ("category/%E9%87%91%E8%9E%8D/A%20%26%20B.atom", "application/atom+xml; charset=utf-8"),
    ],
)
async def test_a_feed_is_answered_with_its_type_and_what_caches_need(
    client: httpx.AsyncClient, path: str, media_type: str
) -> None:
    answer = await client.get(f"/feeds/{path}")
    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer.headers["content-type"] == media_type
    assert answer.headers["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["vary"] == "Accept-Encoding, Sec-Fetch-Dest"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-length"] == str(len(BODY))
    assert not answer.headers["etag"].startswith("W/")


async def test_a_closed_page_of_the_archive_keeps_for_ever(client: httpx.AsyncClient) -> None:
    caching = (await client.get("/feeds/all/archive/1.atom")).headers["cache-control"]
    assert caching == "public, max-age=31536000, immutable"


def published(root: Path, form: str, numbers: Iterable[int], path: str = "all", **head: Any) -> bytes:
    """Publish a real document with the entries `numbers`, a second after the last."""
    site = replace(SITE, hub=head.pop("hub", ""))
    entries = [an_entry(number) for number in numbers]
    fragments = [FORMATS[form].entry(item(entry, site)) for entry in entries]
    chain = Chain(**head)
    body = FORMATS[form].document(
        feed_head(replace(SPEC, path="all", page_formats=tuple(FORMATS)), site, newest(entries), chain), fragments
    )
    place = root / f"{path}.{form}"
    before = place.stat().st_mtime if place.exists() else 1_700_000_000
    place.write_bytes(body)
    os.utime(place, (before + 1, before + 1))
    return body


@pytest.mark.parametrize("form", ["atom", "rss"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_a_reader_that_asks_for_news_gets_news(
    client: httpx.AsyncClient, root: Path, form: str, coding: str
) -> None:
    asking = {"accept-encoding": coding, "a-im": "feed"}
    published(root, form, [1, 2, 3])
    first = await client.get(f"/feeds/all.{form}", headers=asking)
    published(root, form, [5, 4, 2, 1])
    second = await client.get(f"/feeds/all.{form}", headers={**asking, "if-none-match": first.headers["etag"]})
    assert (first.status_code, second.status_code) == (200, 226)
    assert [entry.title for entry in feedparser.parse(second.content).entries] == ["Entry 5", "Entry 4"]
    assert second.headers["im"] == "feed"
    assert second.headers["cache-control"] == "no-store, im"
    whole = await client.get(f"/feeds/all.{form}", headers={"accept-encoding": coding})
    assert whole.headers["etag"] == second.headers["etag"] != first.headers["etag"]
    third = await client.get(f"/feeds/all.{form}", headers={**asking, "if-none-match": second.headers["etag"]})
    assert third.status_code == 304


async def test_a_reader_of_a_version_that_nobody_remembers_gets_everything(
    client: httpx.AsyncClient, root: Path
) -> None:
    published(root, "atom", [1, 2])
    answer = await client.get("/feeds/all.atom", headers={"a-im": "feed", "if-none-match": '"long-ago"'})
    assert (answer.status_code, len(feedparser.parse(answer.content).entries)) == (200, 2)


async def test_a_revised_entry_is_news(client: httpx.AsyncClient, root: Path) -> None:
    body = published(root, "atom", [1, 2, 3])
    first = await client.get("/feeds/all.atom")
    (root / "all.atom").write_bytes(body.replace(b"Entry 2 in full", b"Entry 2, corrected"))
    answer = await client.get("/feeds/all.atom", headers={"a-im": "feed", "if-none-match": first.headers["etag"]})
    assert [entry.title for entry in feedparser.parse(answer.content).entries] == ["Entry 2"]


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
async def test_links_stand_in_the_header_too(client: httpx.AsyncClient, root: Path, form: str) -> None:
    published(root, form, [1], hub="https://hub.example.org/", previous=3)
    here = "https://news.example.org/feeds/all"
    for condition in ({}, {"if-none-match": "*"}):
        answer = await client.get(f"/feeds/all.{form}", headers=condition)
        assert {(link["rel"], link["url"]) for link in answer.links.values()} == {
            ("self", f"{here}.{form}"),
            ("hub", "https://hub.example.org/"),
            ("prev-archive", f"{here}/archive/3.{form}"),
        }


async def test_a_page_leads_to_the_next_as_soon_as_there_is_one(client: httpx.AsyncClient, root: Path) -> None:
    published(root, "atom", [1], path="all/archive/1", page=1)
    assert "next-archive" not in (await client.get("/feeds/all/archive/1.atom")).links
    published(root, "atom", [2], path="all/archive/2", page=2, previous=1)
    assert (await client.get("/feeds/all/archive/1.atom")).links["next-archive"]["url"] == "2.atom"


async def test_gzip_has_its_own_strong_tag_and_the_same_content(client: httpx.AsyncClient) -> None:
    plain = await client.get("/feeds/all.atom")
    zipped = await client.get("/feeds/all.atom", headers={"accept-encoding": "gzip"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.content == BODY
    assert int(zipped.headers["content-length"]) < len(BODY)
    assert zipped.headers["etag"] != plain.headers["etag"]


@pytest.mark.parametrize(("coding", "suffix"), [("br", "br"), ("zstd", "zst"), ("gzip", "gz")])
async def test_a_coded_file_beside_is_sent_to_whom_takes_it(
    client: httpx.AsyncClient, root: Path, coding: str, suffix: str
) -> None:
    (root / f"all.atom.{suffix}").write_bytes(b"coded")  # opaque to the server: its publisher wrote it
    async with client.stream("GET", "/feeds/all.atom", headers={"accept-encoding": coding}) as answer:
        assert b"".join([piece async for piece in answer.aiter_raw()]) == b"coded"
    assert answer.headers["content-encoding"] == coding
    assert answer.headers["content-length"] == "5"
    assert answer.headers["etag"].endswith(f'-{coding}"')
    again = {"accept-encoding": coding, "if-none-match": answer.headers["etag"]}
    assert (await client.get("/feeds/all.atom", headers=again)).status_code == 304


async def test_a_coded_file_of_an_older_version_is_not_sent(client: httpx.AsyncClient, root: Path) -> None:
    for suffix in ("br", "gz"):
        (root / f"all.atom.{suffix}").write_bytes(b"old")
        os.utime(root / f"all.atom.{suffix}", (1_600_000_000, 1_600_000_000))
    answer = await client.get("/feeds/all.atom", headers={"accept-encoding": "br, gzip;q=0.5"})
    assert (answer.headers["content-encoding"], answer.content) == ("gzip", BODY)


async def test_a_coded_file_that_comes_later_is_found(root: Path) -> None:
    shelf = FileCache(root)
    kept = shelf.find("all.atom")
    assert kept is not None
    assert shelf.form("all.atom", kept, ["br"]) is None
    (root / "all.atom.br").write_bytes(b"coded")
    kept.missing.update(br=0.0)  # a second later
    assert shelf.form("all.atom", kept, ["br"]) == ("br", b"coded")


async def test_who_refuses_every_coding_that_there_is_gets_406(client: httpx.AsyncClient) -> None:
    answer = await client.get("/feeds/all.atom", headers={"accept-encoding": "br, *;q=0"})
    assert (answer.status_code, answer.headers["vary"]) == (406, "Accept-Encoding, Sec-Fetch-Dest")


async def test_a_coded_file_is_no_address_of_its_own(client: httpx.AsyncClient, root: Path) -> None:
    (root / "all.atom.gz").write_bytes(b"coded")
    assert (await client.get("/feeds/all.atom.gz")).status_code == 299


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_what_a_client_has_is_304_with_the_headers_of_200(client: httpx.AsyncClient, coding: str) -> None:
    headers = {"accept-encoding": coding}
    first = await client.get("/feeds/all.atom", headers=headers)
    again = await client.get("/feeds/all.atom", headers={**headers, "if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "last-modified", "cache-control", "vary"):
        assert again.headers[name] == first.headers[name]


async def test_head_is_get_without_the_body(client: httpx.AsyncClient) -> None:
    got, head = await client.get("/feeds/all.atom"), await client.head("/feeds/all.atom")
    assert head.content == b""
    assert head.headers == got.headers


async def test_a_changed_file_is_answered_at_once(client: httpx.AsyncClient, root: Path) -> None:
    before = await client.get("/feeds/all.atom")
    new = root / "new"
    new.write_bytes(b"<feed/>")
    new.replace(root / "all.atom")
    after = await client.get("/feeds/all.atom", headers={"if-none-match": before.headers["etag"]})
    assert (after.status_code, after.content) == (200, b"<feed/>")


async def test_a_withdrawn_file_is_404_at_once(client: httpx.AsyncClient, root: Path) -> None:
    await client.get("/feeds/all.atom")
    (root / "all.atom").unlink()
    assert (await client.get("/feeds/all.atom")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "nothing.atom",
        "..%2fsecret.atom",
        "%2e%2e/secret.atom",
        "category/..%2f..%2fsecret.atom",
        "%2fetc/passwd.atom",
        "a%00b.atom",
        "link.atom",
        "up/secret.atom",
        "pipe.atom",
        ".publishing-1.atom",
        "category.atom",
        "%ff%fe.atom",
        "all.atom/x.atom",
        "n" * 5000 + ".atom",
    ],
)
async def test_nothing_but_feeds_is_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/feeds/{path}")
    assert answer.status_code == 404
    assert b"secret" not in answer.content
    assert "/feeds/index.opml" in answer.text


STEPS = st.sampled_from(
    ["..", ".", "", "up", "all", "category", "archive", "all.atom", "secret.atom", "link.atom", "\0", "1.atom"]
)


@given(st.lists(STEPS, max_size=6).map("/".join) | st.text(max_size=40))
async def test_no_path_leads_out_of_the_root(root: Path, path: str) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asked = b"/feeds/" + path.encode("utf-8", "surrogatepass")
    await FeedFiles(beyond, feeds(root))(
        {"type": "http", "method": "GET", "raw_path": asked, "path": "", "headers": []}, None, send
    )
    assert sent[0]["status"] in (200, 299, 404)
    assert b"secret" not in sent[1]["body"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_feeds_are_only_read(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/feeds/all.atom")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", ["/", "/feeds/", "/feeds", "/feeds/page", "/archive.json", "/feedsx/all.atom"])
async def test_the_rest_goes_to_datasette(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 299


def test_memory_has_an_end(root: Path) -> None:
    shelf = FileCache(root, limit=2 * len(BODY))
    for path in ("all.atom", "all.rss", "all.json", "index.opml"):
        kept = shelf.find(path)
        assert kept is not None
        coding, body = shelf.form(path, kept, ["br", "gzip"]) or ("", b"")
        assert (coding, gzip.decompress(body)) == ("gzip", BODY)
    assert 0 < shelf._held <= 2 * len(BODY)
    assert shelf._held == sum(kept.size for kept in shelf._kept.values())


# ---------------------------------------------------------------- conditions

WHEN = datetime(2026, 3, 4, 12, 0, 0, 500, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "has"),
    [
        ({}, False),
        ({"if-none-match": '"t"'}, True),
        ({"if-none-match": 'W/"t"'}, True),
        ({"if-none-match": '"a", W/"t" , "b"'}, True),
        ({"if-none-match": "*"}, True),
        ({"if-none-match": '"t-gzip"'}, True),
        ({"if-none-match": '"t;gzip"'}, True),
        ({"if-none-match": '"other"'}, False),
        ({"if-none-match": "t"}, False),
        ({"if-none-match": ""}, False),
        ({"if-modified-since": "Wed, 04 Mar 2026 12:00:00 GMT"}, True),
        ({"if-modified-since": "Wed, 04 Mar 2026 11:59:59 GMT"}, False),
        ({"if-modified-since": "yesterday"}, False),
        ({"if-modified-since": "Wed, 04 Mar 99999 12:00:00 GMT"}, False),
        ({"if-none-match": '"other"', "if-modified-since": "Wed, 04 Mar 2026 12:00:00 GMT"}, False),
        ({"if-none-match": '"t"', "if-modified-since": "Wed, 04 Mar 2020 12:00:00 GMT"}, True),
    ],
)
def test_conditions_are_read_as_rfc_9110_says(headers: dict[str, str], has: bool) -> None:  # noqa: FBT001
    assert wanted(headers).has("t", WHEN) is has


@given(st.dictionaries(st.sampled_from(["if-none-match", "if-modified-since"]), st.text()))
def test_no_condition_is_an_error(headers: dict[str, str]) -> None:
    wanted(headers).has("t", WHEN)


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        (None, [PLAIN]),
        ("", [PLAIN]),
        ("gzip", ["gzip", PLAIN]),
        ("GZIP", ["gzip", PLAIN]),
        ("gzip, deflate, br, zstd", ["br", "zstd", "gzip", PLAIN]),
        ("br;q=0.5, gzip", ["gzip", "br", PLAIN]),
        ("br, gzip;q=0.5", ["br", "gzip", PLAIN]),
        ("gzip;q=0", [PLAIN]),
        ("gzip; q=0.0, *", [PLAIN]),
        ("gzip;q=0.001", ["gzip", PLAIN]),
        ("*", ["gzip", PLAIN]),
        ("*;q=0", []),
        ("gzip, *;q=0", ["gzip"]),
        ("identity", [PLAIN]),
        ("identity, gzip;q=0.9", [PLAIN, "gzip"]),
        ("gzip, identity;q=0", ["gzip"]),
        ("identity;q=0", []),
        ("x-gzip", ["gzip", PLAIN]),
        ("gzip;q=x", ["gzip", PLAIN]),
    ],
)
def test_codings_are_negotiated_as_rfc_9110_says(accepted: str | None, taken: list[str]) -> None:
    assert list(codings(accepted)) == taken


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", ""),
        ("*/*", ""),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ""),
        ("application/atom+xml", "atom"),
        ("application/rss+xml, application/atom+xml;q=0.9", "rss"),
        ("text/html;q=0.5, application/atom+xml;q=0.4", ""),
        ("application/feed+json, */*;q=0.1", "json"),
        ("application/atom+xml;q=0", ""),
    ],
)
def test_a_feed_is_preferred_only_by_name(accept: str, wanted: str) -> None:
    types = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}
    assert prefers(accept, types) == wanted
