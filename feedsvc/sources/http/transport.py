"""httpx over guarded connections, without its client: each convenience of that is a measured hole.

It follows redirects by reading the body of each (and parses their targets even when told not to follow), keeps connections
alive (left-over bytes answer the next request), keeps cookies, takes proxies from the environment and decodes without a limit.
"""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING

import certifi
import httpcore
import httpx

from feedsvc.sources.http.error_classes import AttemptError
from feedsvc.sources.http.ssrf import GuardedBackend

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

# the names that httpx gives to the errors of httpcore
_ERRORS = {
    name: getattr(httpx, name)
    for name in (
        "ConnectTimeout",
        "ReadTimeout",
        "WriteTimeout",
        "PoolTimeout",
        "ConnectError",
        "ReadError",
        "WriteError",
        "ProxyError",
        "RemoteProtocolError",
        "LocalProtocolError",
        "UnsupportedProtocol",
    )
}


def tls_context() -> ssl.SSLContext:
    """Return the context for all connections; it takes some 20 ms to make, so it is made once."""
    return ssl.create_default_context(cafile=certifi.where())


def make_transport(
    *,
    allow: tuple[str, ...],
    proxy: str,
    tls: ssl.SSLContext,
    resolve: Callable[[str, int], Awaitable[Sequence[str]]],
) -> httpx.AsyncBaseTransport:
    """Return the transport of sources that share their networks and their proxy.

    The proxy is the operator's own, so it may be anywhere; it resolves the names, and the guard cannot see their addresses.

    Raises:
        AttemptError: `proxy` is no address of an HTTP proxy.
    """
    pool = httpcore.AsyncConnectionPool(
        ssl_context=tls,
        proxy=_proxy(proxy, tls),
        max_connections=None,  # the fetcher counts them
        max_keepalive_connections=0,
        retries=0,
        network_backend=httpcore.AnyIOBackend() if proxy else GuardedBackend(allow, resolve),
    )
    return PoolTransport(pool)


def _proxy(proxy: str, tls: ssl.SSLContext) -> httpcore.Proxy | None:
    if not proxy:
        return None
    try:
        url = httpx.URL(proxy)
    except (httpx.InvalidURL, ValueError) as error:
        raise AttemptError("connect", "`proxy` is no valid address", again=False) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise AttemptError("connect", "`proxy` is no http or https address", again=False)
    return httpcore.Proxy(
        str(url.copy_with(userinfo=b"")),
        auth=(url.username, url.password) if url.userinfo else None,
        ssl_context=tls if url.scheme == "https" else None,
    )


class PoolTransport(httpx.AsyncBaseTransport):
    """The seam between httpx and a pool of httpcore; httpx's own takes no network backend."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`; the body of the answer is still on the wire."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        asked = httpcore.Request(
            request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        with _renamed():
            answer = await self._pool.handle_async_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _renamed():
            async for piece in self._answer.aiter_stream():
                yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()


@contextlib.contextmanager
def _renamed() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        renamed = _ERRORS.get(type(error).__name__)
        if renamed is None or type(error).__module__.partition(".")[0] != "httpcore":
            raise
        raise renamed(str(error)) from error
