"""Answers of our pages: templates with what each of them needs, and the headers that keep a browser safe.

An article is somebody else's HTML. It was sanitised when it was archived; the policy here is the second gate: no script
at all, nothing from elsewhere but pictures, sound, film and the players of known hosts.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

from datasette import Response
from markupsafe import Markup

from feedsvc.model.layout import EVERYTHING
from feedsvc.serve.archive_reader import TooSlow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from jinja2 import Environment, Template

    from feedsvc.serve.archive_reader import Rows
    from feedsvc.serve.context import ServedArchive
    from feedsvc.serve.types import Datasette, Request

_PLAYERS = (
    "https://www.youtube-nocookie.com https://www.youtube.com https://player.vimeo.com https://player.bilibili.com"
    " https://v.qq.com https://player.youku.com https://embed.podcasts.apple.com https://open.spotify.com"
)
_POLICY = (
    "default-src 'none'; img-src http: https: data:; media-src http: https:; style-src 'self'; "
    f"frame-src {_PLAYERS}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # a picture's host need not know who reads what
    "X-Frame-Options": "DENY",
}
_STATIC = "feedsvc"  # the name under which Datasette serves the plugin's static files


class Asked:
    """The query of a request: the first value of each name, "" where there is none."""

    def __init__(self, request: Request) -> None:
        self._values = parse_qs(request.query_string, keep_blank_values=False, max_num_fields=50)

    def __getitem__(self, name: str) -> str:
        """Return the value of `name`, without what no page wants in it."""
        return str(self._values.get(name, [""])[0]).replace("\0", "").strip()


async def page(
    datasette: Datasette,
    request: Request,
    site: ServedArchive,
    template: str,
    context: Mapping[str, Any],
    status: int = 200,
) -> Response:
    """Return `template` with `context` and what every page needs."""
    body = _template(datasette, request, site, template).render(context)
    return Response.html(body, status=status, headers=HEADERS)


async def gathered(
    datasette: Datasette,
    request: Request,
    site: ServedArchive,
    template: str,
    gather: Callable[[Rows], Mapping[str, Any] | None],
) -> Response:
    """Return `template` with what `gather` finds; a page that says so when it finds nothing, or not in time.

    It is rendered in the thread that gathers: a list of thousands of categories would hold the event loop for 100 ms.
    """
    filled = _template(datasette, request, site, template)

    def render(rows: Rows) -> bytes | None:
        context = gather(rows)
        return None if context is None else filled.render(context).encode()

    try:
        body = await site.reader.read(render)
    except TooSlow as error:
        return await notice(datasette, request, site, 503, "This took too long", f"{error}.")
    if body is None:
        return await missing(datasette, request, site)
    return Response.html(body, headers=HEADERS)


async def missing(datasette: Datasette, request: Request, site: ServedArchive) -> Response:
    """Return the page for an address at which there is nothing."""
    return await notice(
        datasette, request, site, 404, "Nothing here", "There is nothing in the archive at this address."
    )


async def notice(
    datasette: Datasette, request: Request, site: ServedArchive, status: int, title: str, text: str
) -> Response:
    """Return a page that only says something."""
    return await page(datasette, request, site, "feedsvc_notice.html", {"heading": title, "text": text}, status)


def moment(zone: ZoneInfo) -> Callable[[str | None], str]:
    """Return a filter: ISO 8601 UTC text -> a `<time>` in `zone`, the instant itself in its attribute."""

    def shown(text: str | None) -> str:
        when = parsed(text)
        if when is None:
            return Markup('<span class="unknown">date unknown</span>')
        return Markup('<time datetime="{}">{:%Y-%m-%d %H:%M}</time>').format(when.isoformat(), when.astimezone(zone))

    return shown


def parsed(text: str | None) -> datetime | None:
    """Return the UTC instant that the archive's ISO 8601 text names, None when there is none."""
    try:
        when = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return when if when is None or when.tzinfo else when.replace(tzinfo=UTC)


def _template(datasette: Datasette, request: Request, site: ServedArchive, name: str) -> _Filled:
    return _Filled(_templates(datasette, request).get_template(name), _common(datasette, site))


class _Filled(NamedTuple):
    """A template with what every page needs; it is made on the event loop, and rendered in any thread."""

    template: Template
    common: Mapping[str, Any]

    def render(self, context: Mapping[str, Any]) -> str:
        return self.template.render({**self.common, **context})


def _common(datasette: Datasette, site: ServedArchive) -> dict[str, Any]:
    return {
        "site": site,
        "links": site.links,
        "moment": moment(site.zone),
        "direction": direction,
        "stylesheet": f"{datasette.urls.static_plugins(_STATIC, 'feedsvc.css')}?{_stamp('feedsvc.css')}",
        "icon": datasette.urls.static_plugins(_STATIC, "icon.svg"),
        "autodiscovery": site.links.feeds(EVERYTHING, site.title),
    }


_OVERLAY = "feedsvc_overlay"  # where Datasette's environment keeps ours, so that both end together


def _templates(datasette: Datasette, request: Request) -> Environment:
    """Return Datasette's templates, those of `--template-dir` before ours, without its `await` at every call of a macro.

    That was two thirds of what a page of lists costs, and none of our templates has anything to wait for.
    """
    plain = hasattr(datasette, "jinja_env")  # 0.65; 1.0 has one for each request where a plugin wants that
    environment = datasette.jinja_env if plain else datasette.get_jinja_environment(request)
    if not hasattr(environment, _OVERLAY):
        environment.extend(**{_OVERLAY: environment.overlay(enable_async=False)})
    overlay: Environment = getattr(environment, _OVERLAY)
    return overlay


_RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"}


def direction(language: str) -> str:
    """Return the `dir` of text in `language` (BCP 47); "auto" lets the browser look at the text."""
    return "auto" if not language else "rtl" if language.lower().partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


@cache
def _stamp(name: str) -> str:
    """Return a digest of a static file, so that browsers notice a new one."""
    return hashlib.sha256((files("feedsvc.serve") / "static" / name).read_bytes()).hexdigest()[:8]
