"""The one fetcher for all remote kinds: polite, guarded, bounded; httpx is imported when the first address is asked."""

from __future__ import annotations

import asyncio
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedsvc.model import FetchSettings
from feedsvc.model.catalog import ATOM_TYPE, JSON_FEED_TYPE, RSS_TYPE
from feedsvc.ports import Fetch, FetchError
from feedsvc.sources.http.error_classes import AttemptError
from feedsvc.sources.http.per_host import PerHost
from feedsvc.sources.http.urls import public_url, split_userinfo

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    import httpx

    from feedsvc.sources.http.attempt import FetchRequest, FetchResult

    Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

ACCEPT_FEED = (
    f"{ATOM_TYPE}, {RSS_TYPE}, {JSON_FEED_TYPE}, application/xml;q=0.9, text/xml;q=0.9, text/html;q=0.5, */*;q=0.1"
)
_SHORT_WAIT = 5.0  # seconds: what a server asks for is waited for in the same poll up to here
_DNS_THREADS = 64  # names that hang hold a thread for some 10 s each
_MIN_SECRET = 4  # characters; anything shorter would mask half of a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a server said, whole and within the limits."""

    body: bytes | None  # None = 304: it is what you have
    media_type: str  # Content-Type as received
    url: str  # where it came from in the end, as it may be shown
    etag: str  # as received, "" = none, or too long to be kept
    last_modified: str
    modified_at: datetime | None  # Last-Modified in UTC
    fetches: tuple[Fetch, ...]  # one for each attempt; the last one gave the answer


class Fetcher:
    """Fetches for all sources of a process: `connections` at a time in all, one at a time at each host.

    `resolve` (host, port -> addresses) and `retry_wait` (seconds, from and to) are arguments for tests.
    """

    def __init__(
        self,
        user_agent: str,
        connections: int = 32,
        *,
        resolve: Resolve | None = None,
        retry_wait: tuple[float, float] = (1.0, 3.0),
    ) -> None:
        self.user_agent = user_agent  # for who has none of its own
        self._gate = asyncio.Semaphore(connections)
        self._hosts = PerHost()
        self._resolve = resolve
        self._retry_wait = retry_wait
        self._threads: ThreadPoolExecutor | None = None
        self._tls: ssl.SSLContext | None = None
        self._transports: dict[tuple[tuple[str, ...], str], httpx.AsyncBaseTransport] = {}

    async def fetch(
        self,
        url: str,
        settings: FetchSettings = FetchSettings(),  # noqa: B008 - frozen
        *,
        etag: str = "",
        last_modified: str = "",
        accept: str = ACCEPT_FEED,
    ) -> Response:
        """Return what is at `url`; with validators a 304 is an answer too (its body is None).

        Raises:
            FetchError: every try failed; `kind` is one of `feedsvc.sources.http.error_classes.FAULTS`, and no secret is in it.
        """
        errand = self._errand(url, settings, etag, last_modified, accept)
        made: list[Fetch] = []
        for left in range(settings.retries, -1, -1):
            try:
                return await self._attempt(errand, made)
            except AttemptError as fault:
                pause = self._pause(fault) if left else None
                if pause is None:
                    message = f"{public_url(url)}: {made[-1].error}"
                    raise FetchError(message, kind=fault.kind, fetches=tuple(made), retry_after=fault.wait) from fault
            await asyncio.sleep(pause)
        raise AssertionError  # pragma: no cover - the last try answers or raises

    async def aclose(self) -> None:
        """Close what was opened."""
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    def _errand(self, url: str, settings: FetchSettings, etag: str, last_modified: str, accept: str) -> FetchRequest:
        from feedsvc.sources.http.attempt import FetchRequest  # noqa: PLC0415 - brings httpx

        try:
            bare, login = split_userinfo(url)
        except ValueError:
            bare, login = url, None  # the trip says what is wrong with it
        return FetchRequest(
            url=bare,
            settings=settings,
            user_agent=settings.user_agent or self.user_agent,
            accept=accept,
            username=settings.username or (login.username if login else ""),
            password=settings.password or (login.password if login else ""),
            etag=etag,
            last_modified=last_modified,
        )

    async def _attempt(self, errand: FetchRequest, made: list[Fetch]) -> Response:
        from feedsvc.sources.http.attempt import FetchAttempt, FetchResult  # noqa: PLC0415 - brings httpx

        started, landing = time.monotonic(), FetchResult(url=errand.url)
        try:
            await FetchAttempt(errand, self._transport(errand.settings), self._hosts, self._gate, landing).run()
        except AttemptError as fault:
            made.append(_record(errand, landing, started, fault))
            raise
        made.append(_record(errand, landing, started))
        return Response(
            body=landing.body,
            media_type=landing.media_type,
            url=public_url(landing.url),
            etag=landing.etag,
            last_modified=landing.last_modified,
            modified_at=landing.modified_at,
            fetches=tuple(made),
        )

    def _pause(self, fault: AttemptError) -> float | None:
        """Return how long to wait for another try, in seconds; None = it makes no sense."""
        if fault.wait is not None:
            return fault.wait + 0.05 if fault.wait <= _SHORT_WAIT else None
        return random.uniform(*self._retry_wait) if fault.again else None  # noqa: S311 - spreads load, guards nothing

    def _transport(self, settings: FetchSettings) -> httpx.AsyncBaseTransport:
        from feedsvc.sources.http.transport import make_transport, tls_context  # noqa: PLC0415 - brings httpx

        key = (settings.allow_networks, settings.proxy)
        if key not in self._transports:
            self._tls = self._tls or tls_context()
            self._resolve = self._resolve or self._system_resolver()
            self._transports[key] = make_transport(
                allow=settings.allow_networks, proxy=settings.proxy, tls=self._tls, resolve=self._resolve
            )
        return self._transports[key]

    def _system_resolver(self) -> Resolve:
        from feedsvc.sources.http.ssrf import resolver  # noqa: PLC0415 - brings httpcore

        self._threads = ThreadPoolExecutor(max_workers=_DNS_THREADS, thread_name_prefix="dns")
        return resolver(self._threads)


def _record(errand: FetchRequest, landing: FetchResult, started: float, fault: AttemptError | None = None) -> Fetch:
    outcome = "unchanged" if landing.body is None else "ok"
    return Fetch(
        url=public_url(errand.url),
        final_url=public_url(landing.url),
        moved_to=landing.url if landing.moved and fault is None else "",
        status=landing.status,
        outcome=fault.kind if fault else outcome,
        wire_bytes=landing.wire_bytes,
        body_bytes=len(landing.body or b""),
        seconds=time.monotonic() - started,
        max_age=landing.max_age,
        retry_after=fault.wait if fault else None,
        error=_without_secrets(fault.reason, errand) if fault else "",
    )


def _without_secrets(text: str, errand: FetchRequest) -> str:
    """Return `text` with every configured secret masked: a last gate, for what a library may quote."""
    settings = errand.settings
    secrets = [errand.password, settings.token, settings.proxy, *settings.headers.values(), *settings.cookies.values()]
    for secret in secrets:
        if len(secret) >= _MIN_SECRET:
            text = text.replace(secret, "***")
    return text
