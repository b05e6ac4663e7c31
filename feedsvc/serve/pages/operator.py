"""The operator's way in, where the archive is public and the configuration names a secret; and the way out again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from datasette import Response

from feedsvc.serve.context import served
from feedsvc.serve.login import is_operator, set_cookie, unshared
from feedsvc.serve.page_responses import missing, page

if TYPE_CHECKING:
    from feedsvc.serve.context import ServedArchive
    from feedsvc.serve.types import Datasette, Request


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/-/operator`: the form, what is typed into it, and the button that ends it all."""
    site = served(datasette)
    if not (site.public and site.login.secret):
        return await missing(datasette, request, site)
    if request.method != "POST":
        return await _form(request, datasette, site)
    typed = parse_qs((await request.post_body()).decode("utf-8", "replace"), max_num_fields=10)
    if "leave" in typed:
        return _led(site, "/-/operator", "")
    if site.login.known(typed.get("secret", [""])[0].strip()):
        return _led(site, "/-/status", site.login.cookie(time.time()))
    return await _form(request, datasette, site, refused=True)


def _led(site: ServedArchive, path: str, cookie: str) -> Response:
    """Return the way to `path`, with `cookie` to keep."""
    kept = set_cookie(cookie, path=site.links.base, secure=site.url.startswith("https:"))
    return unshared(Response.redirect(site.links.to(path), status=303, headers={"Set-Cookie": kept}), site)


async def _form(request: Request, datasette: Datasette, site: ServedArchive, *, refused: bool = False) -> Response:
    context = {
        "inside": is_operator(request, site),
        "refused": refused,
        "csrftoken": request.scope["csrftoken"](),  # 0.65 wants it back; 1.0 looks at where a request comes from
    }
    status = 403 if refused else 200
    answer = await page(datasette, request, site, "feedsvc_operator.html", lambda: context, status)
    return unshared(answer, site)
