"""Values of front matter: strings, lists and tables of strings whatever the language, and how to look at them; pure.

Everything is a string as it was typed, so that `title: 2021`, `no` and `1e3` stay titles and `2018-02-31` stays for
the date rule to judge. Keys are compared without regard to case (Hugo's old posts write `Title`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from feedsvc.parsers.encodings import without_surrogates

Value = str | list["Value"] | dict[str, "Value"]

_DEEPEST = 8  # levels that any field of ours can have
_NOTHING = frozenset({"", "null", "none", "nil", "undefined", "~", "true", "false"})
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def plain(value: Any, depth: int = 0) -> Value:  # noqa: ANN401 - what tomllib, json and yaml return
    """Return `value` of a TOML, JSON or YAML reader as strings; dates in ISO 8601, what is nested too deep as ""."""
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, dict) and depth < _DEEPEST:
        return {str(plain(k, _DEEPEST)): plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list) and depth < _DEEPEST:
        return [plain(v, depth + 1) for v in value]
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) else ""


class Fields:
    """The fields of one document, by key without regard to case."""

    __slots__ = ("_by_key", "capitalised")

    def __init__(self, values: dict[str, Value]) -> None:
        self.capitalised = any(key[:1].isupper() for key in values)
        self._by_key = {key.strip().lower(): value for key, value in values.items()}

    def __contains__(self, key: str) -> bool:
        return key in self._by_key

    def first(self, *keys: str) -> Value:
        """Return the first value under `keys` that says anything, "" when none does."""
        return next((v for v in map(self._by_key.get, keys) if v and not is_nothing(v)), "")

    def text(self, *keys: str) -> str:
        """Return the first string under `keys` that says anything; a list is joined by spaces, a table passed over."""
        for key in keys:
            value = self._by_key.get(key, "")
            joined = " ".join(strings(value)) if isinstance(value, list) else value
            if isinstance(joined, str) and not is_nothing(joined):
                return joined.strip()
        return ""

    def says(self, key: str, *, truth: bool) -> bool:
        """Return whether the field is a boolean of that truth."""
        value = self._by_key.get(key)
        return isinstance(value, str) and value.strip().lower() in (_TRUE if truth else _FALSE)


def is_nothing(value: Value) -> bool:
    """Return whether a value stands for none: blank, null, or a bare boolean."""
    return isinstance(value, str) and value.strip().lower() in _NOTHING


def strings(value: Value) -> list[str]:
    """Return the strings of a list (or the one string), stripped, blank ones left out."""
    found = value if isinstance(value, list) else [value]
    return [item.strip() for item in found if isinstance(item, str) and item.strip()]
