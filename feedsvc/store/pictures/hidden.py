"""Pictures of withdrawn articles: out of sight while no other article shows them. Nothing is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.store.pictures.picture_files import name_of

if TYPE_CHECKING:
    from feedsvc.store.pictures.picture_files import PictureFiles
    from feedsvc.store.pictures.tables import PictureTables


def hide_withdrawn(media: PictureTables, gallery: PictureFiles) -> None:
    """Hide what only withdrawn articles show, and show what is hidden and no more of that kind.

    It looks at all of them each time, so that what a crash left undone is done by the next one.
    """
    veiled = {name_of(digest, media_type) for digest, media_type in media.veiled()}
    for name in veiled:
        gallery.hide(name)
    for name in list(gallery.hidden_names()):
        if name not in veiled:
            gallery.show(name)
