"""The first and the last lines of a body, as a reader sees them: what datelines and bylines are looked for in.

Pure. One bounded walk from each end, so that a body of ten megabytes costs what one of ten kilobytes does.
"""

# ruff: noqa: SIM905 (tables of words)

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from feedsvc.rules.case import Findings

_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data dfn em font i ins kbd label mark q s samp small span strong sub sup time tt "
    "u var wbr".split()
)
_UNSEEN = frozenset(
    "script style template noscript textarea select option head title iframe object svg math button".split()
)
# what stands in these is of another time than the article: a quoted message, a listing, a picture, other articles
_SET_ASIDE = frozenset("blockquote pre code samp figure figcaption aside nav footer table dl".split())
_BREAKS = frozenset(("br", "hr"))
_ENTRY = frozenset("li h1 h2 h3 h4 h5 h6 dt dd td th caption".split())  # headings and enumerations

TOP_NODES = 300
END_NODES = 100
NODES_OF_A_LINE = 12  # elements, texts and breaks, generously
TOP_CHARACTERS = 6000
END_CHARACTERS = 1500
_NODE_CHARACTERS = 20_000  # of one text node, from the end that is looked at
LINE_CHARACTERS = 400  # of one line; longer ones are cut, none is left out


class Line(NamedTuple):
    """One line: the text between two block edges or `<br>`s."""

    text: str  # white space folded
    node: Any  # the block that holds it (LexborNode)
    entry: bool  # in a heading, a list or a cell
    aside: bool  # in a quotation, a listing, a picture's caption, a side box


class Lines(NamedTuple):
    """The two ends of a body, each in the order of the document; they overlap where the body is short."""

    top: tuple[Line, ...] = ()
    end: tuple[Line, ...] = ()


def lines_of(findings: Findings) -> Lines:
    """Return the lines of the body of `findings`: of `TOP_NODES` nodes of its top, and of `END_NODES` of its end."""
    body = findings.tree.body if findings.tree is not None else None
    if body is None:
        return Lines()
    walk = _Texts(body, nodes=TOP_NODES, characters=TOP_CHARACTERS)
    blocks = list(_blocks(walk))
    lines = [_lines_of(block, breaks=findings.line_breaks) for block in blocks]
    if walk.whole and TOP_NODES - walk.nodes <= END_NODES:
        end = _tail(blocks, lines, breaks=findings.line_breaks)
    else:
        end = _end(findings, body, END_NODES)
    return Lines(tuple(chain.from_iterable(lines)), end)


def edges_of(findings: Findings, first: int, last: int) -> Lines:
    """Return about the `first` and the `last` lines of the body, reading no more of it than they need."""
    body = findings.tree.body if findings.tree is not None else None
    if body is None:
        return Lines()
    top = _lines(_Texts(body, nodes=TOP_NODES, characters=TOP_CHARACTERS), breaks=findings.line_breaks)
    return Lines(tuple(islice(top, first)), _end(findings, body, NODES_OF_A_LINE * last)[-last:])


def _end(findings: Findings, body: Any, nodes: int) -> tuple[Line, ...]:  # noqa: ANN401 (selectolax)
    pieces = list(_Texts(body, nodes=nodes, characters=END_CHARACTERS, forward=False))
    pieces.reverse()
    return tuple(_lines(pieces, breaks=findings.line_breaks))


def _tail(blocks: list[list[_Piece]], lines: list[tuple[Line, ...]], *, breaks: bool) -> tuple[Line, ...]:
    """Return what a walk from the end would find where the walk from the top saw the whole body."""
    end: list[tuple[Line, ...]] = []
    characters = END_CHARACTERS
    for block, whole in zip(reversed(blocks), reversed(lines), strict=True):
        first = len(block)
        while first and characters > 0:
            first -= 1
            characters -= len(block[first].text)
        end.append(whole if first == 0 else _lines_of(block[first:], breaks=breaks))
        if characters <= 0:
            break
    return tuple(chain.from_iterable(reversed(end)))


