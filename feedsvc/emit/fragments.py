"""Rendered entries, kept for the length of one emission: an article in four feeds is rendered once for each format."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from feedsvc.formats import FORMATS
from feedsvc.formats.item import item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feedsvc.formats.site import Site
    from feedsvc.model import Entry

KEPT_BYTES: Final = 32 << 20


class Fragments:
    """Rendered entries of one emission, the least recently used forgotten first."""

    def __init__(self, site: Site, limit: int = KEPT_BYTES) -> None:
        self._site = site
        self._limit = limit  # bytes
        self._size = 0
        self._kept: OrderedDict[tuple[int, int, str, bool, str], bytes] = OrderedDict()

    def of(self, entry: Entry, forms: Sequence[str], *, full: bool) -> dict[str, bytes]:
        """Return `entry` in each of `forms`."""
        keys = {form: (entry.id, entry.revision, entry.kept, full, form) for form in forms}
        found = {form: self._kept[key] for form, key in keys.items() if key in self._kept}
        for form in found:
            self._kept.move_to_end(keys[form])
        if len(found) < len(keys):
            rendered = item(entry, self._site, full=full)
            for form in keys.keys() - found.keys():
                found[form] = self._keep(keys[form], FORMATS[form].entry(rendered))
        return found

    def _keep(self, key: tuple[int, int, str, bool, str], fragment: bytes) -> bytes:
        self._kept[key] = fragment
        self._size += len(fragment)
        while self._size > self._limit:
            _key, oldest = self._kept.popitem(last=False)
            self._size -= len(oldest)
        return fragment
