"""The grammar of search: what somebody typed, as a tree of what is to be found and what is not. Pure; it raises nothing.

    question := clause {["AND"] clause}        both are found
    clause   := part {"OR" part}               OR binds more closely than AND: what people mean who write `a b OR c`
    part     := {"NOT" | "-"} (term | "(" question ")")
    term     := word | word* | "words together"

Operators are in upper case and stand alone, or before a parenthesis; in lower case they are words. Parentheses may be those
of Chinese and Japanese. Whatever else is typed is text: an operator that has nothing to bind and a parenthesis without its
other half are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

CHARACTERS: Final = 2_000  # that are read; what somebody pastes into the box may be a whole article
TERMS: Final = 64  # in one question
DEPTH: Final = 8  # of parentheses; SQLite's parser has a limit of its own

_OPERATORS = ("AND", "OR", "NOT")
_LETTER = re.compile(r"[^\W_]")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # NUL ends an FTS5 expression, half a surrogate pair is no UTF-8
_WORD = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?(?P<star>\*?)|(?P<bare>[^\s"]+))')
_AT_FRONT = re.compile(r"[(（]|(?:AND|OR|NOT)(?=[(（])|-(?=[(（])")
_CLOSING, _OPENING = ")）", "(（"


@dataclass(frozen=True, slots=True)
class Term:
    """Text whose characters stand in a row."""

    text: str  # with a letter or a digit in it
    starred: bool  # whatever begins so


@dataclass(frozen=True, slots=True)
class Not:
    """Everything but that."""

    part: Node


@dataclass(frozen=True, slots=True)
class Several:
    """All of these, or any of them."""

    how: Literal["AND", "OR"]
    parts: tuple[Node, ...]


Node: TypeAlias = "Term | Not | Several"


@dataclass(slots=True)
class _Group:
    """What stands between two parentheses, as far as it was read."""

    clauses: list[list[Node]] = field(default_factory=list)
    either: bool = False  # OR was read last
    negated: bool = False  # what comes next is not to be found

    def operator(self, name: str) -> None:
        self.negated = name == "NOT" and not self.negated
        self.either = name == "OR" or (name == "NOT" and self.either)

    def add(self, node: Node | None) -> None:
        if node is None:
            return
        part = Not(node) if self.negated else node
        if self.either and self.clauses:
            self.clauses[-1].append(part)
        else:
            self.clauses.append([part])
        self.either = self.negated = False

    def node(self) -> Node | None:
        return _several("AND", [each for clause in self.clauses if (each := _several("OR", clause))])


def question(words: str | None) -> Node | None:
    """Return what `words` ask for; None when there is nothing to look for."""
    groups, terms, ignored = [_Group()], 0, 0
    for token in _tokens(_UNSAFE.sub(" ", (words or "")[:CHARACTERS])):
        if isinstance(token, Term):
            terms += 1
            groups[-1].add(token if terms <= TERMS else None)
        elif token in _OPERATORS:
            groups[-1].operator(token)
        elif token in _OPENING:
            deep = len(groups) > DEPTH
            ignored += deep
            groups += [] if deep else [_Group()]
        elif ignored:
            ignored -= 1
        elif len(groups) > 1:
            groups[-2].add(groups.pop().node())
    while len(groups) > 1:
        groups[-2].add(groups.pop().node())
    return groups[0].node()


def problem(words: str) -> str:
    """Return what keeps `words` from being asked as they are written, with the remedy; "" = nothing."""
    if len(words) > CHARACTERS:
        return f"longer than {CHARACTERS:,} characters; make it shorter, or several feeds of it"
    tokens = list(_tokens(_UNSAFE.sub(" ", words)))
    terms = sum(isinstance(token, Term) for token in tokens)
    if not terms:
        return f"{words!r} names nothing to look for; write a word with a letter or a digit in it"
    if terms > TERMS:
        return f"{terms} words, of which only {TERMS} would be looked for; leave some out, or make several feeds of it"
    depth = deepest = 0
    for token in tokens:
        if not isinstance(token, Term):
            depth = max(0, depth + (token in _OPENING) - (token in _CLOSING))
            deepest = max(deepest, depth)
    return (
        f"parentheses {deepest} deep, where {DEPTH} are understood; write it in another way" if deepest > DEPTH else ""
    )


def _several(how: Literal["AND", "OR"], parts: list[Node]) -> Node | None:
    return Several(how, tuple(parts)) if len(parts) > 1 else next(iter(parts), None)


def _tokens(words: str) -> Iterator[Term | str]:
    """Yield terms, operators (a minus is NOT) and parentheses, in the order in which they stand."""
    for found in _WORD.finditer(words):
        if found["bare"] is None:
            yield from _of_text(found["phrase"], starred=bool(found["star"]), negated=bool(found["minus"]))
        else:
            yield from _of_word(found[0])


def _of_word(word: str) -> Iterator[Term | str]:
    while front := _AT_FRONT.match(word):
        yield "NOT" if front[0] == "-" else front[0]
        word = word[front.end() :]
    core = word
    while core and core[-1] in _CLOSING and _count(core, _CLOSING) > _count(core, _OPENING):
        core = core[:-1]
    if core in _OPERATORS:
        yield core
    else:
        yield from _of_text(core.removeprefix("-"), negated=core.startswith("-"))
    yield from word[len(core) :]


def _of_text(text: str, *, negated: bool, starred: bool = False) -> Iterator[Term | str]:
    """Yield a term; text without a letter or a digit is none."""
    if _LETTER.search(text):
        yield from ["NOT"] if negated else []
        yield Term(text.rstrip("*"), starred or text.endswith("*"))


def _count(text: str, characters: str) -> int:
    return sum(map(text.count, characters))
