"""Films, sounds and the players of other sites: kept, and nothing plays by itself.

Pure. Each function writes one element into the flow of a walk, and says what was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feedsvc.model import Enclosure
from feedsvc.rules.addresses import is_web, link_target, picture_source
from feedsvc.rules.case import ImageElement
from feedsvc.rules.html.allowed import PARAGRAPH, PLAYER
from feedsvc.rules.html.writer import BLOCK, INLINE, NOTHING, quoted

if TYPE_CHECKING:
    from feedsvc.rules.html.walk import ContentWalk


def player(walk: ContentWalk, node: Any, tag: str, depth: int) -> int:  # noqa: ANN401
    """Write a film or a sound; nothing plays by itself."""
    given = node.attributes
    address = picture_source(given.get("src") or given.get("data-src") or "", walk.base)
    poster = picture_source(given.get("poster") or "", walk.base)
    markup = f"<{tag}"
    if address and not address.startswith("data:"):
        markup += f' src="{quoted(address)}"'
        _enclose(walk, address, given.get("type") or f"{tag}/*")
    if poster and tag == "video":
        markup += f' poster="{quoted(poster)}"'
        if is_web(poster):
            walk.pictures.setdefault(poster, ImageElement(poster))
    flow = walk.flow
    mark = flow.mark()
    flow.block(PARAGRAPH)
    flow.tag(markup + ' controls="" preload="none">')
    if not (walk.children(node, depth + 1) or " src=" in markup):
        flow.back(mark)
        return NOTHING
    flow.end(f"</{tag}>")
    flow.block(PARAGRAPH)
    return BLOCK


def source(walk: ContentWalk, node: Any, _tag: str, _depth: int) -> int:  # noqa: ANN401
    """Write one of the files of a film or a sound."""
    given = node.attributes
    address = picture_source(given.get("src") or "", walk.base)
    if not address or address.startswith("data:") or node.parent.tag not in ("video", "audio"):
        return NOTHING
    media_type = " ".join((given.get("type") or "").split())[:100]
    _enclose(walk, address, media_type or f"{node.parent.tag}/*")
    kind = f' type="{quoted(media_type)}"' if media_type else ""
    walk.flow.tag(f'<source src="{quoted(address)}"{kind}>')
    return INLINE


def frame(walk: ContentWalk, node: Any, _tag: str, _depth: int) -> int:  # noqa: ANN401
    """Write a frame of a known player, sandboxed."""
    given = node.attributes
    address = link_target(given.get("src") or given.get("data-src") or "", walk.base)
    if address.startswith("http:"):
        address = "https:" + address[5:]
    if not PLAYER.match(address):
        return NOTHING
    walk.flow.block(PARAGRAPH)
    walk.flow.tag(
        f'<iframe src="{quoted(address)}" width="100%" height="400" allowfullscreen="" '
        'sandbox="allow-scripts allow-same-origin allow-presentation">'
    )
    walk.flow.end("</iframe>")
    walk.flow.block(PARAGRAPH)
    walk.links[address] = None
    return BLOCK


def _enclose(walk: ContentWalk, address: str, media_type: str) -> None:
    if is_web(address):
        kind = "" if media_type.endswith("/*") else media_type
        walk.media.setdefault(address, Enclosure(url=address, media_type=kind))
