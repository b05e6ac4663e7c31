"""Which feeds show kept pictures, as the configuration has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.store.pictures.in_feeds import ShownPictures

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.config import Config


class PicturePolicy:
    """What `feedsvc.store.archive.Archive.shown` asks; worked out once for each configuration that `config` returns."""

    def __init__(self, config: Callable[[], Config]) -> None:
        self._config = config
        self._known: tuple[Config, ShownPictures | None] | None = None

    def __call__(self) -> ShownPictures | None:
        """Return where pictures are shown; None while nothing is kept of any source."""
        config, known = self._config(), self._known
        if known is None or known[0] is not config:
            known = self._known = (config, shown(config))
        return known[1]


def shown(config: Config) -> ShownPictures | None:
    """Return where `config` shows pictures: of sources that keep them, and of those that are configured no more."""
    kept = {source.media for source in config.sources} | {config.media}
    if "images" not in kept:
        return None
    left_out = frozenset(source.name for source in config.sources if source.media == "none")
    return ShownPictures(base=f"{config.url}/", left_out=left_out)
