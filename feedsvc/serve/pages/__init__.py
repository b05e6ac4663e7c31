"""The pages for people, and the few for machines: one module each.

A view is `async (request, datasette) -> Response`; it gathers in one go what its template shows.
To add a page: one file here, one template, and one line in `PAGES` (a regex over the percent-encoded path).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.serve.pages import (
    article,
    category,
    feed,
    feeds,
    front,
    icon,
    operator,
    probes,
    robots,
    search,
    source,
    status,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PAGES: tuple[tuple[str, Callable[..., Awaitable[object]]], ...] = (
    (r"^/$", front.view),
    (r"^/articles/(?P<uuid>[0-9a-fA-F-]{36})/?$", article.view),
    (r"^/category/(?P<path>.+?)/?$", category.view),
    (r"^/source/(?P<name>[^/]+)/?$", source.view),
    (r"^/search/?$", search.view),
    (r"^/feeds/?$", feeds.view),
    (r"^/feeds/(?P<path>.+\.(?!opml$)[a-z0-9]+)$", feed.view),
    (r"^/-/status/?$", status.view),
    (r"^/-/operator/?$", operator.view),
    (r"^/-/healthz/?$", probes.healthz),
    (r"^/-/metrics/?$", probes.metrics),
    (r"^/robots\.txt$", robots.view),
    (r"^/favicon\.ico$", icon.view),
)