class _Place(NamedTuple):
    """An element that is open on the way down."""

    block: Any  # the block that it is, or is in
    identity: int  # of the block
    entry: bool
    aside: bool


class _Piece(NamedTuple):
    """A text node, or a line break (`text` is "")."""

    text: str
    place: _Place


class _Texts:
    """The texts below a body from one of its ends, at most so many nodes and characters of them; to be read once."""

    __slots__ = ("_body", "_forward", "characters", "nodes", "whole")

    def __init__(self, body: Any, *, nodes: int, characters: int, forward: bool = True) -> None:  # noqa: ANN401
        self._body = body
        self._forward = forward
        self.nodes = nodes  # that may be looked at; once read: that might have been, besides
        self.characters = characters  # that may be read
        self.whole = False  # everything was read, and more could have been

    def __iter__(self) -> Iterator[_Piece]:
        forward, body = self._forward, self._body
        nodes, characters = self.nodes, self.characters
        node = body.first_child if forward else body.last_child
        places = [_Place(body, body.mem_id, entry=False, aside=False)]
        while node is not None and nodes > 0 and characters > 0:
            nodes -= 1
            tag = node.tag
            if tag == "-text":
                text = node.text_content or ""
                text = text[:_NODE_CHARACTERS] if forward else text[-_NODE_CHARACTERS:]
                characters -= len(text)
                yield _Piece(text, places[-1])
            elif tag in _BREAKS:
                yield _Piece("", places[-1])
            elif tag[0] != "-" and tag not in _UNSEEN:
                child = node.first_child if forward else node.last_child
                if child is not None:
                    places.append(_inside(node, tag, places[-1]))
                    node = child
                    continue
            node = _onward(node, places, forward=forward)
        self.nodes = nodes
        self.whole = node is None and characters > 0


def _inside(node: Any, tag: str, place: _Place) -> _Place:  # noqa: ANN401
    if tag in _INLINE and tag not in _SET_ASIDE:
        return place
    block, identity = (place.block, place.identity) if tag in _INLINE else (node, node.mem_id)
    return _Place(block, identity, place.entry or tag in _ENTRY, place.aside or tag in _SET_ASIDE)


def _onward(node: Any, places: list[_Place], *, forward: bool) -> Any:  # noqa: ANN401
    """Return the next sibling of `node`, or of the nearest open element that has one; closes what it leaves."""
    while True:
        sibling = node.next if forward else node.prev
        if sibling is not None:
            return sibling
        places.pop()
        if not places:
            return None
        node = node.parent


def _lines(pieces: Iterable[_Piece], *, breaks: bool) -> Iterator[Line]:
    """Join neighbours of one block to lines; `breaks` = the line ends of the source are seen, too."""
    for block in _blocks(pieces):
        yield from _lines_of(block, breaks=breaks)


def _blocks(pieces: Iterable[_Piece]) -> Iterator[list[_Piece]]:
    gathered: list[_Piece] = []
    for piece in pieces:
        if gathered and (not piece.text or piece.place.identity != gathered[0].place.identity):
            yield gathered
            gathered = []
        if piece.text:
            gathered.append(piece)
    if gathered:
        yield gathered


def _lines_of(pieces: list[_Piece], *, breaks: bool) -> tuple[Line, ...]:
    text = "".join([piece.text for piece in pieces]) if len(pieces) > 1 else pieces[0].text
    if text.isspace():
        return ()
    entry = any(piece.place.entry for piece in pieces)
    aside = any(piece.place.aside for piece in pieces)
    node = pieces[0].place.block
    if not breaks or "\n" not in text:
        return (Line(_folded(text), node, entry, aside),)
    return tuple([Line(line, node, entry, aside) for part in text.split("\n") if (line := _folded(part))])


def _folded(text: str) -> str:
    line = " ".join(text[: 2 * LINE_CHARACTERS].split())
    if len(line) <= LINE_CHARACTERS < len(text):  # much white space
        line = " ".join(text[: 4 * LINE_CHARACTERS].split())
    return line[:LINE_CHARACTERS]
