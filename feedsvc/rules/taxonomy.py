"""Where an article is filed: at least one category path, names that people and file systems can bear; tags.

Pure. Source settings: `category_map` renames or drops what the document names, `categories` stands in where it names
nothing, `prefix` is put above what it names.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from feedsvc.rules.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feedsvc.model import CategoryPath, Source
    from feedsvc.rules.case import Case, Findings

MAX_CATEGORIES = 50  # of one article; bridges have been seen to name thousands
MAX_TAGS = 50
MAX_NAME = 200  # characters
MAX_LEVELS = 12
_SLASH = "∕"  # U+2215 in a name: "/" parts the names of a path


def place(case: Case, findings: Findings) -> Findings:
    """File the article under the paths that it names, else under its source's."""
    draft, source = case.draft, case.source
    named = _each_once(_mapped(_clean(path), source) for path in draft.categories)
    paths = tuple((*_clean(source.prefix), *path) for path in named) or _each_once(map(_clean, source.categories))
    if len(paths) > MAX_CATEGORIES:
        findings = findings.noting("taxonomy.many", "categories", str(len(paths)), str(MAX_CATEGORIES))
    if not paths:
        home = _clean(source.prefix) or (_name(source.title) or source.name,)
        paths = (home,)
    tags = tuple(dict.fromkeys(tag for name in draft.tags if (tag := _name(name))))
    return findings._replace(categories=paths[:MAX_CATEGORIES], tags=tags[:MAX_TAGS])


def _mapped(path: CategoryPath, source: Source) -> CategoryPath:
    """Rename by `category_map`; of two entries that fit the longer wins, and what is below a renamed path follows it."""
    for length in range(len(path), 0, -1):
        wanted = source.rules.category_map.get("/".join(path[:length]))
        if wanted is not None:
            return (*_clean(tuple(wanted.split("/"))), *path[length:]) if wanted else ()
    return path


def _clean(path: CategoryPath) -> CategoryPath:
    return tuple(name for name in map(_name, path) if name)[:MAX_LEVELS]


def _name(name: str) -> str:
    return _known_name(name) if len(name) <= MAX_NAME else _mended(name)


def _mended(name: str) -> str:
    text = unicodedata.normalize("NFC", plain(name)).replace("/", _SLASH)
    return text[:MAX_NAME].strip()


_known_name = lru_cache(maxsize=4096)(_mended)  # an archive has a few hundred, and names them in every article


def _each_once(paths: Iterable[CategoryPath]) -> tuple[CategoryPath, ...]:
    return tuple(dict.fromkeys(path for path in paths if path))
