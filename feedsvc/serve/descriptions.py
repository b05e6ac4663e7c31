"""What every table and column of the archive means, and how Datasette is to show them. Pure but for `complete`.

The words are in `descriptions.toml` and `queries.toml` beside this file; those of facts of articles in `feedsvc.model.facts`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from feedsvc.model.article import COLUMNS

if TYPE_CHECKING:
    from feedsvc.serve.types import Datasette

_SHOWN: dict[str, dict[str, Any]] = {  # how tables are shown; facets only where an index serves them
    "articles": {
        "fts_table": "articles_fts",
        "fts_pk": "id",
        "sort_desc": "sort_ts",
        "label_column": "title",
        "size": 20,
    },
    "categories": {"label_column": "path", "sort_desc": "article_count", "size": 100},
    "sources": {"label_column": "name", "size": 100},
    "authors": {"label_column": "name", "sort_desc": "article_count"},
    "article_categories": {"sort_desc": "sort_ts"},
    "revisions": {"sort_desc": "seen"},
    "repairs": {"facets": ["rule"]},
    **{name: {"hidden": True} for name in ("meta", "documents", "stale_feeds", "articles_seg", "_sqlite_migrations")},
}


def metadata(database: str, *, title: str) -> dict[str, Any]:
    """Return titles and descriptions as Datasette's `metadata`, a dict that the caller may change."""
    words = _read("descriptions.toml")
    tables = {
        name: {"description": told["description"], "columns": dict(told.get("columns", {}))}
        for name, told in words["tables"].items()
    }
    tables["articles"]["columns"] |= {name: each.meaning for name, each in COLUMNS.items()}
    return {
        "title": title,
        "description": words["service"],
        "databases": {database: {"description": words["database"], "tables": tables}},
    }


def configuration(database: str) -> dict[str, Any]:
    """Return how tables are shown, and the canned queries, as Datasette's `config`, a dict that the caller may change."""
    tables = {name: dict(shown) for name, shown in _SHOWN.items()}
    return {"databases": {database: {"tables": tables, "queries": {**_read("queries.toml")}}}}


def complete(datasette: Datasette, database: str) -> None:
    """Tell a Datasette that was started without us what it was not told; what its user said stays as it is."""
    if isinstance(
        getattr(datasette, "config", None), dict
    ):  # 1.0, which has read queries already, but not yet the rest
        tables = configuration(database)["databases"][database]["tables"]
        _fill(datasette.config, {"databases": {database: {"tables": tables}}})
    elif isinstance(place := getattr(datasette, "_metadata_local", None), dict):  # 0.65: everything is metadata
        _fill(place, metadata(database, title=place.get("title") or "Archive"))
        _fill(place, configuration(database))


def _fill(place: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(place.get(key), dict):
            _fill(place[key], value)
        else:
            place.setdefault(key, value)


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files("feedsvc.serve") / name).read_text("utf-8"))
