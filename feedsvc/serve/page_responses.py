"""Answers of our pages: templates with what each of them needs, and the headers that keep a browser safe.

An article is somebody else's HTML. It was sanitised when it was archived; the policy here is the second gate: no script
at all, nothing from elsewhere but pictures, sound, film and the players of known hosts.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import parse_qs

from datasette import Response
from datasette.utils.asgi import BadRequest
from markupsafe import Markup

from feedsvc.model.layout import EVERYTHING
from feedsvc.serve.archive_reader import TooSlow
from feedsvc.serve.login import operation, unshared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from jinja2 import Environment

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
_MOST_PARAMETERS = 50
_MOST_DIGITS = 100  # beyond it, a number is no slip
_NUMBERS = frozenset({"after", "diff", "page", "revision"})  # parameters that hold numbers
_TOO_LONG = re.compile(rf"\d{{{_MOST_DIGITS + 1}}}")
_STATIC = "feedsvc"  # the name under which Datasette serves the plugin's static files


class Asked:
    """The query of a request: the first value of each name, "" where there is none."""

    def __init__(self, request: Request) -> None:
        """Read the query.

        Raises:
            BadRequest: it has more parameters than any page of ours asks for.
        """
        try:
            self._values = parse_qs(request.query_string, keep_blank_values=False, max_num_fields=_MOST_PARAMETERS)
        except ValueError as error:
            raise BadRequest(f"An address has {_MOST_PARAMETERS} parameters at most.") from error

    def __getitem__(self, name: str) -> str:
        """Return the value of `name`, without what no page wants in it.

        Raises:
            BadRequest: it is to be a number, and is longer than any that we write.
        """
        value = str(self._values.get(name, [""])[0]).replace("\0", "").strip()
        if name in _NUMBERS and _TOO_LONG.search(value):
            raise BadRequest(f"The number in {name!r} is too long: {_MOST_DIGITS} digits at most.")
        return value


class Notice(NamedTuple):
    """What a page says that has nothing else to show."""

    status: int  # of HTTP
    heading: str
    text: str


Found: TypeAlias = "Mapping[str, Any] | Notice | None"  # what a template needs, or what is said instead; None = nothing

_NOTICE = "feedsvc_notice.html"
_NOTHING = Notice(404, "Nothing here", "There is nothing in the archive at this address.")


async def gathered(
    datasette: Datasette,
    request: Request,
    site: ServedArchive,
    template: str,
    gather: Callable[[Rows], Found],
    operator: Callable[[Rows], Mapping[str, Any]] | None = None,
) -> Response:
    """Return `template` with what `gather` finds in the archive; a page that says so when it finds nothing, or not in time.

    For those who may see ops.db, it also has what `operator` finds there; a page that differs for them is in no shared cache.
    It is rendered in the thread that gathers: a list of thousands of categories would hold the event loop for 100 ms.
    """
    renderer = _renderer(datasette, request, site)
    ops = operation(request, site) if operator else None
    try:
        more = await ops.read(operator) if ops and operator else {}
        answer = await site.reader.read(lambda rows: renderer.response(template, gather(rows), more))
    except TooSlow as error:
        answer = await notice(datasette, request, site, Notice(503, "This took too long", f"{error}."))
    return unshared(answer, site) if operator else answer


async def page(
    datasette: Datasette,
    request: Request,
    site: ServedArchive,
    template: str,
    find: Callable[[], Found],
    status: int = 200,
) -> Response:
    """Return `template` with what `find` returns, which asks no database; both are done in a thread."""
    renderer = _renderer(datasette, request, site)
    return await asyncio.to_thread(lambda: renderer.response(template, find(), status=status))


async def missing(datasette: Datasette, request: Request, site: ServedArchive) -> Response:
    """Return the page for an address at which there is nothing."""
    return await notice(datasette, request, site, _NOTHING)


async def notice(datasette: Datasette, request: Request, site: ServedArchive, said: Notice) -> Response:
    """Return a page that only says something."""
    return await page(datasette, request, site, _NOTICE, lambda: said)


def moment(zone: ZoneInfo) -> Callable[[str | None], str]:
    """Return a filter: ISO 8601 UTC text -> a `<time>` in `zone`, the instant itself in its attribute."""

    def shown(text: str | None) -> str:
        when = parsed(text)
        if when is None:
            return Markup('<span class="unknown">date unknown</span>')
        # digits and signs alone, which need no escape
        return Markup(f'<time datetime="{when.isoformat()}">{when.astimezone(zone):%Y-%m-%d %H:%M}</time>')  # noqa: S704

    return shown


def parsed(text: str | None) -> datetime | None:
    """Return the UTC instant that the archive's ISO 8601 text names, None when there is none."""
    try:
        when = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return when if when is None or when.tzinfo else when.replace(tzinfo=UTC)


class _Renderer(NamedTuple):
    """Templates with what every page needs; it is made on the event loop, and renders in any thread."""

    templates: Environment
    common: Mapping[str, Any]

    def response(
        self, template: str, found: Found, more: Mapping[str, Any] = MappingProxyType({}), *, status: int = 200
    ) -> Response:
        """Return `template` with what was found and `more`; the page that says so where there is nothing to show."""
        if found is None or isinstance(found, Notice):
            said = found or _NOTHING
            template, found, more, status = _NOTICE, said._asdict(), {}, said.status
        text = self.templates.get_template(template).render({**self.common, **found, **more})
        return Response.html(text.encode(), status=status, headers=HEADERS)


def _renderer(datasette: Datasette, request: Request, site: ServedArchive) -> _Renderer:
    return _Renderer(_templates(datasette, request), _common(datasette, site))


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
