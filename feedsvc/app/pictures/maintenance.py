"""Maintenance of kept pictures: hide those of withdrawn articles, and fetch lost files again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from feedsvc.store.pictures.hidden import hide_withdrawn
from feedsvc.store.pictures.picture_files import PictureFiles, name_of
from feedsvc.store.pictures.picture_health import PictureHealth, examine_pictures, standing, troubles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.app.service import Service
    from feedsvc.store.archive import Archive
    from feedsvc.store.integrity import Finding

__all__ = [
    "PictureHealth",
    "check_pictures",
    "hide_pictures",
    "mend_pictures",
    "retry_pictures",
    "standing",
    "troubles",
]


def check_pictures(archive: Archive, *, whole: bool) -> Iterator[Finding]:
    """Yield what is wrong with the pictures of `archive`; `whole` = nobody writes, so that files without a name are told too."""
    return examine_pictures(archive, PictureFiles(archive.path.parent), whole=whole)


def hide_pictures(service: Service) -> None:
    """Hide pictures that only withdrawn articles use. Show hidden pictures that another article uses again."""
    files = PictureFiles(Path(service.config.archive))
    with service.view() as view:
        hide_withdrawn(view.pictures, files)


def mend_pictures(service: Service) -> None:
    """Queue lost and damaged pictures for another download, and delete files that no row of the archive names."""
    files, at = PictureFiles(Path(service.config.archive)), service.clock.now()
    with service.view() as view:
        names = {name_of(digest, media_type): digest for digest, media_type in view.pictures.pictures()}
        lost = {name: digest for name, digest in names.items() if not files.is_sound(digest, name)}
        for name in [*lost, *(each for each in list(files.names()) if each not in names)]:
            files.remove(name)
        if lost:
            service.owner.call(lambda archive: archive.pictures.forget(lost.values(), at))
        hide_withdrawn(view.pictures, files)


def retry_pictures(service: Service) -> int:
    """Make every picture that could not be kept due now; return their number."""
    at = service.clock.now()
    return service.owner.call(lambda archive: archive.pictures.retry(at))
