"""Who is the operator, where an archive is public: whoever knows the secret, or has a cookie of somebody who did.

    secret -> cookie: when it ends, signed with a key made of the secret -> what ops.db holds, on our own pages

Nothing is kept of a session: it outlives a restart, and ends when the secret changes. Datasette itself learns nothing of it, so
that a cookie opens no table, no query and none of its pages. Secrets are long (`config` sees to that), so that tries
need no count, by which others could lock the operator out.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datasette import Response

    from feedsvc.serve.archive_reader import ArchiveReader
    from feedsvc.serve.context import ServedArchive
    from feedsvc.serve.types import Request

COOKIE: Final = "feedsvc_operator"
LASTS: Final = 30 * 86_400  # seconds
_PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Cookie, Authorization"}
_VALUE = re.compile(r"(\d{1,12})-([0-9a-f]{64})")
_SENT = re.compile(rf"(?:^|;) *{COOKIE}=([^;\s]*)")


@dataclass(frozen=True, slots=True)
class Login:
    """What lets the operator in: `secret`, or nobody when it is empty."""

    secret: str = field(repr=False)

    def known(self, text: str) -> bool:
        """Return whether `text` is the secret, in a time that says nothing of it."""
        return bool(self.secret) and hmac.compare_digest(_digest(text), _digest(self.secret))

    def cookie(self, now: float) -> str:
        """Return a value for `COOKIE` that is good from `now` (seconds since 1970) on for as long as it lasts."""
        until = int(now) + LASTS
        return f"{until}-{self._signature(until)}"

    def admits(self, cookies: str, authorization: str, now: float) -> bool:
        """Return whether a request with these headers is the operator's: by cookie, or by `Bearer` and the secret."""
        scheme, _, token = authorization.partition(" ")
        return (scheme.lower() == "bearer" and self.known(token.strip())) or self._good(cookies, now)

    def _good(self, cookies: str, now: float) -> bool:
        sent = _SENT.search(cookies)
        value = _VALUE.fullmatch(sent[1]) if sent and self.secret else None
        return (
            value is not None
            and now < int(value[1]) <= now + LASTS
            and hmac.compare_digest(value[2], self._signature(int(value[1])))
        )

    def _signature(self, until: int) -> str:
        return hmac.new(_digest(f"feedsvc operator {self.secret}"), b"%d" % until, hashlib.sha256).hexdigest()


def set_cookie(value: str, *, path: str, secure: bool) -> str:
    """Return the `Set-Cookie` header (RFC 6265) for `value`; an empty one takes the cookie back."""
    made = SimpleCookie({COOKIE: value})
    kept = LASTS if value else 0
    made[COOKIE].update({"path": path, "max-age": str(kept), "samesite": "Strict", "httponly": "yes"})
    if secure:
        made[COOKIE]["secure"] = "yes"
    return made.output(header="").strip()


def is_operator(request: Request, site: ServedArchive) -> bool:
    """Return whether whoever asks may see what is in ops.db: everybody, where the archive is not public."""
    cookies, authorization = (request.headers.get(name, "") for name in ("cookie", "authorization"))
    return not site.public or site.login.admits(cookies, authorization, time.time())


def operation(request: Request, site: ServedArchive) -> ArchiveReader | None:
    """Return the reader of ops.db for who may see it; None for others, and where there is none."""
    return site.ops if is_operator(request, site) else None


def unshared(response: Response, site: ServedArchive) -> Response:
    """Let no cache keep `response`, where it depends on who asks."""
    if site.login.secret:
        response.headers = {**response.headers, **_PRIVATE}
    return response


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
