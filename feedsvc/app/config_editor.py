"""Add sources to config.toml. The text is edited, so that every comment, blank line and quote stays as it was."""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from feedsvc.app.config_file import parse_text
from feedsvc.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Table = Mapping[str, str | Sequence[str]]

_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)
_SOURCE = re.compile(r"^[ \t]*\[\[?[ \t]*[\"']?source\b", re.MULTILINE)


def with_sources(text: str, tables: Sequence[Table]) -> str:
    """Return the TOML `text` with a `[[source]]` for each of `tables`, after its last source. Pure.

    Raises:
        ConfigError: `text` is not TOML, or its sources are written so that none can be added (`source = [...]`).
    """
    wanted = _loaded(text)
    there = wanted.get("source", [])
    wanted["source"] = [*(there if isinstance(there, list) else [there]), *(dict(table) for table in tables)]
    added = "\n".join(map(_written, tables))
    place = _end_of_sources(text)
    before, behind = text[:place].rstrip("\n"), text[place:].lstrip("\n")
    between = f"{before}\n\n{added}" + (f"\n{behind}" if behind else "")
    for candidate in (between, f"{text.rstrip()}\n\n{added}"):
        if _says(candidate, wanted):
            return candidate
    raise ConfigError("source: write each as a [[source]] table of its own; then others can be added")


def add_to_config(path: Path, tables: Sequence[Table]) -> None:
    """Write `tables` into the configuration at `path`, whole or not at all.

    Raises:
        ConfigError: see `with_sources`; something in `tables` is wrong; or the file cannot be written.
    """
    try:
        text = with_sources(path.read_text(encoding="utf-8"), tables)
        parse_text(path, text)
        mode = path.stat().st_mode & 0o777
        home = path.resolve()
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=home.parent, prefix=".config-", delete=False
        ) as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        Path(new.name).chmod(mode)
        Path(new.name).replace(home)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from error


def _end_of_sources(text: str) -> int:
    """Return the offset at which the last source ends, before the comments of the table that follows."""
    sources = list(_SOURCE.finditer(text))
    if not sources:
        return len(text)
    following = _HEADER.search(
        text, text.index("\n", sources[-1].start()) if "\n" in text[sources[-1].start() :] else len(text)
    )
    block = text[: following.start() if following else len(text)]
    lines = block.splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return len("".join(lines))


def _written(table: Table) -> str:
    rows = [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in table.items()]
    return f"[[source]]\n{''.join(rows)}"


def _loaded(text: str) -> dict[str, object]:
    try:
        found: dict[str, object] = tomllib.loads(text)
    except ValueError as error:
        raise ConfigError(f"not TOML: {error}") from error
    return found


def _says(text: str, wanted: Mapping[str, object]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except ValueError:
        return False
