"""Stands before Datasette: in public it answers for none of the pages that describe the machine, and takes nothing in.

Datasette's own pages under `/-/` name files, threads, versions and plugins. They help whoever runs it, and whoever looks for
a way in. What people and load balancers need of ours stays. Nothing but the operator's form is ever sent to us, while what
stands behind reads whatever is sent, to its end. Every answer is marked, in public or not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from feedsvc.serve.asgi import adding, refuse
from feedsvc.serve.query_limits import stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.serve.context import ServedArchive
    from feedsvc.serve.feeds.responses import Application, Receive, Scope, Send

_OPEN = ("status", "operator", "healthz", "metrics", "static", "static-plugins", "logout")  # below /-/ in public
_MARKS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
_READING = ("GET", "HEAD", "OPTIONS")
_FORM = "-/operator"
_LONGEST = 4_096  # bytes of a form
_REFUSALS = {
    400: b"A number in this address is too long: 18 digits at most.\n",
    404: b"There is nothing here in public.\n",
    405: b"This can be read, and nothing else.\n",
    413: b"That is too much.\n",
}
# What the query of a table, a row or a canned query may say, beside `column=value`, without saying what SQL is to do with
# the text of an article: no filter that searches it, no facet that groups by it, no SQL.
_SHOWING = frozenset(
    """
    _blob_column _blob_hash _col _dl _extra _header _json _json_infinity _label _labels _next _nl _nocol _nocount
    _nofacet _nosuggest _search _shape _size _sort _sort_desc _stream _ttl
    """.split()  # noqa: SIM905 - a list of words is easier to read than one of strings
)
# In Datasette's parameters that are numbers, and in comparisons, whose values it makes numbers.
_LONG_NUMBER = re.compile(rb"(?:^|[&;])(?:_size|_facet_size|_ttl|_col_limit|[^&;=]*__(?:gt|gte|lt|lte))=[+-]?[0-9]{19}")
_COLUMN = re.compile(r"[^\W_]\w*")


class AccessGate:
    """An ASGI application in front of another; `site` is asked at each request, since a reload may open or close it."""

    def __init__(self, inner: Application, site: Callable[[], ServedArchive | None]) -> None:
        self._inner = inner
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        site = self._site()
        if scope["type"] != "http" or site is None:
            await self._inner(scope, receive, send)
            return
        path = scope["path"].removeprefix(site.links.base.rstrip("/")).strip("/")
        stored(alone=shows_stored(path, scope.get("query_string", b""), site.links.database))
        status = _too_long(scope.get("query_string", b"")) or (_refusal(scope, path) if site.closed else 0)
        if status:
            await refuse(scope, send, status, _REFUSALS[status], _MARKS)
        else:
            await self._inner(scope, receive, adding(send, *_MARKS))


def _too_long(query: bytes) -> int:
    """Return 400 where a number in `query` is longer than SQLite and Datasette can take: they answer with 500."""
    return 400 if _LONG_NUMBER.search(query) else 0


def _refusal(scope: Scope, path: str) -> int:
    """Return the status with which a request for `path`, below our base, is refused in public; 0 when it is not."""
    if path.startswith("-/") and path.split("/")[1] not in _OPEN:
        return 404
    if scope["method"] in _READING:
        return 0
    if path != _FORM:
        return 405
    length = dict(scope["headers"]).get(b"content-length", b"")
    return 0 if length.isdigit() and int(length) <= _LONGEST else 413


def shows_stored(path: str, query: bytes, database: str) -> bool:
    """Return whether the page at `path`, below our base, shows rows of `database` as they are stored, and no more.

    True is only said of a table, a row or a canned query, where the visitor chooses values and nothing else of its SQL.
    """
    first, *rest = path.split("/")
    if first != database or not 1 <= len(rest) <= 2 or any(part.startswith("-") for part in rest):  # noqa: PLR2004
        return False
    try:
        asked = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return False
    return all(
        name in _SHOWING or (_COLUMN.fullmatch(name) and "__" not in name and name != "sql") for name, _ in asked
    )
