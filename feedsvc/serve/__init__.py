"""Serves the archive: a plugin for Datasette, and `build`, which makes a Datasette with everything set.

    request -> feed files (memory) -> our pages -> Datasette's tables, SQL, JSON, CSV

Works under plain `datasette archive/archive.db` too, with the feeds that lie beside the file. Only hooks that Datasette
0.65 and 1.0 both have. Must stay a package: Datasette looks for templates and static files beside it, and only then.
To add a page: see `pages`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from datasette import hookimpl

from feedsvc.model.layout import EVERYTHING
from feedsvc.serve.access import AccessGate
from feedsvc.serve.build import build, reload
from feedsvc.serve.context import close, served, site_of
from feedsvc.serve.descriptions import complete
from feedsvc.serve.feeds.fast_path import fronted
from feedsvc.serve.feeds.responses import FeedFiles
from feedsvc.serve.media_files import MediaFiles
from feedsvc.serve.origins import OriginGate
from feedsvc.serve.pages import PAGES
from feedsvc.serve.query_limits import guard, within
from feedsvc.serve.sql_threads import lower_priority
from feedsvc.serve.ties import break_ties, note_table
from feedsvc.store import search_index

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markupsafe import Markup
    from pluggy import HookimplMarker

    from feedsvc.serve.feeds.responses import Application
    from feedsvc.serve.types import Connection, Datasette

__all__ = ["build", "close", "fronting", "reload"]

hook: HookimplMarker = hookimpl


def fronting(datasette: Datasette) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what puts the answers to plain requests for feeds before a protocol of uvicorn."""
    return partial(fronted, served(datasette).files)


@hook
def startup(datasette: Datasette) -> None:
    """Tell a plain Datasette what it would not find out: which table holds the index of `articles`, and what is what.

    And set right, under any Datasette, in which order it pages and which thread goes first.
    """
    if site_of(datasette) is not None:
        name = served(datasette).links.database
        complete(datasette, name)
        break_ties(datasette.databases[name])
        lower_priority(datasette, within)


@hook
def register_routes(datasette: Datasette) -> Sequence[tuple[str, Callable[..., Any]]]:
    """Add our pages, where there is an archive to show."""
    return PAGES if site_of(datasette) else ()


@hook
def asgi_wrapper(datasette: Datasette) -> Callable[[Any], Any]:
    """Answer feeds before Datasette sees them, and stand at its gate."""
    site = site_of(datasette)
    if site is None:
        return lambda app: app
    now = partial(site_of, datasette)

    def is_shared() -> bool:
        found = now()
        return found is None or found.hosts is None

    def around(app: Application) -> Application:
        media = MediaFiles(AccessGate(app, now), site.feeds.parent, site.links.base, is_shared)
        return OriginGate(FeedFiles(media, site.files), now)

    return around


@hook(trylast=True)
def prepare_connection(conn: Connection, database: str, datasette: Datasette) -> None:
    """Add the functions of search, after Datasette added its own: ours must win. Limit what SQL may name and cost."""
    search_index.register(conn)
    guard(conn, database, datasette)


@hook
def filters_from_request(database: str, table: str, datasette: Datasette) -> None:
    """Note which table is shown: its rows are asked for next, by a sort in which they may tie."""
    site = site_of(datasette)
    if site is not None and database == site.links.database:
        note_table(table)


@hook
def extra_template_vars(datasette: Datasette) -> dict[str, Any]:
    """Give Datasette's own pages what our `base.html` puts into their heads."""
    site = site_of(datasette)
    return (
        {"feedsvc_feeds": site.links.feeds(EVERYTHING, site.title), "feedsvc_home": site.links.to("/")} if site else {}
    )


@hook
def menu_links(datasette: Datasette) -> list[dict[str, str]]:
    """Add our pages to Datasette's menu."""
    site = site_of(datasette)
    if site is None:
        return []
    wanted = (("/", "Front page"), ("/search", "Search"), ("/feeds/", "Feeds"), ("/-/status", "Status"))
    return [{"href": site.links.to(path), "label": label} for path, label in wanted]


@hook
def render_cell(value: object, column: str, table: str | None, datasette: Datasette) -> Markup | None:
    """Make the uuid of an article a link to its page, and the name of its source one to the page of that.

    Datasette would link a source by its name, and finds rows by their primary key alone.
    """
    site = site_of(datasette) if table == "articles" and column in ("uuid", "source") else None
    # a row of another table that Datasette looked up, with its label
    named = value["value"] if isinstance(value, dict) else value
    if site is None or not isinstance(named, str):
        return None
    return site.links.anchor(site.links.article(named) if column == "uuid" else site.links.source(named), named)
