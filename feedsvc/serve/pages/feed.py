"""The page of a feed, for a person who follows a link to one: browsers show the document itself as source text.

Only a browser that says that it navigates (`Sec-Fetch-Dest: document`) gets it; whatever polls gets the feed. It shows
what the document holds, so that nobody has to guess what subscribing will bring.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from feedsvc.formats import FORMATS
from feedsvc.formats.feed_format import Listing
from feedsvc.model import catalog
from feedsvc.model.layout import form_of
from feedsvc.serve.context import served
from feedsvc.serve.page_responses import missing, page
from feedsvc.serve.page_urls import document_address

if TYPE_CHECKING:
    from datasette import Response

    from feedsvc.serve.context import ServedArchive
    from feedsvc.serve.types import Datasette, Request

_SHOWN = 30  # entries


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/feeds/<path>.<format>` when a browser goes there."""
    site = served(datasette)
    path = unquote(request.url_vars["path"])
    body = await site.files.document(path) if form_of(path) in catalog.FORMATS else None
    if body is None:
        return await missing(datasette, request, site)
    find = partial(_described, path, body, site, site.url or _asked(request))
    answer = await page(datasette, request, site, "feedsvc_feed.html", find)
    answer.headers = {**answer.headers, "Vary": "Sec-Fetch-Dest", "Cache-Control": "no-store"}
    return answer


def _described(path: str, body: bytes, site: ServedArchive, server: str) -> dict[str, Any]:
    """Return what the page of the document `body` at `path` shows."""
    stem, _, form = path.rpartition(".")
    found = _listed(form, body)
    title, address = found.title or stem, site.links.to(document_address(stem, form))
    return {
        "heading": title,
        "address": f"{server}{address}",
        "raw": f"{address}?raw",
        "form": catalog.FORMATS[form].label,
        "forms": site.links.feeds(stem, title),
        "items": found.entries[:_SHOWN],
        "count": len(found.entries),
    }


def _listed(form: str, body: bytes) -> Listing:
    """Return what the document says; nothing of what somebody else put there and what cannot be read."""
    listed = FORMATS[form].listed
    try:
        return listed(body)
    except (ValueError, LookupError, TypeError, AttributeError):
        return Listing()


def _asked(request: Request) -> str:
    """Return the server by the name that the person used for it."""
    return f"{request.scheme}://{request.host}"
