"""SQL functions of SQLite's that compare every place of one text with the whole of another, made anew with an end.

`instr` and `replace` of a megabyte in half a megabyte took 20 seconds of one instruction, in which nothing can stop a query.
Python finds a text in another in time that grows with the two together; `trim` takes so few characters that the same is
true. The answers are those of SQLite, numbers and blobs included. Pure but for `register`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.serve.types import Connection

Value: TypeAlias = str | bytes | int | float | None

_TRIMMED = 1_000  # characters that may be trimmed away, each different
_TOO_LONG = "x"


def register(connection: Connection, longest: Callable[[], int]) -> None:
    """Give `connection` the functions, of whose values none may be larger than `longest()` bytes, as its own limit says.

    Where one would be, or the arguments are more than a function takes, it returns a text that is one byte too long, so
    that SQLite says so: what a function raises is a traceback in the log.
    """

    def replace(text: Value, old: Value, new: Value) -> Value:
        return _replace(text, old, new, longest())

    connection.create_function("instr", 2, _instr, deterministic=True)
    connection.create_function("replace", 3, replace, deterministic=True)
    for name, left, right in (("trim", True, True), ("ltrim", True, False), ("rtrim", False, True)):
        connection.create_function(name, 2, _trimmer(longest, left=left, right=right), deterministic=True)


def _instr(text: Value, wanted: Value) -> int | None:
    """Return the place of `wanted` in `text`, from 1: in bytes where both are blobs, else in characters; 0 = nowhere."""
    if text is None or wanted is None:
        return None
    if isinstance(text, bytes) and isinstance(wanted, bytes):
        return text.find(wanted) + 1
    return _text(text).find(_text(wanted)) + 1


def _replace(text: Value, old: Value, new: Value, longest: int) -> Value:
    if text is None or old is None:
        return None
    within, what = _text(text), _text(old)
    if not what or what.startswith("\0"):
        return within if isinstance(text, bytes) else text
    if new is None:
        return None
    instead = _text(new)
    added = within.count(what) * (_size(instead) - _size(what))
    if _size(within) + added > longest:
        return _TOO_LONG * (longest + 1)
    return within.replace(what, instead)


def _trimmer(longest: Callable[[], int], *, left: bool, right: bool) -> Callable[[Value, Value], Value]:
    def trim(text: Value, characters: Value) -> Value:
        if text is None or characters is None:
            return None
        within, away = _text(text), "".join(dict.fromkeys(_text(characters)))
        if len(away) > _TRIMMED:
            return _TOO_LONG * (longest() + 1)
        if not away:
            return within
        within = within.lstrip(away) if left else within
        return within.rstrip(away) if right else within

    return trim


def _text(value: str | bytes | float) -> str:
    """Return `value` as SQLite's text of it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    """Return a real number as `%!.15g` of SQLite's printf writes it: always with a point, or as `Inf` and `-Inf`."""
    if value in (float("inf"), float("-inf")):
        return "Inf" if value > 0 else "-Inf"
    mantissa, e, exponent = f"{value:.15g}".partition("e")
    return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}{e}{exponent}"


def _size(text: str) -> int:
    """Return the bytes of `text` in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
