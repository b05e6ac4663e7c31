"""Pictures of withdrawn articles: out of sight while no other article shows them. Nothing is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.store.gallery import name_of

if TYPE_CHECKING:
    from feedsvc.store.gallery import Gallery
    from feedsvc.store.media import Media


def veil(media: Media, gallery: Gallery) -> int:
    """Hide what only withdrawn articles show, and show what another article shows too; return how many were moved.

    It looks at all pictures of withdrawn articles each time, so that what a crash left undone is done by the next one.
    """
    moved = 0
    for digest, media_type, hidden in media.veiled():
        moved += (gallery.hide if hidden else gallery.show)(name_of(digest, media_type))
    return moved
