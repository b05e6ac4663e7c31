"""Where an article is filed: at least one category path, names that people and file systems can bear; tags.

Pure. Source settings: `category_map` renames or drops what the document names, `categories` stands in where it names
nothing, `prefix` is put above what it names.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from feedsvc.rules.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feedsvc.model import CategoryPath, Draft, Source
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
    if not paths:
        home = _clean(source.prefix) or (_name(source.title) or source.name,)
        paths = (home,)
    tags = tuple(dict.fromkeys(tag for name in draft.tags if (tag := _name(name))))
    findings = _with_cuts(draft, findings, paths, tags)
    return findings._replace(categories=paths[:MAX_CATEGORIES], tags=tags[:MAX_TAGS])


def _with_cuts(draft: Draft, findings: Findings, paths: tuple[CategoryPath, ...], tags: tuple[str, ...]) -> Findings:
    """Note what the limits leave out of what a document names: of its paths and tags, of their levels and names."""
    for field, number, most in (("categories", len(paths), MAX_CATEGORIES), ("tags", len(tags), MAX_TAGS)):
        if number > most:
            findings = findings.noting("taxonomy.many", field, str(number), str(most))
    deepest = max(map(len, draft.categories), default=0)
    if deepest > MAX_LEVELS:
        findings = findings.noting("taxonomy.deep", "categories", f"{deepest} levels", f"{MAX_LEVELS} levels")
    for field, names in (("categories", chain.from_iterable(draft.categories)), ("tags", draft.tags)):
        long = next((name for name in names if len(name) > MAX_NAME and len(plain(name)) > MAX_NAME), "")
        if long:
            findings = findings.noting("taxonomy.long", field, long, _name(long))
    return findings


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
