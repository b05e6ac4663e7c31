"""The icon that browsers ask for on their own."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from datasette import Response

if TYPE_CHECKING:
    from feedsvc.serve.types import Datasette, Request


async def view(request: Request, datasette: Datasette) -> Response:  # noqa: ARG001 - a view has both
    """Answer `/favicon.ico`; every browser of the last ten years takes SVG, whatever the name."""
    return Response(body=_icon(), content_type="image/svg+xml", headers={"Cache-Control": "public, max-age=604800"})


@cache
def _icon() -> str:
    return (files("feedsvc.serve") / "static" / "icon.svg").read_text("utf-8")
