"""What came before a feed's window: RFC 5005 (`prev-archive`, `next`), JSON Feed's `next_url`, WordPress's `?paged=n`.

Walked backwards once, or back to what was known, so many documents in a run and in all. How far it went stands in the
feed's fingerprint: "" (not begun), "17 https://..." (17 documents read, that one is next), or "done".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from feedsvc.model import Failure, Parsed
from feedsvc.parsers import bundles
from feedsvc.ports import FetchError
from feedsvc.sources.article_pages import media_type_of
from feedsvc.sources.http.urls import public_url
from feedsvc.sources.outlines import outline
from feedsvc.sources.page_fingerprints import PART

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from feedsvc.model import Draft, Missed, RawDocument, Source
    from feedsvc.ports import Executor
    from feedsvc.sources.article_pages import Allowance
    from feedsvc.sources.http.fetcher import Response

DONE = "done"
_MAX_URL = 1024  # characters of an address that is remembered
_ENDS = frozenset({"http", "gone", "empty", "redirect", "blocked", "too-large"})  # no document there: the walk is over
_SERVER_ERROR = 500
_PAGED = re.compile(r"(^|&)paged=(\d{1,6})(?=&|$)")
_WORDPRESS = re.compile(rb"<generator[^<>]{0,200}>[^<]{0,80}wordpress", re.IGNORECASE)
_HEAD = 16 << 10  # bytes of a feed in which its generator is named


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """The documents of the past that were read, newest first, each with its entries; and how far that went."""

    parts: tuple[tuple[RawDocument, Parsed], ...] = ()  # filed under the feed, as they came
    bundles: tuple[RawDocument, ...] = ()  # the same as they are archived
    state: str = ""
    ended: str = ""  # for people: why it is over; "" = it is not
    beyond: str = ""  # the first document that `history_pages` left unread, "" where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryWalk:
    """Walks the past of one source in one run."""

    source: Source
    executor: Executor
    allowance: Allowance
    ask: Callable[[str], Awaitable[Response]]
    known: Callable[[Draft], bool] = field(default=lambda _: False)  # the document with such an entry is the last

    async def back(self, feed: RawDocument, parsed: Parsed, state: str) -> HistoryPage:
        """Return what came before `feed`, from where `state` stands."""
        count, address = _place(state, feed, parsed)
        before = count
        names = {bundles.name_of(draft) for draft in parsed.drafts}
        visited = {feed.url, feed.locator}
        parts: list[tuple[RawDocument, Parsed]] = []
        packed: list[RawDocument] = []
        if met := any(map(self.known, parsed.drafts)):
            address = ""
        while address and count < self.source.history_pages and self.allowance.take():
            part = await self._part(feed, address)
            if part is None:  # it may be there the next time
                return HistoryPage(parts=tuple(parts), bundles=tuple(packed), state=f"{count} {address}")
            document, inside = part
            fresh = {bundles.name_of(draft) for draft in inside.drafts} - names
            if not fresh and not inside.head:
                address = ""
                break
            packed.append(self._bundle(feed, document, frozenset(names)))
            parts.append((document, _without(inside, names)))
            visited.add(address)
            met = any(map(self.known, inside.drafts))
            count, address = count + 1, "" if met else _next(address, document, inside, fresh=bool(fresh))
            address = "" if address in visited else address  # a ring
            names |= fresh
        over = not address or count >= self.source.history_pages
        return HistoryPage(
            parts=tuple(parts),
            bundles=tuple(packed),
            state=f"{count} {address}" if address else DONE,
            beyond=address if over and count > before else "",
            ended=_ended(count, met=met, more=bool(address)) if over else "",
        )

    async def _part(self, feed: RawDocument, address: str) -> tuple[RawDocument, Parsed] | None:
        """Return the document at `address` and its entries, none when the past ends there; None = not now."""
        document = replace(feed, fingerprint="", body=b"", url=address)
        try:
            answer = await self.ask(address)
        except FetchError as error:
            self.allowance.note(list(error.fetches))
            status = error.fetches[-1].status if error.fetches else 0
            return (document, Parsed()) if error.kind in _ENDS and status < _SERVER_ERROR else None
        self.allowance.note(answer.fetches, len(answer.body or b""))
        document = replace(document, body=answer.body or b"", media_type=media_type_of(answer), url=answer.url)
        return document, await outline(self.executor, document, self.source) or Parsed()

    def _bundle(self, feed: RawDocument, part: RawDocument, without: frozenset[str]) -> RawDocument:
        page = bundles.Page(url=part.url, media_type=part.media_type, body=part.body)
        bundle = bundles.Bundle(page=page, part_of=feed.locator, without=without)
        body = bundles.pack(bundle, feed.fetched_at)
        return replace(part, locator=public_url(part.url), media_type=bundles.MEDIA_TYPE, body=body, fingerprint=PART)


def goes_on(state: str, pages: int) -> bool:
    """Return whether a walk that stands at `state` has more to read, of `pages` documents in all."""
    count, _, _ = state.partition(" ")
    return state != DONE and not (count.isdecimal() and int(count) >= pages)


def unread(source: Source, beyond: str) -> Failure:
    """Return what tells people that the walk ended before the past did. It goes when the walk has gone on."""
    reason = f"older documents of the feed are left unread after {source.history_pages} of them; raise `history_pages`"
    return Failure(
        source=source.name, locator=public_url(beyond), stage="read", kind="limit", reason=reason, fingerprint=PART
    )


def is_known(missed: Missed) -> Callable[[Draft], bool]:
    """Return what says of an entry whether it was known before `missed` came about: by what it calls itself, or its address."""
    from feedsvc.rules.link_key import link_key  # noqa: PLC0415 - brings the rules; few runs look for anything

    return lambda draft: draft.native_id.strip() in missed.guids or link_key(draft.link) in missed.links


def _ended(count: int, *, met: bool, more: bool) -> str:
    """Say how a walk of `count` documents ended: it has met what was known, or there were more than it may read."""
    if not count:
        return "what was known is in its window again" if met else "it has no older documents"
    end = "back to what was known" if met else "as many as history_pages allows" if more else "all that it has"
    return f"{count} older documents were read, {end}"


def _without(parsed: Parsed, names: set[str]) -> Parsed:
    return replace(parsed, drafts=tuple(d for d in parsed.drafts if bundles.name_of(d) not in names))


def _place(state: str, feed: RawDocument, parsed: Parsed) -> tuple[int, str]:
    """Return how many documents were read, and the address of the next, "" when there is none."""
    count, _, address = state.partition(" ")
    if state == DONE:
        return 0, ""
    if count.isdecimal() and address:
        return int(count), address
    return 0, _remembered(_named(feed, parsed) or _second_page(feed))


def _named(document: RawDocument, parsed: Parsed) -> str:
    following = parsed.head.next_page if parsed.head else ""
    return following if following not in (document.url, document.locator) else ""


def _second_page(feed: RawDocument) -> str:
    if not _WORDPRESS.search(feed.body[:_HEAD]):
        return ""
    parts = urlsplit(feed.url or feed.locator)
    query = f"{parts.query}&paged=2" if parts.query else "paged=2"
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _next(address: str, document: RawDocument, parsed: Parsed, *, fresh: bool) -> str:
    """Return what the document names as the next, else the next number; a number that brought nothing new was the last."""
    named = _named(document, parsed)
    if named and named != address:
        return _remembered(named)
    parts = urlsplit(address)
    if not fresh or not _PAGED.search(parts.query):
        return ""
    query = _PAGED.sub(lambda found: f"{found[1]}paged={int(found[2]) + 1}", parts.query)
    return _remembered(urlunsplit((parts.scheme, parts.netloc, parts.path, query, "")))


def _remembered(address: str) -> str:
    """Return `address` when it may be remembered where anybody may read it: no secrets, and not too long."""
    return address if len(address) <= _MAX_URL and public_url(address) == address else ""
