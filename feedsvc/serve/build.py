"""Makes a Datasette for an archive with everything set: titles, descriptions, queries, limits.

Datasette loads its plugins while its own modules are half imported, so that none of them is imported here at the top.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedsvc.errors import ArchiveError
from feedsvc.serve.context import configure
from feedsvc.serve.descriptions import configuration, metadata
from feedsvc.store.sidecars import refuse_foreign, refuse_lost

if TYPE_CHECKING:
    from feedsvc.config import Config
    from feedsvc.serve import types

_SETTINGS = {
    "suggest_facets": False,  # 646 -> 35 ms CPU for a table page of a million rows
    "facet_time_limit_ms": 1_000,  # the indexed facets of a million rows need 70 ms CPU each, more on a busy machine
    "default_page_size": 20,
    "default_facet_size": 20,
    "truncate_cells_html": 300,
}
_PRIVATE = {  # on loopback, for one person
    "sql_time_limit_ms": 5_000,
    "allow_download": True,
    "max_returned_rows": 2_000,
    "cache_size_kb": 65_536,  # of each of three connections
}
_PUBLIC = {  # 300 MB in all, whatever anybody asks
    "sql_time_limit_ms": 1_000,
    "allow_download": False,
    "max_returned_rows": 500,
    "cache_size_kb": 8_192,
}
_PLUGIN = "feedsvc"


def build(config: Config, *, ops: Path | None = None) -> types.Datasette:
    """Return the Datasette that serves the archive of `config`; `ops` is the operator's database, never shown in public.

    Call `feedsvc.serve.close` with it at the end.

    Raises:
        ArchiveError: there is no archive yet, or it is lost.
    """
    from datasette.app import Datasette  # noqa: PLC0415 - see above
    from datasette.version import __version__ as version  # noqa: PLC0415 - see above

    archive = Path(config.archive) / "archive.db"
    refuse_lost(archive.parent)
    refuse_foreign(archive)
    if not archive.is_file():
        raise ArchiveError(f"there is no archive at {archive} yet: run `feedsvc ingest` first")
    _register()
    _hush()
    described = metadata("archive", title=config.title)
    configured = configuration("archive")
    datasette = Datasette(
        [str(archive)],
        settings={**_SETTINGS, **(_PUBLIC if config.serve.public else _PRIVATE)},
        cors=config.serve.cors,
        **_told(described, configured, apart=not version.startswith("0.")),
    )
    configure(datasette, config, ops)
    return datasette


def reload(datasette: types.Datasette, config: Config) -> None:
    """Let `datasette` show what `config` says now: title, zone, formats. Where it listens stays as it was."""
    configure(datasette, config, Path(config.archive) / "ops.db")


def _told(described: dict[str, Any], configured: dict[str, Any], *, apart: bool) -> dict[str, Any]:
    """Return the arguments that carry it: 0.65 wants all in `metadata`, 1.0 ignores queries that it finds there."""
    if apart:
        return {"metadata": described, "config": configured}
    tables = described["databases"]["archive"]["tables"]
    for name, wanted in configured["databases"]["archive"]["tables"].items():
        tables.setdefault(name, {}).update(wanted)
    described["databases"]["archive"]["queries"] = configured["databases"]["archive"]["queries"]
    return {"metadata": described}


def _hush() -> None:
    """Keep Datasette from printing every local variable of a failed request, which it does where it finds `rich`.

    A query over its time limit is a failed request: visitors would fill the log, at seconds of CPU each.
    """
    from datasette import handle_exception  # noqa: PLC0415 - see above

    handle_exception.rich = None


def _register() -> None:
    """Make sure that Datasette has our hooks.

    It finds us by our entry point, but while it is imported: whoever imports us first has it look at us half-made, and
    what has no hooks yet stays registered without any.
    """
    from datasette.plugins import pm  # noqa: PLC0415 - see above

    from feedsvc import serve  # noqa: PLC0415 - this is a part of it

    if pm.get_hookcallers(serve):
        return
    if pm.is_registered(serve):
        pm.unregister(serve)
    pm.register(serve, name=_PLUGIN)
