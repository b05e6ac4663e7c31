"""A block of front matter -> its fields: the language's own reader first, then field by field; pure.

YAML is read by PyYAML's C loader as strings alone (`CBaseLoader`). It recurses on the C stack (100,000 "[" end the
process) and expands aliases, so a block that is too long, nests too much or holds an alias goes to the tolerant reader.
A broken block is nearly always broken in one field: each field is tried alone before it is guessed at, and only the
guess is noted.
To add a language: one fence in `fences` and one line in `_READERS`.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import yaml

from feedsvc.model import Repair
from feedsvc.parsers.frontmatter import tolerant
from feedsvc.parsers.frontmatter.fences import LIMIT
from feedsvc.parsers.frontmatter.values import Value, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.parsers.frontmatter.fences import BlockLanguage

_MOST_OPENERS = 400  # of lists and tables; real posts have a few
_MOST_FIELDS = 200  # that are tried alone
_MOST_DOTS = 2000  # tomllib is quadratic in the parts of a dotted key: 30,000 take 20 s
_ALIAS = re.compile(r"(?:^|[\s\[,:-])\*\w", re.MULTILINE)
_NESTED = re.compile(r"[-?][ \t]+(?=[-?]\s)")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def read(language: BlockLanguage, block: str) -> tuple[dict[str, Value], tuple[Repair, ...]]:
    """Return the fields of `block` and what had to be guessed; no field when there is nothing like one in it."""
    if not block.strip() or not language:
        return {}, ()
    try:
        values = plain(_READERS[language](_UNREADABLE.sub("", block)))
    except (ValueError, RecursionError, yaml.YAMLError):
        return _field_by_field(_UNREADABLE.sub("", block[:LIMIT]))
    return (values, ()) if isinstance(values, dict) else ({}, ())


def _yaml(block: str) -> Any:  # noqa: ANN401 - what the document holds
    if len(block) > LIMIT or _hazardous(block):
        raise ValueError("not safe for the C loader")
    found = yaml.load(block, yaml.CBaseLoader)  # noqa: S506 - builds strings, lists and tables alone
    if not isinstance(found, dict) and found:
        raise ValueError("not a mapping")
    return found or {}


def _hazardous(block: str) -> bool:
    openers = block.count("[") + block.count("{") + len(_NESTED.findall(block))
    return openers > _MOST_OPENERS or bool(_ALIAS.search(block))


def _toml(block: str) -> Any:  # noqa: ANN401 - what the document holds
    if len(block) > LIMIT or block.count(".") > _MOST_DOTS:
        raise ValueError("not safe for tomllib")
    return tomllib.loads(block)


def _json(block: str) -> Any:  # noqa: ANN401 - what the document holds
    """Read an object, or Hexo's members without the braces around them."""
    text = block.strip().rstrip(",")
    return json.loads(text if text.startswith("{") else "{" + text + "}")


def _field_by_field(block: str) -> tuple[dict[str, Value], tuple[Repair, ...]]:
    values: dict[str, Value] = {}
    repairs: list[Repair] = []
    for number, (key, chunk) in enumerate(tolerant.chunks(block)):
        alone = _alone(chunk) if number < _MOST_FIELDS else None
        if alone is not None and key in alone:
            values[key] = alone[key]
            continue
        values[key] = tolerant.read(chunk)
        repairs.append(_note(key, chunk, values[key]))
    return values, tuple(repairs[:_MOST_FIELDS])


def _alone(chunk: str) -> dict[str, Value] | None:
    try:
        found = plain(_yaml(chunk.replace("\t", "  ")))
    except (ValueError, RecursionError, yaml.YAMLError):
        return None
    return found if isinstance(found, dict) else None


def _note(key: str, chunk: str, value: Value) -> Repair:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return Repair(rule="front-matter.tolerant", field=key.lower(), before=chunk[:500], after=shown[:500])


_READERS: dict[str, Callable[[str], Any]] = {"yaml": _yaml, "toml": _toml, "json": _json}
