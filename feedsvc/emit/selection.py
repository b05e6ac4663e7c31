"""Which feeds to render, which documents to withdraw, and what is done then. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from feedsvc.model.layout import CUSTOM, document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from feedsvc.model import FeedSpec

ALL: Final = "*"  # in `StaleFeeds.stale_feeds`: every feed


def chosen(
    specs: Sequence[FeedSpec], stale: AbstractSet[str], published: AbstractSet[str], only: Sequence[str]
) -> list[FeedSpec]:
    """Return the feeds to render: what is asked for, else what is stale or has a document missing.

    What a feed of the config selects cannot be told from what changed: it is rendered whenever anything is.
    """
    if only:
        return [spec for spec in specs if spec.path in only]
    return [
        spec
        for spec in specs
        if ALL in stale
        or spec.path in stale
        or (stale and spec.path.startswith(CUSTOM))
        or _documents(spec) - published
    ]


def ordered(chosen: Sequence[FeedSpec]) -> list[FeedSpec]:
    """Return the feeds in the order to render them: categories first, each after those below it, and whole feeds last.

    So what a feed shows was rendered for one just before, or not long ago.
    """
    categories = [spec for spec in chosen if _is_category(spec)]
    return [*reversed(categories), *(spec for spec in chosen if not _is_category(spec))]


def marked(
    stale: AbstractSet[str], chosen: Iterable[FeedSpec], failed: AbstractSet[str], only: Sequence[str]
) -> list[str]:
    """Return what to mark as emitted: with `only`, nothing but those; else also paths that are no feeds any more."""
    done = stale & paths_of(chosen) if only else stale
    return sorted(done - failed)


def superfluous(published: AbstractSet[str], specs: Iterable[FeedSpec], *, keep: str) -> set[str]:
    """Return published documents to withdraw: formats no longer wanted, and feeds no longer in the config."""
    wanted = {path: spec for spec in specs for path in _documents(spec)}
    known = paths_of(wanted.values())
    return {
        path
        for path in published - wanted.keys() - {keep}
        if path.rpartition(".")[0] in known or path.startswith(CUSTOM)
    }


def _is_category(spec: FeedSpec) -> bool:
    return bool(spec.selection.category) and not spec.path.startswith(CUSTOM)


def _documents(spec: FeedSpec) -> set[str]:
    return {document(spec.path, form) for form in spec.formats}


def paths_of(specs: Iterable[FeedSpec]) -> set[str]:
    """Return the paths of `specs`."""
    return {spec.path for spec in specs}
