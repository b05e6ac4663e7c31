"""Pictures of articles: asked for by the one fetcher, or read beside a document of a directory.

What comes is bytes and nothing more; whether they are a picture, `feedsvc.pictures` says.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from feedsvc.errors import SourceError
from feedsvc.ports import FetchError
from feedsvc.sources.article_pages import settings_at
from feedsvc.sources.files import TooLargeError, read_whole
from feedsvc.sources.globs import compile_globs
from feedsvc.sources.scan import is_regular

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feedsvc.model import Source
    from feedsvc.sources.http.fetcher import Fetcher

ACCEPT_PICTURE: Final = "image/avif, image/webp, image/png, image/jpeg, image/gif, */*;q=0.1"
_SECONDS: Final = 30.0  # of one picture at most: the feeds of its host wait for their turn meanwhile
_OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


async def fetch_picture(fetcher: Fetcher, url: str, source: Source, limit: int) -> bytes:
    """Return what is at `url`, at most `limit` bytes, asked for once, as `source` asks.

    Raises:
        FetchError: it cannot be had.
    """
    settings = settings_at(url, source)
    seconds = min(settings.total_seconds, _SECONDS)
    answer = await fetcher.fetch(
        url, replace(settings, max_bytes=limit, retries=0, total_seconds=seconds), accept=ACCEPT_PICTURE
    )
    if answer.body is None:  # no condition was sent
        raise FetchError(f"{answer.url}: 304 without a reason", kind="protocol", fetches=answer.fetches)
    return answer.body


def read_beside(source: Source, paths: Iterable[str], limit: int) -> bytes:
    """Return the file at the first of `paths` (inside the directory `source`) at which there is one.

    No link is followed, to a folder or to a file, as in a scan; what the source excludes is not there.

    Raises:
        SourceError: kind "missing": there is none; "too-large": more than `limit` bytes; "permission" or "io".
    """
    unwanted = compile_globs(source.exclude)
    root = os.path.realpath(source.location)
    for path in paths:
        folders = path.split("/")[:-1]
        if unwanted.matches(path) or any(unwanted.covers("/".join(folders[: n + 1])) for n in range(len(folders))):
            continue
        try:
            return _read(root, path, limit)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
        except TooLargeError as error:
            raise SourceError(f"{path}: more than {limit} bytes; `[media] max_bytes`", kind="too-large") from error
        except PermissionError as error:
            raise SourceError(f"{path}: this user may not read it", kind="permission") from error
        except OSError as error:  # a link: ELOOP
            raise SourceError(f"{path}: cannot be read: {error.strerror}", kind="io") from error
    raise SourceError("no such file in the source", kind="missing")


def _read(root: str, path: str, limit: int) -> bytes:
    """Open folder by folder, each below the one before, so that none can be swapped for a link in between."""
    *folders, name = path.split("/")
    here = os.open(root, _OPEN_FOLDER)
    try:
        for folder in folders:
            below = os.open(folder, _OPEN_FOLDER, dir_fd=here)
            os.close(here)
            here = below
        file = os.open(name, _OPEN_FILE, dir_fd=here)
    finally:
        os.close(here)
    try:
        if not is_regular(os.fstat(file)):
            raise FileNotFoundError(path)
        return read_whole(file, limit)
    finally:
        os.close(file)
