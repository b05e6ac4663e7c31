"""The content: clean HTML, plain text, links and pictures in one walk; nh3 as the last gate.

Pure. The walk decides what is kept; the gate has an allow-list of its own, so that one mistake alone lets nothing
active through. Cleaning what is clean changes nothing.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from feedsvc.rules.addresses import is_picture_data
from feedsvc.rules.html.allowed import ATTRIBUTES, ELEMENTS, MATH, PLAYER
from feedsvc.rules.html.limits import is_too_costly, refuse_swollen, text_alone
from feedsvc.rules.html.tree import tree_of
from feedsvc.rules.html.walk import ContentWalk
from feedsvc.rules.text import printable, without_noncharacters

if TYPE_CHECKING:
    import nh3

    from feedsvc.rules.case import Case, Findings

_ROUNDS = 4  # of cleaning until nothing changes; one is enough for all but the most broken markup
_MAX_ID = 100  # characters
_MAX_TARGETS = 200
_MANY_ENTITIES = 5_000  # nh3 needs quadratic time for entities: 500,000 take seven seconds
# stand-ins that no parser takes for markup
_STAND_INS = (("&amp;", "\ufdd0"), ("&lt;", "\ufdd1"), ("&gt;", "\ufdd2"), ("&nbsp;", "\ufdd3"), ("&quot;", "\ufdd4"))
_SCHEMES = frozenset(("http", "https", "mailto", "tel", "ftp", "magnet", "xmpp", "irc", "gemini", "data"))
_WRITTEN_BY_WALK = {
    "a": {"href", "id"},
    "img": {"src", "alt", "title", "width", "height"},
    "video": {"src", "poster", "controls", "preload"},
    "audio": {"src", "controls", "preload"},
    "source": {"src", "type"},
    "iframe": {"src", "width", "height", "allowfullscreen", "sandbox"},
}


def clean_content(case: Case, findings: Findings) -> Findings:
    """Write the content anew from the tree, and read its text, links, pictures and media on the way.

    Raises:
        DocumentError: the content is many times as long as the document.
    """
    if findings.root is None:
        return findings
    walk = ContentWalk(
        findings.base_url,
        dropped=findings.dropped,
        targets=_targets(findings.tree),
        line_breaks=findings.line_breaks,
        plain=findings.body_kind == "text",
    )
    walk.children(findings.root, 0)
    markup = walk.markup()
    refuse_swollen(case.draft.body, len(markup))
    return findings._replace(
        content=_settled(markup),
        text=_text(walk),
        links=tuple(walk.links),
        pictures=tuple(walk.pictures.values()),
        enclosures=tuple(walk.media.values()),
    )


def followed_by(findings: Findings, markup: str) -> Findings:
    """Return `findings` whose content goes on with `markup`: its text and pictures, too."""
    walk = _walked(markup, findings.base_url)
    known = {picture.url for picture in findings.pictures}
    return findings._replace(
        content=clean(findings.content + walk.markup(), findings.base_url),
        text="\n\n".join(filter(None, (findings.text, _text(walk)))),
        pictures=(*findings.pictures, *(p for p in walk.pictures.values() if p.url not in known)),
    )


def clean(markup: str, base_url: str = "") -> str:
    """Sanitise a piece of HTML; cleaning the result again changes nothing."""
    return _settled(_walked(markup, base_url).markup())


def text_of(markup: str) -> str:
    """Give the plain text of a piece of HTML."""
    return _text(_walked(text_alone(markup) if is_too_costly(markup) else markup))


def _walked(markup: str, base_url: str = "") -> ContentWalk:
    tree = tree_of(printable(markup))
    walk = ContentWalk(base_url, targets=_targets(tree))
    if tree.body is not None:
        walk.children(tree.body, 0)
    return walk


def _text(walk: ContentWalk) -> str:
    return printable("".join(walk.flow.text)).strip("\n \t\u3000")


def _targets(tree: Any) -> frozenset[str]:  # noqa: ANN401
    """Give the ids that links inside the document point to: footnotes and tables of contents go on working."""
    links = tree.css('a[href^="#"]')
    return frozenset(
        name for link in links if (name := (link.attributes.get("href") or "")[1:]) and len(name) <= _MAX_ID
    )


def _settled(markup: str) -> str:
    """Pass the gate until it has nothing to say; markup that never settles is reduced to what the gate lets through."""
    written = printable(markup).strip()
    for _ in range(_ROUNDS):
        passed = gate(written)
        if passed == written:
            return written
        again = _walked(passed).markup()
        if again == passed:
            return passed
        written = again
    return gate(written)


def gate(markup: str) -> str:
    """Pass HTML through nh3 with an allow-list of its own."""
    if markup.count("&") > _MANY_ENTITIES:
        markup = without_noncharacters(markup)
        for entity, stand_in in _STAND_INS:
            markup = markup.replace(entity, stand_in)
        passed = _cleaner().clean(markup)
        for entity, stand_in in _STAND_INS:
            passed = passed.replace(stand_in, entity)
        return passed
    return _cleaner().clean(markup) if "<" in markup or "&" in markup else markup


@cache
def _cleaner() -> nh3.Cleaner:
    import nh3  # noqa: PLC0415 - only what has a body needs it

    tags = {element.name for element in ELEMENTS.values()} | MATH | set(_WRITTEN_BY_WALK) | {"div", "br", "hr"}
    attributes = {tag: {"dir", "lang", "id", *ATTRIBUTES.get(tag, {}), *_WRITTEN_BY_WALK.get(tag, ())} for tag in tags}
    return nh3.Cleaner(
        tags=tags, attributes=attributes, attribute_filter=_judged, link_rel=None, url_schemes=set(_SCHEMES)
    )


def _judged(tag: str, attribute: str, value: str) -> str | None:
    """Let `data:` pass as a raster picture alone, and frames only of known players."""
    if tag == "iframe" and attribute == "src":
        return value if PLAYER.match(value) else None
    if value[:5].lower() == "data:":
        return value if (tag, attribute) == ("img", "src") and is_picture_data(value) else None
    return value
