"""One walk over the parsed body: allowed HTML, plain text, links, pictures and media, all at once.

Pure. The tree is rebuilt from `elements.ELEMENTS`; nothing of the source's markup is copied. To treat an element in its
own way: one method, and one line in `_HANDLERS`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from feedsvc.rules.addresses import is_web, link_target, picture_source
from feedsvc.rules.case import ImageElement
from feedsvc.rules.html import embeds
from feedsvc.rules.html.allowed import DROPPED, ELEMENTS, LINE, MATH, PARAGRAPH, WRAPPERS, judged, pixels
from feedsvc.rules.html.lazy_images import is_tracker, source_of
from feedsvc.rules.html.writer import BLOCK, INLINE, NOTHING, ContentWriter, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from feedsvc.model import Enclosure

_MAX_LABEL = 1_000  # characters of what a picture shows
MAX_DEPTH = 120  # levels of markup; what is deeper is kept as text (each level costs three frames of Python's stack)
_ID = re.compile(r' id="([^"]*)"')
_FOLDED = (50, 110)  # characters of the longest line of text that was folded at a width
_BLANK_LINES = re.compile(r"\n[ \t\u3000\xa0]*(?:\n[ \t\u3000\xa0]*)+")


def _is_folded(line: str, following: str, width: int) -> bool:
    """Return whether a program broke a sentence after `line`, since the next word had no place before `width`.

    Mail is folded at 60 to 100 characters (RFC 3676, section 4.2). Shorter lines are those of a poem, a list or a log.
    """
    if not _FOLDED[0] <= width <= _FOLDED[1]:
        return False
    return len(line.rstrip()) + 1 + len(following.split(maxsplit=1)[0]) > width


class ContentWalk:
    """The state of one walk: what was written, and where we are."""

    __slots__ = (
        "_dropped",
        "_followed",
        "_line_breaks",
        "_numbers",
        "_plain",
        "_pre",
        "_targets",
        "base",
        "flow",
        "links",
        "media",
        "pictures",
    )

    def __init__(
        self,
        base: str,
        *,
        dropped: frozenset[int] = frozenset(),
        targets: frozenset[str] = frozenset(),
        line_breaks: bool = False,
        plain: bool = False,
    ) -> None:
        self.flow = ContentWriter()
        self.links: dict[str, None] = {}  # in order, each once
        self.pictures: dict[str, ImageElement] = {}  # by address
        self.media: dict[str, Enclosure] = {}  # films and sounds by address
        self.base = base
        self._dropped = dropped
        self._followed: set[str] = set()  # ids that a kept link points to
        self._targets = targets  # ids that a link of this document points to
        self._numbers: list[int | None] = []  # of the lists we are in: the last number, None = bullets
        self._pre = False
        self._line_breaks = line_breaks
        self._plain = plain

    def markup(self) -> str:
        """Give the HTML written so far; an id that no kept link points to is not in it."""
        if self._targets:
            self.flow.html = [self._linked(piece) if piece[:1] == "<" else piece for piece in self.flow.html]
        return "".join(self.flow.html).strip()

    def _linked(self, tag: str) -> str:
        found = _ID.search(tag)
        return tag if found is None or found.group(1) in self._followed else tag.replace(found.group(), "", 1)

    def children(self, parent: Any, depth: int) -> int:  # noqa: ANN401
        """Write what is in `parent`, and say what was seen."""
        seen = NOTHING
        node = parent.child
        while node is not None:
            tag = node.tag
            if tag == "-text":
                wrote = self._text(node.text_content)
            elif tag in DROPPED or (self._dropped and node.mem_id in self._dropped):
                wrote = self._instead(node, tag)
            elif depth > MAX_DEPTH:
                wrote = self._flat(node)
            else:
                wrote = _HANDLERS.get(tag, ContentWalk.element)(self, node, tag, depth)
            seen |= wrote
            node = node.next
        return seen

    def _text(self, text: str | None) -> int:
        if not text:
            return NOTHING
        if self._line_breaks and "\n" in text and (self.flow.is_running() or not text.isspace()):
            return self._lines(text)
        visible = self.flow.verbatim(text) if self._pre else self.flow.words(text)
        return INLINE if visible else NOTHING

    def _lines(self, text: str) -> int:
        """Write text whose line ends are meant; but a sentence that goes on in the next line was only folded."""
        seen = NOTHING
        lines = _BLANK_LINES.sub("\n\n", text).split("\n")
        width = max(map(len, lines)) if self._plain else 0
        before = ""
        for number, line in enumerate(lines):
            goes_on = bool(line) and line.lstrip()[:1].islower() and self.flow.goes_on()
            if number and not (goes_on and (not self._plain or _is_folded(before, line, width))):
                self.flow.soft_line()
            elif number:
                self.flow.words("\n")
            if line and self.flow.words(line):
                seen = INLINE
            before = line
        return seen

    def _flat(self, node: Any) -> int:  # noqa: ANN401
        seen = NOTHING
        for inner in node.traverse(include_text=True):
            if inner.tag == "-text" and inner.parent.tag not in DROPPED:
                seen |= self._text(inner.text_content)
        return seen

    # ------------------------------------------------------------ elements

    def element(self, node: Any, tag: str, depth: int) -> int:  # noqa: ANN401
        """Write an element that has no method of its own."""
        element = ELEMENTS.get(tag)
        if element is None:
            return self._wrapper(node, tag, depth) if tag in WRAPPERS else self.children(node, depth + 1)
        if element.gap is None:
            return self._inline(node, element.name, self._attributes(node, element.name), depth)
        return self._block(node, element.name, element.gap, depth)

    def _inline(self, node: Any, name: str, attributes: str, depth: int) -> int:  # noqa: ANN401
        flow = self.flow
        mark = flow.mark()
        flow.tag(f"<{name}{attributes}>")
        if not self.children(node, depth + 1):
            flow.back(mark)
            return NOTHING
        flow.tag(f"</{name}>")
        return INLINE

    def _block(self, node: Any, name: str, gap: str, depth: int) -> int:  # noqa: ANN401
        flow = self.flow
        mark = flow.mark()
        flow.block(gap)
        flow.tag(f"<{name}{self._attributes(node, name)}>")
        if not self.children(node, depth + 1) and name not in ("td", "th"):
            flow.back(mark)
            return NOTHING
        flow.end(f"</{name}>")
        flow.block(gap)
        return BLOCK

    def _wrapper(self, node: Any, tag: str, depth: int) -> int:  # noqa: ANN401
        """Keep a box without a meaning only where running text stands directly in it."""
        flow = self.flow
        mark = flow.mark()
        flow.block(LINE if tag == "div" else PARAGRAPH)
        slot = flow.slot()
        seen = self.children(node, depth + 1)
        if not seen:
            flow.back(mark)
            return NOTHING
        if seen == INLINE:
            flow.html[slot] = f"<div{self._attributes(node, 'div')}>"
            flow.end("</div>")
        flow.block(LINE if tag == "div" else PARAGRAPH)
        return BLOCK

    def preformatted(self, node: Any, tag: str, depth: int) -> int:  # noqa: ANN401
        """Write text in which white space counts."""
        before, self._pre = self._pre, True
        seen = self._block(node, "pre", PARAGRAPH, depth) if tag != "plaintext" else NOTHING
        self._pre = before
        return seen

    def list_(self, node: Any, tag: str, depth: int) -> int:  # noqa: ANN401
        """Write a list, and count its items where they have numbers."""
        start = pixels(node.attributes.get("start")) if tag == "ol" else None
        self._numbers.append(None if tag != "ol" else (start or 1) - 1)
        nested = len(self._numbers) > 1
        seen = self._block(node, "ol" if tag == "ol" else "ul", LINE if nested else PARAGRAPH, depth)
        self._numbers.pop()
        return seen

    def item(self, node: Any, tag: str, depth: int) -> int:  # noqa: ANN401
        """Write an item of a list."""
        number = self._numbers[-1] if self._numbers else None
        if number is not None:
            self._numbers[-1] = number + 1
        self.flow.bullet("• " if number is None else f"{number + 1}. ")
        seen = self._block(node, tag, LINE, depth)
        self.flow.unbullet()
        return seen

    def rule(self, _node: Any, _tag: str, _depth: int) -> int:  # noqa: ANN401
        """Write a thematic break."""
        self.flow.block(PARAGRAPH)
        self.flow.end("<hr>")
        self.flow.block(PARAGRAPH)
        return NOTHING

    def break_(self, _node: Any, _tag: str, _depth: int) -> int:  # noqa: ANN401
        """Break the line."""
        if self._pre:
            self.flow.verbatim("\n")
        else:
            self.flow.line()
        return NOTHING

    def link(self, node: Any, _tag: str, depth: int) -> int:  # noqa: ANN401
        """Write a link, or what is in it where its target is no address."""
        target = link_target(node.attributes.get("href") or "", self.base)
        attributes = self._attributes(node, "a")
        if not target:
            return self._inline(node, "a", attributes, depth) if attributes else self.children(node, depth + 1)
        seen = self._inline(node, "a", f' href="{quoted(target)}"{attributes}', depth)
        if seen and target[0] == "#":
            self._followed.add(quoted(target[1:]))
        elif seen and ":" in target:
            self.links[target] = None
        return seen

    # ------------------------------------------------------------ pictures and media

    def picture(self, node: Any, _tag: str, _depth: int) -> int:  # noqa: ANN401
        """Write a picture, unless it only counts readers."""
        given = node.attributes
        address = picture_source(source_of(node, given), self.base)
        if not address or is_tracker(address, given):
            return NOTHING
        picture = ImageElement(
            address, pixels(given.get("width")), pixels(given.get("height")), _words(given.get("alt"))
        )
        sizes = (("width", picture.width), ("height", picture.height))
        attributes = {"src": address, "alt": picture.alt, **{name: str(size) for name, size in sizes if size}}
        if (title := _words(given.get("title"))) not in ("", picture.alt):
            attributes["title"] = title
        self.flow.thing("<img" + "".join(f' {name}="{quoted(value)}"' for name, value in attributes.items()) + ">")
        if is_web(address):
            self.pictures.setdefault(address, picture)
        return INLINE

    # ------------------------------------------------------------ mathematics

    def formula(self, node: Any, _tag: str, depth: int) -> int:  # noqa: ANN401
        """Write MathML; its TeX, where it has some, is the plain text."""
        flow = self.flow
        tex = node.css_first('annotation[encoding="application/x-tex"]')
        source = " ".join((tex.text() or "").split()) if tex is not None else ""
        mark = flow.mark()
        flow.tag(f"<math{self._attributes(node, 'math')}>")
        if source:
            flow.aside(f"${source}$")
        end = len(flow.text)
        if not self._math_children(node, depth + 1):
            flow.back(mark)
            return NOTHING
        flow.tag("</math>")
        if source:
            del flow.text[end:]
        return INLINE

    def _math_children(self, parent: Any, depth: int) -> int:  # noqa: ANN401
        seen = NOTHING
        node = parent.child
        while node is not None:
            tag = node.tag
            if tag == "-text":
                seen |= self._text(node.text_content)
            elif tag in MATH and depth <= MAX_DEPTH:
                self.flow.tag(f"<{tag}{self._attributes(node, tag)}>")
                seen |= self._math_children(node, depth + 1)
                self.flow.tag(f"</{tag}>")
            node = node.next
        return seen

    def _instead(self, node: Any, tag: str) -> int:  # noqa: ANN401
        """Keep what is text in what is dropped: the box of a task, MathJax's `<script type="math/tex">`."""
        if tag == "input" and node.attributes.get("type") == "checkbox" and node.parent.tag == "li":
            return self._text("☑ " if "checked" in node.attributes else "☐ ")
        return self._tex(node) if tag == "script" else NOTHING

    def _tex(self, node: Any) -> int:  # noqa: ANN401
        kind = (node.attributes.get("type") or "").lower()
        if not kind.startswith("math/tex"):
            return NOTHING
        tex = " ".join((node.text() or "").split())
        return self._text(f"\\[{tex}\\]" if "display" in kind else f"\\({tex}\\)") if tex else NOTHING

    def run(self, node: Any, _tag: str, depth: int) -> int:  # noqa: ANN401
        """Write running text."""
        given = node.attributes
        if given.get("aria-hidden") == "true" and "katex" in (given.get("class") or ""):
            return NOTHING  # KaTeX draws a formula a second time beside its MathML
        if style := given.get("data-math-style"):  # a formula of Markdown: given back as it was typed
            mark = "$$" if style == "display" else "$"
            return self._text(f"{mark}{node.text() or ''}{mark}")
        return self.children(node, depth + 1)

    # ------------------------------------------------------------ attributes

    def _attributes(self, node: Any, name: str) -> str:  # noqa: ANN401
        given: Mapping[str, str | None] = node.attributes
        if not given:
            return ""
        written = "".join(f' {key}="{quoted(value)}"' for key, value in judged(name, given))
        return written + self._anchor(given) if self._targets else written

    def _anchor(self, given: Mapping[str, str | None]) -> str:
        name = given.get("id") or given.get("name")
        return f' id="{quoted(name)}"' if name and name in self._targets else ""


def _words(value: str | None) -> str:
    return " ".join((value or "").split())[:_MAX_LABEL]


_HANDLERS: dict[str, Callable[[ContentWalk, Any, str, int], int]] = {
    "br": ContentWalk.break_,
    "hr": ContentWalk.rule,
    "a": ContentWalk.link,
    "img": ContentWalk.picture,
    "image": ContentWalk.picture,
    "pre": ContentWalk.preformatted,
    "listing": ContentWalk.preformatted,
    "ul": ContentWalk.list_,
    "ol": ContentWalk.list_,
    "dir": ContentWalk.list_,
    "menu": ContentWalk.list_,
    "li": ContentWalk.item,
    "video": embeds.player,
    "audio": embeds.player,
    "source": embeds.source,
    "iframe": embeds.frame,
    "math": ContentWalk.formula,
    "span": ContentWalk.run,
}
