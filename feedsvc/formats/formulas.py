"""Formulas for readers that know no MathML: a line of HTML in place of each. Pure.

Few feed readers draw MathML, sanitisers strip its elements and leave x2 of x², and validators call them unknown. In a feed
a formula is therefore written in a line, as one types it: a fraction as (a + b)/2, an exponent as `sup`. The article's own
page shows the formula itself.

To add an element: one line in `WRITERS`; what has none shows what is in it.
"""

from __future__ import annotations

import html
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Writer = Callable[[Sequence[str]], str]

_OPENING, _CLOSING = "<math", "</math>"
_TOKENS = frozenset(("mi", "mn", "mo", "ms", "mtext", "math"))  # text elsewhere is the white space between elements
_GAPS = {  # what stands before and after a sign
    **dict.fromkeys("=<>≠≈≡≤≥∼≃≅∝×÷·+−-±∓→←⇒⇔∈∉⊂⊆∪∩∧∨∣:", (" ", " ")),
    **dict.fromkeys(",;", ("", " ")),
}


def in_lines(content: str) -> str:
    """Return sanitised HTML with each formula written in a line."""
    if _OPENING not in content:
        return content
    parts, end = [], 0
    while (start := content.find(_OPENING, end)) >= 0 and (stop := content.find(_CLOSING, start)) >= 0:
        parts += [content[end:start], _line(content[start:stop])]
        end = stop + len(_CLOSING)
    return "".join((*parts, content[end:]))


def _line(formula: str) -> str:
    reader = _Reader()
    reader.feed(formula)
    reader.close()
    return " ".join(reader.finished().split())


class _Reader(HTMLParser):
    """Writes each element when it ends; what is still open at the end ends there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, list[str]]] = [("", [])]  # each element with what was written of its children

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fence = [html.escape(dict(attrs).get(name) or default) for name, default in (("open", "("), ("close", ")"))]
        self._open.append((tag, fence if tag == "mfenced" else []))

    def handle_endtag(self, tag: str) -> None:
        if len(self._open) > 1 and self._open[-1][0] == tag:
            self._end()

    def handle_data(self, data: str) -> None:
        tag, written = self._open[-1]
        if tag in _TOKENS and (text := data.strip()):
            escaped = html.escape(text, quote=False)
            before, after = _GAPS.get(text, ("", "")) if tag == "mo" else ("", "")
            written.append(f"{before}{escaped}{after}")

    def _end(self) -> None:
        tag, written = self._open.pop()
        self._open[-1][1].append(WRITERS.get(tag, "".join)(written))

    def finished(self) -> str:
        """Return all that was read."""
        while len(self._open) > 1:
            self._end()
        return "".join(self._open[0][1])


def _whole(part: str) -> str:
    """Return `part` in brackets unless it is one name or number."""
    return part if part.strip().isalnum() else f"({part.strip()})"


def _part(written: Sequence[str], place: int) -> str:
    return written[place] if place < len(written) else ""


def _script(*marks: str) -> Writer:
    """Return a writer of a base and its scripts, each in the element `marks` names for it."""

    def write(written: Sequence[str]) -> str:
        scripts = (f"<{mark}>{part.strip()}</{mark}>" for mark, part in zip(marks, written[1:], strict=False))
        return "".join((_part(written, 0), *scripts))

    return write


WRITERS: Mapping[str, Writer] = {
    "mi": lambda written: f"<i>{''.join(written)}</i>" if len("".join(written)) == 1 else "".join(written),
    "mfrac": lambda written: f"{_whole(_part(written, 0))}/{_whole(_part(written, 1))}",
    "msqrt": lambda written: f"√{_whole(''.join(written))}",
    "mroot": lambda written: f"{_whole(_part(written, 0))}<sup>1/{_whole(_part(written, 1))}</sup>",
    "msup": _script("sup"),
    "msub": _script("sub"),
    "msubsup": _script("sub", "sup"),
    "mover": _script("sup"),
    "munder": _script("sub"),
    "munderover": _script("sub", "sup"),
    "mfenced": lambda written: f"{_part(written, 0)}{', '.join(written[2:])}{_part(written, 1)}",
    "mtr": ", ".join,
    "mtable": lambda written: f"({'; '.join(written)})",
    "mspace": lambda _: " ",
    "mphantom": lambda _: "",
    "semantics": lambda written: _part(written, 0),
}
