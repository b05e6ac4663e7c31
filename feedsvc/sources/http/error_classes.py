"""Why a request failed: the classes by which failures are counted, and the one place where foreign errors become ours.

To add a class: one line in `FAULTS`.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from feedsvc.model import FetchSettings

# kind -> what it means to the user; it is `SourceError.kind` and the `outcome` of a fetch
FAULTS = {
    "dns": "the host's name has no address",
    "connect": "no connection, or it broke",
    "tls": "the certificate or the TLS handshake was refused",
    "timeout": "too slow: to connect, between two bytes, or in all",
    "protocol": "the answer is no valid HTTP",
    "http": "the server answered with an error status",
    "gone": "410: the publisher says that the source is gone for good",
    "wait": "the server asked to be left alone for a while",
    "blocked": "refused by policy: a private address, a scheme, a forbidden redirect, robots.txt",
    "too-large": "more bytes than the limit, on the wire or decoded",
    "encoding": "the compressed body is damaged, incomplete or in a coding that was not offered",
    "empty": "the body is empty",
    "redirect": "a redirect without a target, or too many of them",
    "not-a-feed": "the page is no feed and names none",
    "not-a-sitemap": "what stands there is neither a sitemap nor an index of some",
    "not-a-page": "where the page of an article should be stands something else: a picture, a PDF",
}
_REPEATABLE = frozenset({"dns", "connect", "protocol", "encoding"})  # gone at the next try, often enough


class AttemptError(Exception):
    """One attempt failed. `reason` holds no address and no secret."""

    def __init__(
        self, kind: str, reason: str, *, status: int = 0, wait: float | None = None, again: bool | None = None
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.status = status  # of HTTP, 0 = none was received
        self.wait = wait  # seconds that the server asked for
        self.again = kind in _REPEATABLE if again is None else again  # whether another try in the same poll makes sense


def fault_of(error: Exception, settings: FetchSettings) -> AttemptError:
    """Return what `error`, out of httpx, means; anything that is not an error of a transport is a bug and raised again."""
    import httpx  # noqa: PLC0415 - only remote sources need it

    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return AttemptError("timeout", f"no connection within {settings.connect_seconds:g} s")
    if isinstance(error, httpx.TimeoutException):
        return AttemptError("timeout", f"no byte for {settings.silence_seconds:g} s")
    if isinstance(error, httpx.LocalProtocolError):  # h11 quotes the header, which may be a secret
        return AttemptError(
            "protocol", "the request cannot be written; look for control characters in `headers`", again=False
        )
    if isinstance(error, httpx.RemoteProtocolError):
        return AttemptError("protocol", f"the answer is no valid HTTP: {_told(error)}")
    if isinstance(error, httpx.ProxyError):
        return AttemptError("connect", "the proxy refused; check `proxy`")
    if isinstance(error, httpx.TransportError):
        return _connection_fault(error)
    raise error


def _connection_fault(error: httpx.TransportError) -> AttemptError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return AttemptError("tls", f"the certificate was refused: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            return AttemptError("tls", f"the TLS handshake failed: {cause.reason or 'no TLS there'}")
        cause = cause.__cause__ or cause.__context__
    return AttemptError("connect", f"no connection, or it broke: {_told(error)}")


def _told(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__
