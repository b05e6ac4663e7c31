"""Which generator a post was written for, and what its categories mean there; pure.

| dialect | told by | a list of categories is | a string is |
|---|---|---|---|
| machine | `comments: false` beside `thumbnail` or `headimg` | one path | one category |
| hexo | `source/_posts/`, `abbrlink`, ..., no opening fence | one path; lists in it: each a path | one category |
| jekyll | `layout`, `_posts/`, a date in the file name | each a category | categories between spaces |
| hugo | TOML or JSON, capitalised keys, `lastmod`, ... | each a category | one category |
| plain | nothing of these | each a category | one category |

Hexo's evidence is looked at first, and only evidence that Octopress (Jekyll with `comments`) cannot give counts.
The machine layout is Hexo's, written by a program from an RSS feed: its `author` is the site and never a person.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from feedsvc.parsers.frontmatter.values import Value, strings

if TYPE_CHECKING:
    from feedsvc.model import CategoryPath
    from feedsvc.parsers.frontmatter.fences import Split
    from feedsvc.parsers.frontmatter.values import Fields

Dialect = Literal["machine", "hexo", "jekyll", "hugo", "plain"]

_PICTURE_KEYS = ("thumbnail", "headimg")
_HEXO_KEYS = ("abbrlink", "headimg", "top_img", "index_img", "photos", "comments")
_HUGO_KEYS = ("lastmod", "linktitle", "publishdate", "expirydate", "weight", "menu", "series")
_DATED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?=[-_.\s]|$)", re.ASCII)
_SEPARATORS = re.compile("[,，、;；]")
_DATED_ADDRESS = re.compile(r"(?:^|/)(\d{4})/(\d{2})/(\d{2})/", re.ASCII)


def dialect_of(fields: Fields, locator: str, split: Split) -> Dialect:
    """Return the generator that the document was written for."""
    path = f"/{locator}"
    if fields.says("comments", truth=False) and any(key in fields for key in _PICTURE_KEYS):
        return "machine"
    if "/source/_posts/" in path or "/source/_drafts/" in path or _written_for_hexo(fields, split):
        return "hexo"
    if "layout" in fields or "/_posts/" in path or "/_drafts/" in path or path_date(locator):
        return "jekyll"
    if split.language in ("toml", "json") or any(key in fields for key in _HUGO_KEYS) or fields.capitalised:
        return "hugo"
    return "plain"


def _written_for_hexo(fields: Fields, split: Split) -> bool:
    if split.language and not split.opened:
        return True
    return "layout" not in fields and any(key in fields for key in _HEXO_KEYS)


def path_date(locator: str) -> str:
    """Return the date that the file name (or the folder of an `index` file) begins with as YYYY-MM-DD, "" for none."""
    folder, _, name = locator.rpartition("/")
    if name.startswith(("index.", "_index.")):
        name = folder.rpartition("/")[2]
    found = _DATED.match(name)
    return f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}" if found else ""


def address_date(address: str) -> str:
    """Return the date that an address holds as /YYYY/MM/DD/, as YYYY-MM-DD, "" for none."""
    found = _DATED_ADDRESS.search(address)
    return "-".join(found.groups()) if found else ""


def categories(value: Value, dialect: Dialect) -> tuple[CategoryPath, ...]:
    """Return the category paths that `value` means in `dialect`, each once, in order."""
    if isinstance(value, str):
        names = _words(value) if dialect == "jekyll" else [value]
        paths = [path_of([name]) for name in names]
    elif isinstance(value, list):
        paths = _listed(value, nested=dialect in ("machine", "hexo"))
    else:
        paths = []
    return tuple(dict.fromkeys(filter(None, paths)))


def _listed(value: list[Value], *, nested: bool) -> list[CategoryPath]:
    if nested and not any(isinstance(item, list) for item in value):
        return [path_of(strings(value))]
    return [path_of(strings(item)) for item in value]


def path_of(names: list[str]) -> CategoryPath:
    """Return the names as a path; a "/" inside a name becomes U+2215."""
    return tuple(cleaned for name in names if (cleaned := " ".join(name.replace("/", "\u2215").split())))


def tags(value: Value, dialect: Dialect) -> tuple[str, ...]:
    """Return the tags that `value` names: a list, or a string cut at commas (Jekyll: at spaces, without commas)."""
    if not isinstance(value, str):
        found = strings(value)
    elif dialect == "jekyll":
        found = _words(value)
    else:
        found = _SEPARATORS.split(value)
    return tuple(dict.fromkeys(name.strip() for name in found if name.strip()))


def _words(text: str) -> list[str]:
    return _SEPARATORS.split(text) if _SEPARATORS.search(text) else text.split()
