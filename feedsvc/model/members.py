"""Behaviour by name: what the tables of `feedsvc.model.catalog` name as "package.module:object", imported when it is used first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def callable_member(found: object) -> Any:  # noqa: ANN401 - what it takes and returns, the caller says
    """Return `found` where it can be called.

    Raises:
        TypeError: it cannot.
    """
    if not callable(found):
        raise TypeError(f"{found!r} cannot be called")
    return found


class Members(Mapping[str, T], Generic[T]):
    """The behaviours of one open set by their names, in the order of its table.

    `places` holds for each name where its behaviour is; `check` returns the behaviour, or raises TypeError where the object
    that is there is none. To ask for the names imports nothing.
    """

    def __init__(self, places: Mapping[str, str], check: Callable[[object], T]) -> None:
        self._places = places
        self._check = check
        self._loaded: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._loaded:
            self._loaded[name] = self._load(name, self._places[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def load(self) -> None:
        """Import every member now, so that nothing waits for it later."""
        for name in self:
            self[name]

    def _load(self, name: str, place: str) -> T:
        module, _, attribute = place.partition(":")
        try:
            return self._check(getattr(import_module(module), attribute))
        except (ImportError, AttributeError, TypeError) as error:
            raise type(error)(f"{name!r} of the catalog is said to be at {place!r}: {error}") from error
