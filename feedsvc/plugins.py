"""What installed packages add to the open sets of feedsvc: entry points, read once, each imported when it is first needed.

    group              an entry point names                              the member is used by
    feedsvc.kinds      a `feedsvc.model.catalog.Kind`                    `feedsvc.sources`, `feedsvc.parsers`
    feedsvc.parsers    a `feedsvc.parsers.Parser`                        `feedsvc.parsers`
    feedsvc.rules      a function `(Case, Findings) -> Findings`         `feedsvc.rules`
    feedsvc.formats    a `feedsvc.model.catalog.Format`                  `feedsvc.formats`
    feedsvc.commands   a `click.Command`                                 `feedsvc.commands`

The name of an entry point is the name of its member. A plugin that cannot be used is left out and logged, and
`feedsvc plugins`, `feedsvc check` and `feedsvc status` name it: a plugin never keeps feedsvc from starting.
Source: packaging.python.org/specifications/entry-points.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from importlib.metadata import EntryPoint

T = TypeVar("T")

KINDS: Final = "feedsvc.kinds"
PARSERS: Final = "feedsvc.parsers"
RULES: Final = "feedsvc.rules"
FORMATS: Final = "feedsvc.formats"
COMMANDS: Final = "feedsvc.commands"
GROUPS: Final = (KINDS, PARSERS, RULES, FORMATS, COMMANDS)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plugin:
    """One member that an installed package adds to an open set."""

    group: str  # one of `GROUPS`
    name: str  # of the entry point and of the member
    package: str  # name of the distribution
    version: str  # of the distribution
    place: str  # "package.module:object"

    def __str__(self) -> str:
        """Return the words for messages."""
        return f"the plugin {self.name!r} ({self.group}) of {self.package} {self.version}"

    def failed(self, error: BaseException) -> str:
        """Return the sentence that says what this plugin raised."""
        return f"{self} raised {type(error).__name__}: {error}"


# What cannot be used -> why. Filled when the members of its group are loaded.
_refused: dict[Plugin, str] = {}
_told: set[Plugin] = set()  # of which it was logged that they raised
_used: dict[tuple[str, str], Plugin] = {}  # by group and name of the member


@cache
def _points() -> Mapping[str, Mapping[Plugin, EntryPoint]]:
    """Return the entry points of each of `GROUPS`, by name: the metadata of every installed package is read once."""
    found = entry_points()
    points = {group: {_plugin(point): point for point in found.select(group=group)} for group in GROUPS}
    return {
        group: dict(sorted(each.items(), key=lambda item: (item[0].name, item[0].package)))
        for group, each in points.items()
    }


def _plugin(point: EntryPoint) -> Plugin:
    package = point.dist
    return Plugin(
        group=point.group,
        name=point.name,
        package=package.name if package else "an unknown package",
        version=package.version if package else "",
        place=point.value,
    )


def installed(group: str) -> tuple[Plugin, ...]:
    """Return the plugins of `group` that are installed, by name. Nothing of them is imported."""
    return tuple(_points()[group])


@cache
def members(group: str) -> Mapping[Plugin, object]:
    """Return the objects that the entry points of `group` load. What cannot be imported is left out: see `refused`."""
    found = {}
    for plugin, point in _points()[group].items():
        try:
            found[plugin] = point.load()
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises, feedsvc goes on without it
            refuse(plugin, plugin.failed(error))
    return found


def accepted(group: str, taken: Collection[str], check: Callable[[str, object], object]) -> Mapping[Plugin, object]:
    """Return the members of `group` that can be used.

    A member whose name is in `taken` (the names that feedsvc has itself), or that another package brings too, is left out.
    So is one for which `check(name, member)` raises TypeError or ValueError.
    """
    found: dict[Plugin, object] = {}
    names = set(taken)
    for plugin, member in members(group).items():
        if plugin.name in names:
            refuse(
                plugin, f"{plugin} is not used: the name {plugin.name!r} is taken; its package has to choose another"
            )
            continue
        try:
            check(plugin.name, member)
        except (TypeError, ValueError) as error:
            refuse(plugin, f"{plugin} is not used: {error}")
            continue
        names.add(plugin.name)
        found[plugin] = member
        _used[group, plugin.name] = plugin
    return found


def owner(group: str, name: str) -> Plugin | None:
    """Return the plugin that brings the member `name` of `group`; None = feedsvc has it itself."""
    return _used.get((group, name))


def refuse(plugin: Plugin, why: str) -> None:
    """Note once that `plugin` cannot be used."""
    if plugin not in _refused:
        _refused[plugin] = why
        log.warning("%s; feedsvc goes on without it", why)


def returned(kind: type[T], found: object) -> T:
    """Return `found`, which a plugin returned, where it is a `kind`.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(found, kind):
        raise TypeError(f"it has to return {kind.__name__}, and returned {type(found).__name__}")
    return found


def tell(plugin: Plugin, error: Exception, what: str) -> None:
    """Log that `plugin` raised `error`, and in `what` how feedsvc goes on: once a process as a warning, then for debugging."""
    level = logging.DEBUG if plugin in _told else logging.WARNING
    _told.add(plugin)
    log.log(level, "%s; %s", plugin.failed(error), what, exc_info=error)


def refused() -> Mapping[Plugin, str]:
    """Return the plugins that could not be used so far, each with a sentence that says why."""
    return dict(_refused)


def versions(*groups: str) -> str:
    """Return the packages that add to `groups`, as "name version, name version"; "" = none.

    What is read, or rendered, with other plugins is read or rendered again.
    """
    return ", ".join(sorted({f"{each.package} {each.version}" for group in groups for each in installed(group)}))


def program(version: str) -> str:
    """Return what reads documents: the `version` of feedsvc, and the packages that add kinds, parsers and rules.

    What failed under another program is tried again, and what was read by another one counts as new.
    """
    added = versions(KINDS, PARSERS, RULES)
    return f"{version} with {added}" if added else version
