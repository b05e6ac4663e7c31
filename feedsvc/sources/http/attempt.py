"""One attempt to fetch: from the configured address along its redirects, each judged, to an answer."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from feedsvc.sources.http.decoding import OFFERED, Decoder
from feedsvc.sources.http.error_classes import AttemptError, fault_of
from feedsvc.sources.http.headers import (
    MAX_VALIDATOR,
    PERMANENT,
    REDIRECTS,
    fresh_seconds,
    judge_frame,
    judge_status,
    last_modified_at,
)
from feedsvc.sources.http.public_networks import is_admitted
from feedsvc.sources.http.urls import same_origin

if TYPE_CHECKING:
    from feedsvc.model import FetchSettings
    from feedsvc.sources.http.per_host import PerHost

_MAX_COOKIES = 10  # of one answer
_MAX_COOKIE = 1000  # characters
# what a source may not set: the framing is ours, and another coding would come in unbounded
_OURS = frozenset({"host", "accept-encoding", "connection", "content-length", "transfer-encoding", "te", "upgrade"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """What is wanted from where."""

    url: str  # without userinfo
    settings: FetchSettings
    user_agent: str
    accept: str
    username: str = ""
    password: str = field(default="", repr=False)
    etag: str = ""  # as the server gave them, byte for byte
    last_modified: str = ""

    @property
    def conditional(self) -> bool:
        """Whether 304 is a possible answer."""
        return bool(self.etag or self.last_modified)


@dataclass(slots=True, kw_only=True)
class FetchResult:
    """What was found at the end of the trip; on the way, what is known so far."""

    url: str
    status: int = 0
    moved: bool = False  # every redirect was permanent, and there was one
    body: bytes | None = None  # None = 304, it is what you have
    media_type: str = ""
    etag: str = ""
    last_modified: str = ""
    modified_at: datetime | None = None
    wire_bytes: int = 0
    max_age: float | None = None  # seconds


class FetchAttempt:
    """Follows redirects by hand; the bodies of redirects stay unread."""

    def __init__(
        self,
        errand: FetchRequest,
        transport: httpx.AsyncBaseTransport,
        hosts: PerHost,
        gate: asyncio.Semaphore,
        landing: FetchResult,
    ) -> None:
        self._errand = errand
        self._transport = transport
        self._hosts = hosts
        self._gate = gate
        self._landing = landing  # filled on the way, so that a failure too can say how far it came
        self._cookies: dict[str, dict[str, bytes]] = {}  # origin -> name -> "name=value"; they live as long as the trip
        self._left = errand.settings.total_seconds

    async def run(self) -> None:
        """Fill the landing with what there is at the end.

        Raises:
            AttemptError: anything in the way; waiting for one's turn at a host does not count towards the time limits.
        """
        here, host, permanent = _address(self._errand.url), "", True
        for hop in range(self._errand.settings.max_redirects + 1):
            self._judge(here)
            gap = 0.0 if here.host == host else self._errand.settings.host_gap_seconds
            host = here.host
            async with self._hosts.turn(host, gap), self._gate:
                target = await self._in_time(here)
            self._landing.moved = permanent and hop > 0
            if target is None:
                return
            permanent = permanent and self._landing.status in PERMANENT
            here = target
            self._landing.url = str(here)
        raise AttemptError("redirect", f"more than {self._errand.settings.max_redirects} redirects", again=False)

    async def _in_time(self, here: httpx.URL) -> httpx.URL | None:
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._left):
                return await self._hop(here)
        except TimeoutError as error:
            raise AttemptError("timeout", f"not done within {self._errand.settings.total_seconds:g} s") from error
        except httpx.HTTPError as error:
            raise fault_of(error, self._errand.settings) from error
        finally:
            self._left = max(0.0, self._left - (time.monotonic() - started))

    async def _hop(self, here: httpx.URL) -> httpx.URL | None:
        """Ask once; return where to go next, None when this was the end."""
        settings = self._errand.settings
        limits = httpx.Timeout(settings.silence_seconds, connect=settings.connect_seconds, pool=None)
        request = httpx.Request("GET", here, headers=self._headers(here), extensions={"timeout": limits.as_dict()})
        answer = await self._transport.handle_async_request(request)
        try:
            self._landing.status = answer.status_code
            if answer.status_code in REDIRECTS:
                self._keep_cookies(here, answer)
                return _target(here, answer)
            await self._take(here, answer)
        finally:
            await answer.aclose()
        return None

    async def _take(self, here: httpx.URL, answer: httpx.Response) -> None:
        now, landing, settings = datetime.now(UTC), self._landing, self._errand.settings
        landing.max_age = fresh_seconds(answer.headers, now)
        try:
            judge_status(answer.status_code, answer.headers, now, conditional=self._errand.conditional)
        except AttemptError as fault:
            if fault.wait is not None:
                self._hosts.leave_alone(here.host, fault.wait)
            raise
        landing.etag, landing.last_modified = _validator(answer, b"etag"), _validator(answer, b"last-modified")
        if answer.status_code == HTTPStatus.NOT_MODIFIED:
            return
        judge_frame(answer.headers, settings.max_bytes)
        landing.media_type = answer.headers.get("content-type", "")[:200]
        landing.modified_at = last_modified_at(landing.last_modified)
        landing.body = await self._body(answer, settings.max_bytes)

    async def _body(self, answer: httpx.Response, limit: int) -> bytes:
        inflater = Decoder(answer.headers.get("content-encoding", ""), limit)
        pieces: list[bytes] = []
        async for wire in answer.aiter_raw():
            self._landing.wire_bytes += len(wire)
            if self._landing.wire_bytes > limit:
                raise AttemptError("too-large", f"the body has more than {limit} bytes; raise `max_bytes`")
            pieces.extend(inflater.inflate(wire))
        pieces.extend(inflater.rest())
        body = b"".join(pieces)
        if not body.strip():
            raise AttemptError("empty", "the body is empty")
        return body

    def _judge(self, here: httpx.URL) -> None:
        settings = self._errand.settings
        if here.scheme not in ("http", "https"):
            raise AttemptError("blocked", f"only http and https are fetched, not {here.scheme!r}")
        if not here.host:
            raise AttemptError("blocked", "the address names no host")
        if here.userinfo:
            raise AttemptError("blocked", "a redirect brings credentials of its own")
        if len(str(here)) > settings.max_url:
            raise AttemptError("blocked", f"the address has more than {settings.max_url} characters")
        # through a proxy the guard sees the proxy alone; what is written as an address can still be judged
        if settings.proxy and _is_literal(here.host) and not is_admitted(here.host, settings.allow_networks):
            raise AttemptError(
                "blocked", f"{here.host!r} is not on the public Internet; `allow_networks` can name its network"
            )

    def _headers(self, here: httpx.URL) -> list[tuple[bytes, bytes]]:
        """Return the headers for `here`; what the source was configured with goes to its own origin only."""
        errand = self._errand
        headers = {b"host": here.netloc, b"user-agent": errand.user_agent.encode(), b"accept": errand.accept.encode()}
        headers |= {b"accept-encoding": OFFERED.encode(), b"connection": b"close"}
        if errand.etag:
            headers[b"if-none-match"] = errand.etag.encode("latin-1", "replace")
        if errand.last_modified:
            headers[b"if-modified-since"] = errand.last_modified.encode("latin-1", "replace")
        cookies = dict(self._cookies.get(_origin(here), {}))
        if same_origin(str(here), errand.url):
            headers |= _configured(errand)
            cookies = {name: f"{name}={value}".encode() for name, value in errand.settings.cookies.items()} | cookies
        if cookies:
            headers[b"cookie"] = b"; ".join(cookies.values())
        return list(headers.items())

    def _keep_cookies(self, here: httpx.URL, answer: httpx.Response) -> None:
        """Keep what a redirect sets, for the rest of this trip: some sites let in only who comes back with it."""
        jar = self._cookies.setdefault(_origin(here), {})
        for line in answer.headers.get_list("set-cookie")[:_MAX_COOKIES]:
            pair = line.partition(";")[0].strip()
            if len(line) <= _MAX_COOKIE and "=" in pair:
                jar[pair.partition("=")[0]] = pair.encode()


def _configured(errand: FetchRequest) -> dict[bytes, bytes]:
    settings = errand.settings
    headers = {
        name.lower().encode(): value.encode() for name, value in settings.headers.items() if name.lower() not in _OURS
    }
    if settings.token:
        headers[b"authorization"] = f"Bearer {settings.token}".encode()
    elif errand.username:
        login = base64.b64encode(f"{errand.username}:{errand.password}".encode())
        headers[b"authorization"] = b"Basic " + login
    return headers


def _target(here: httpx.URL, answer: httpx.Response) -> httpx.URL:
    raw = next((value for name, value in answer.headers.raw if name.lower() == b"location"), b"").strip()
    if not raw:
        raise AttemptError("redirect", f"a redirect ({answer.status_code}) without a target", again=False)
    try:
        text = raw.decode()  # browsers take UTF-8 where RFC 3986 wants it escaped
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    try:
        return here.join(text).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise AttemptError("blocked", "a redirect to what is no valid address") from error


def _address(url: str) -> httpx.URL:
    try:
        return httpx.URL(url.partition("#")[0])  # RFC 3986 3.5: it is not sent
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise AttemptError("blocked", "it is no valid address") from error


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode()}"  # without a default port


def _is_literal(host: str) -> bool:
    """Whether `host` is an address in any notation that some resolver takes: 127.1, 0x7f000001, 2130706433, [::1]."""
    return ":" in host or host.rpartition(".")[2][:2].lower() == "0x" or host.rpartition(".")[2].isdecimal()


def _validator(answer: httpx.Response, name: bytes) -> str:
    """Return a header to be sent back byte for byte; one that is too long to be kept counts as none."""
    value = next((value for key, value in answer.headers.raw if key.lower() == name), b"").decode("latin-1")
    return value if len(value) <= MAX_VALIDATOR else ""
