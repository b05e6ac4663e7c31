"""SQL functions of SQLite's that compare every place of one text with the whole of another, made anew with an end.

`instr` and `replace` of a megabyte in half a megabyte took 20 seconds of one instruction, in which nothing can stop a query.
Python finds a text in another in time that grows with the two together; `trim` takes so few characters that the same is
true. The answers are those of SQLite, numbers and blobs included. To bound another function: add it to `register`.
"""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.serve.types import Connection

Value: TypeAlias = str | bytes | int | float | None

_TRIMMED: Final = 1_000  # characters that may be trimmed away, each different


def register(connection: Connection, longest: Callable[[], int]) -> None:
    """Give `connection` the functions, of whose values none may be larger than `longest()` bytes, as its own limit says.

    Where one would be, or the arguments are more than a function takes, it returns a text that is one byte too long, so
    that SQLite says so: what a function raises is a traceback in the log.
    """
    made = _Functions(type(connection), longest)
    for name, arguments, function in (
        ("instr", 2, made.instr),
        ("replace", 3, made.replace),
        ("trim", 2, partial(made.trim, ends="lr")),
        ("ltrim", 2, partial(made.trim, ends="l")),
        ("rtrim", 2, partial(made.trim, ends="r")),
    ):
        connection.create_function(name, arguments, function, deterministic=True)


class _Functions:
    """The functions; `connect` opens a connection of their own, which knows how SQLite writes a real number."""

    def __init__(self, connect: Callable[[str], Connection], longest: Callable[[], int]) -> None:
        self._connect = connect
        self._longest = longest

    def instr(self, text: Value, wanted: Value) -> Value:
        """Return the place of `wanted` from 1: in bytes where both are blobs, else in characters; 0 = nowhere."""
        if text is None or wanted is None:
            return None
        if isinstance(text, bytes) and isinstance(wanted, bytes):
            return text.find(wanted) + 1
        return self._text(text).find(self._text(wanted)) + 1

    def replace(self, text: Value, old: Value, new: Value) -> Value:
        """Return `text` with `new` in place of each `old`; as it is where `old` is empty."""
        if text is None or old is None:
            return None
        within, what = self._text(text), self._text(old)
        if not what or what.startswith("\0"):
            return within if isinstance(text, bytes) else text
        return None if new is None else self._replaced(within, what, self._text(new))

    def trim(self, text: Value, characters: Value, *, ends: str) -> Value:
        """Return `text` without what stands of `characters` at its `ends`: "l", "r" or both."""
        if text is None or characters is None:
            return None
        within, away = self._text(text), "".join(dict.fromkeys(self._text(characters)))
        if len(away) > _TRIMMED:
            return self._too_long()
        within = within.lstrip(away) if away and "l" in ends else within
        return within.rstrip(away) if away and "r" in ends else within

    def _replaced(self, text: str, old: str, new: str) -> str:
        added = text.count(old) * (_size(new) - _size(old))
        return self._too_long() if _size(text) + added > self._longest() else text.replace(old, new)

    def _too_long(self) -> str:
        return "x" * (self._longest() + 1)

    def _text(self, value: str | bytes | float) -> str:
        """Return `value` as SQLite's text of it."""
        if isinstance(value, float):
            return self._written(value)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    def _written(self, number: float) -> str:
        """Return `number` as SQLite writes it; Datasette hands its connections from thread to thread, so none is kept."""
        with closing(self._connect(":memory:")) as aside:
            return str(aside.execute("select cast(? as text)", (number,)).fetchone()[0])


def _size(text: str) -> int:
    """Return the bytes of `text` in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
