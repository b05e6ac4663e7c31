"""What crawlers are asked to leave alone (RFC 9309): what costs much, and says nothing that articles do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasette import Response

from feedsvc.serve.context import served

if TYPE_CHECKING:
    from feedsvc.serve.types import Datasette, Request

# Tables have endless facets and sorts; a difference is computed at each request.
_COSTLY = ("-/", "search", "*?diff=", "*?revision=")


async def view(request: Request, datasette: Datasette) -> Response:  # noqa: ARG001 - a view has both
    """Answer `/robots.txt`."""
    links = served(datasette).links
    rules = "".join(f"Disallow: {links.base}{path}\n" for path in (links.database, *_COSTLY))
    return Response(
        body=f"User-agent: *\n{rules}",
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "public, max-age=86400"},
    )
