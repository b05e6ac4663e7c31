"""Where an article has its pictures: in its content, beside it, on the web. Pure."""

from __future__ import annotations

import html
import posixpath
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from feedsvc.model import Illustrated, PictureRole

MOST: Final = 200  # pictures of one article
# the HTML that the sanitiser writes: names in small letters, one space before a quoted attribute
SHOWN: Final = re.compile(r'<(img|video)((?:[^<>"]++|"[^"]*+")*+)>')
ADDRESS: Final = re.compile(r' (src|poster)="([^"]*)"')
_STATIC: Final = (
    "",
    "static/",
)  # where generators take "/img/x.png" from: their source directory, Hugo's and Zola's static/
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}:")


def pictures_of(article: Illustrated) -> dict[str, PictureRole]:
    """Return the addresses of the pictures of `article` as they stand in it, each with its first role."""
    found: dict[str, PictureRole] = {}
    for role, url in _named(article):
        if len(found) >= MOST:
            break
        if url and not url.startswith(("data:", "#")):
            found.setdefault(url, role)
    return found


def _named(article: Illustrated) -> Iterator[tuple[PictureRole, str]]:
    yield "image", article.image or article.said
    for address in in_content(article.content):
        yield "content", address
    for each in article.enclosures:
        if each.media_type.startswith("image/"):
            yield "enclosure", each.url


def in_content(content: str) -> Iterator[str]:
    """Yield the address of every `<img>` and of every poster of a `<video>` in sanitised HTML."""
    if "<img" not in content and "<video" not in content:
        return
    for tag in SHOWN.finditer(content):
        wanted = "src" if tag[1] == "img" else "poster"
        for name, value in ADDRESS.findall(tag[2]):
            if name == wanted:
                yield html.unescape(value)


def beside(url: str, locator: str, bases: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the paths inside the source at which the picture `url` of the document at `locator` may lie, likeliest first.

    "x.png" lies beside its document (Hugo's bundles), or in a folder of the document's name (Hexo's assets); "/img/x.png"
    at the root, or in the folder of static files. An address below one of `bases` is what a relative one was made into:
    what is behind the base counts. A path that leads out of the source is none.
    """
    folder, stem = posixpath.dirname(locator), posixpath.splitext(posixpath.basename(locator))[0]
    candidates: list[str] = []
    for path in filter(posixpath.basename, _relative(url, bases)):
        if path.startswith("/"):
            candidates += [root + path.lstrip("/") for root in _STATIC]
        else:
            candidates += [posixpath.join(folder, path), posixpath.join(folder, stem, path)]
    tidy = (posixpath.normpath(each) for each in candidates)
    return tuple(dict.fromkeys(each for each in tidy if _is_inside(each)))


def _relative(url: str, bases: Sequence[str]) -> Iterator[str]:
    """Yield `url` as decoded paths: as it stands, or behind each base that it is below; nothing when it is elsewhere."""
    if not (_SCHEME.match(url) or url.startswith("//")):
        yield _path(url)
        return
    for base in dict.fromkeys(urljoin(base, ".") for base in bases if base):
        if url.startswith(base) and len(url) > len(base):
            yield _path(url[len(base) :])
            yield "/" + _path(url[len(base) :])


def _path(url: str) -> str:
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


def _is_inside(path: str) -> bool:
    """Return whether a normal path stays below the root, and nothing of it is hidden."""
    parts = path.split("/")
    return "\0" not in path and not path.startswith("/") and not any(part.startswith(".") or not part for part in parts)
