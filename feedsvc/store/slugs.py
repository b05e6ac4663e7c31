"""Category paths as paths of files and URLs: short, safe on every disk, and never two categories under one name.

Pure. A name that is harmless stays as it is, in any script; of a hostile one a readable part is kept and eight hex digits
of its SHA-256 make it unique.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedsvc.model import CategoryPath

_MAX_BYTES = 120  # of one name: file names end at 255 bytes, and an extension and a temporary suffix are to fit
# what a file system, a URL, a shell or a person could take for something else
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff<>:"/\\|?*%#~]+')
# names of devices and of our own files; and a folder of categories must not be called like the document of another one
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|com\d|lpt\d|archive|index|all)(?:\..*)?|.*\.(?:atom|rss|json|opml)", re.IGNORECASE
)


def written(path: CategoryPath) -> str:
    """Return `path` as people write it and as `categories.path` holds it: 金融/每经网/重磅原创."""
    return "/".join(path)


def slug(path: CategoryPath) -> str:
    """Return a "/"-joined path that is safe as a file name and in a URL once it is percent-encoded."""
    return "/".join(_segment(name) for name in path)


def distinct(path: CategoryPath) -> str:
    """Return a slug of `path` that no other path has: for a twin in case or Unicode form of a name that is taken."""
    return f"{slug(path)}~{_mark(written(path))}"


def _segment(name: str) -> str:
    plain = unicodedata.normalize("NFC", name)
    safe = _UNSAFE.sub("-", plain).strip(" .-")
    safe = _cut(safe)
    if safe == name and not _RESERVED.fullmatch(safe):
        return safe
    return f"{safe}~{_mark(name)}" if safe else f"~{_mark(name)}"


def _cut(name: str) -> str:
    """Return the beginning of `name` that fits into a file name."""
    return name.encode("utf-8", "ignore")[:_MAX_BYTES].decode("utf-8", "ignore")


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
