"""HTML and plain text of one article, written side by side in one canonical form of white space.

Pure. A `ContentWriter` grows while the tree is walked and dies with the walk: white space inside running text is one space, at
the edges of blocks none, and each block stands on a line of its own, so that cleaning what is clean changes nothing.
"""

from __future__ import annotations

import re
from typing import TypeAlias

# what a walk over an element says: nothing is to be seen, only blocks, running text
NOTHING, BLOCK, INLINE = 0, 1, 3
_WHITE = re.compile(r"[ \t\n\r\f]+")
_INVISIBLE = " \xa0\u3000\u200b\u200c\u200d\u2060\ufeff\xad"
_SENTENCE_ENDS = '.!?:;。！？：；…”"»）)'
_INDENT = "\xa0\u3000"  # at the begin of a paragraph
_RANK = {"": 0, "\t": 1, "\n": 2, "\n\n": 3}


# where the flow stood, to go back there when an element turned out to be empty: how many pieces of HTML and of text; then
# gap, prefix, fresh, started and waiting. A bare tuple, since every element makes one.
Mark: TypeAlias = tuple[int, int, str, str, bool, bool, bool]


def escaped(text: str) -> str:
    """Escape text as html5ever does, so that the last gate finds nothing to rewrite."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text.replace("\xa0", "&nbsp;") if "\xa0" in text else text


def quoted(value: str) -> str:
    """Escape the value of an attribute."""
    value = escaped(value)
    return value.replace('"', "&quot;") if '"' in value else value


class ContentWriter:
    """Two lists of pieces, and what stands between the last piece and the next."""

    __slots__ = ("_fresh", "_gap", "_prefix", "_started", "_waiting", "html", "text")

    def __init__(self) -> None:
        self.html: list[str] = []
        self.text: list[str] = []
        self._gap = ""  # what parts the next text from the last
        self._prefix = ""  # a bullet before the next text
        self._fresh = True  # the HTML stands at the begin of a line
        self._started = False  # a space would be visible: text stands before it in this block
        self._waiting = False  # a space that is written when something follows

    def mark(self) -> Mark:
        """Remember the place."""
        return (len(self.html), len(self.text), self._gap, self._prefix, self._fresh, self._started, self._waiting)

    def back(self, mark: Mark) -> None:
        """Forget what was written since, but for the white space that it amounts to."""
        html, text, gap, self._prefix, self._fresh, self._started, waiting = mark
        broken = self._waiting or _RANK[self._gap] > _RANK[gap]
        del self.html[html:]
        del self.text[text:]
        self._gap = gap
        self._waiting = waiting or (broken and self._started)

    def words(self, text: str) -> bool:
        """Write running text; True when it can be seen."""
        if text.isspace():
            self._waiting = self._started
            return False
        if "  " in text or "\n" in text or "\t" in text or "\r" in text or "\f" in text:
            text = _WHITE.sub(" ", text)
        core = text.strip(" ")
        if text[0] == " ":
            self._waiting = self._started
        self._put(escaped(core), core if self._started else core.lstrip(_INDENT))
        self._waiting = text[-1] == " "
        return bool(core.strip(_INVISIBLE))

    def verbatim(self, text: str) -> bool:
        """Write preformatted text as it stands; True when it can be seen."""
        self._put(escaped(text), text)
        self._fresh = False
        return not text.isspace()

    def aside(self, text: str) -> None:
        """Write what only the plain text has."""
        self._put("", text)
        self._started = False

    def bullet(self, prefix: str) -> None:
        """Put a bullet or a number before the next text."""
        self._prefix = prefix

    def unbullet(self) -> None:
        """Take an unused bullet back."""
        self._prefix = ""

    def tag(self, markup: str) -> None:
        """Write a tag that stands in running text."""
        if self._waiting and markup[1] != "/":
            self._space()
            self._started = False
        self.html.append(markup)
        self._fresh = False

    def thing(self, markup: str) -> None:
        """Write something that is seen and has no text: a picture, a player."""
        self.tag(markup)
        self._started = True

    def slot(self) -> int:
        """Leave a place where a tag can be put later."""
        self.html.append("")
        return len(self.html) - 1

    def line(self) -> None:
        """Break the line inside a block."""
        self._waiting = self._started = False
        self.html.append("<br>")
        self._fresh = False
        self._gap = "\n\n" if self._gap.startswith("\n") else "\n"

    def soft_line(self) -> None:
        """Break the line, at most twice in a row and not before there is text."""
        if self.text and self._gap != "\n\n":
            self.line()

    def is_running(self) -> bool:
        """Say whether text stands before this place in the same block."""
        return self._started

    def goes_on(self) -> bool:
        """Say whether the text stands in the middle of a sentence."""
        return self._started and bool(self.text) and self.text[-1][-1:] not in _SENTENCE_ENDS

    def block(self, gap: str) -> None:
        """Stand at the edge of a block: on a new line of HTML, parted in the text by at least `gap`."""
        self._waiting = self._started = False
        if _RANK[gap] > _RANK[self._gap]:
            self._gap = gap
        if self.text and self.text[-1][-1:].isspace():
            self.text[-1] = self.text[-1].rstrip()
        if not self._fresh and self.html[-1] != "<br>":
            self.html.append("\n")
        self._fresh = True

    def end(self, markup: str) -> None:
        """Close a block: white space and empty lines before its end tag are none."""
        self._waiting = self._started = False
        while self.html and self.html[-1] == "<br>":
            self.html.pop()
        self.html.append(markup)
        self._fresh = False

    def _space(self) -> None:
        self.html.append(" ")
        self.text.append(" ")
        self._waiting = False

    def _put(self, html: str, text: str) -> None:
        if self._waiting:
            self._space()
        self.html.append(html)
        self._fresh = False
        self._started = True
        if self._gap:
            if self.text:
                self.text.append(self._gap)
            self._gap = ""
        if self._prefix:
            self.text.append(self._prefix)
            self._prefix = ""
        self.text.append(text.replace("\xa0", " ") if "\xa0" in text else text)
