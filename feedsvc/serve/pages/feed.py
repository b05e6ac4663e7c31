"""The page of a feed, for a person who follows a link to one: browsers show the document itself as source text.

Only a browser that says that it navigates (`Sec-Fetch-Dest: document`) gets it; whatever polls gets the feed. It shows
what the document holds, so that nobody has to guess what subscribing will bring.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import unquote

from feedsvc.formats import FORMATS
from feedsvc.formats.feed_format import Listing
from feedsvc.model import catalog
from feedsvc.serve.context import served
from feedsvc.serve.page_responses import missing, page
from feedsvc.serve.page_urls import document_address

if TYPE_CHECKING:
    from datasette import Response

    from feedsvc.serve.types import Datasette, Request

_SHOWN = 30  # entries


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/feeds/<path>.<format>` when a browser goes there."""
    site = served(datasette)
    path = unquote(request.url_vars["path"])
    body = await site.files.document(path)
    if body is None:
        return await missing(datasette, request, site)
    stem, _, form = path.rpartition(".")
    found = await asyncio.to_thread(_listed, form, body)
    title, address = found.title or stem, site.links.to(document_address(stem, form))
    context = {
        "heading": title,
        "address": f"{site.url or _asked(request)}{address}",
        "raw": f"{address}?raw",
        "form": catalog.FORMATS[form].label,
        "forms": site.links.feeds(stem, title),
        "items": found.entries[:_SHOWN],
        "count": len(found.entries),
    }
    answer = await page(datasette, request, site, "feedsvc_feed.html", context)
    answer.headers = {**answer.headers, "Vary": "Sec-Fetch-Dest", "Cache-Control": "no-store"}
    return answer


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
