"""Behaviour by name: what the tables of `feedsvc.model.catalog` name as "package.module:object", imported when it is used first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from feedsvc import plugins

if TYPE_CHECKING:
    from feedsvc.plugins import Plugin

T = TypeVar("T")
M = TypeVar("M")


def callable_member(found: object) -> Any:  # noqa: ANN401 - what it takes and returns, the caller says
    """Return `found` where it can be called.

    Raises:
        TypeError: it cannot.
    """
    if not callable(found):
        raise TypeError(f"{found!r} cannot be called")
    return found


class Members(Mapping[str, T], Generic[M, T]):
    """The behaviours of one open set by their names, in the order of its table.

    `place` returns where the behaviour of a member of `table` is, as "package.module:object", or the behaviour itself; a
    member with neither (an empty string) is left out. `check` returns the behaviour, or raises TypeError where the object
    that is there is none. `guard` returns a behaviour that says which plugin it is of when it raises; `group` are the entry
    points of such plugins. To ask for the names imports nothing of feedsvc.
    """

    def __init__(
        self,
        table: Mapping[str, M],
        place: Callable[[M], object],
        check: Callable[[object], T],
        *,
        group: str = "",
        guard: Callable[[Plugin, T], T] = lambda _, found: found,
    ) -> None:
        self._table = table
        self._place = place
        self._check = check
        self._group = group
        self._guard = guard
        self._loaded: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._loaded:
            place = self._place(self._table[name])
            if not place:
                raise KeyError(name)
            self._loaded[name] = self._load(name, place)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, member in self._table.items() if self._place(member))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def load(self) -> None:
        """Import every member now, so that nothing waits for it later."""
        for name in self:
            self[name]

    def _load(self, name: str, place: object) -> T:
        if (plugin := plugins.owner(self._group, name)) is not None:
            return self._guard(plugin, self._check(place))
        module, _, attribute = str(place).partition(":")
        try:
            return self._check(getattr(import_module(module), attribute))
        except (ImportError, AttributeError, TypeError) as error:
            raise type(error)(f"{name!r} of the catalog is said to be at {place!r}: {error}") from error
