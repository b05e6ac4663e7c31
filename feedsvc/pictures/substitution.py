"""How an article shows the pictures that are kept: their addresses in the place of the original ones. Pure."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from feedsvc.pictures.references import ADDRESS, SHOWN

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

FOLDER = "media"  # below the public base, and below the archive


def address(base: str, digest: str, extension: str) -> str:
    """Return the address of a kept picture below `base`, which ends in "/"."""
    return f"{base}{FOLDER}/{digest}.{extension}"


def with_kept(content: str, kept: Mapping[str, str]) -> str:
    """Return sanitised HTML in which each picture shows the address that `kept` has for its own, if any."""

    def attribute(found: re.Match[str]) -> str:
        new = kept.get(html.unescape(found[2]))
        return f' {found[1]}="{html.escape(new)}"' if new else found[0]

    def tag(found: re.Match[str]) -> str:
        if found[1] == "video":  # its `src` is a film
            return f"<video{ADDRESS.sub(lambda each: attribute(each) if each[1] == 'poster' else each[0], found[2])}>"
        return f"<img{ADDRESS.sub(attribute, found[2])}>"

    return SHOWN.sub(tag, content) if kept and ("<img" in content or "<video" in content) else content
