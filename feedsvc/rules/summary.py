"""The summary: what the document marks as its abstract, else its description, else its first sentences.

Pure. Plain text, about two lines of a feed reader; never the title again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from feedsvc.rules.sanitising import text_of
from feedsvc.rules.text import letters, one_line, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.rules.case import Case, Findings

MAX_SUMMARY = 500  # characters of what is called a summary
_FIRST_SENTENCES = 240  # characters of what we take from the text
_MIN_ABSTRACT, _MAX_ABSTRACT = 20, 1_200  # characters
_MAX_DESCRIPTION = 20_000  # characters that are looked at
_MIN_LINE = 12  # characters; a shorter first line is a label, unless it is a sentence
_ABSTRACT = re.compile(
    r"(?:^|[\s_-])(?:abstract|summary|digest|lead|excerpt|intro(?:duction)?|zhaiyao|standfirst|dek|subtitle)(?:$|[\s_-])"
)
_NO_PROSE = re.compile(r"• |\d+\. |[^\n]*\t")
_BLOCKS = frozenset(("div", "p", "section", "blockquote", "header"))
_SENTENCE_END = re.compile(r"[。！？!?…]+[\"”’」』）)]?|\.(?=\s)")


def summarise(case: Case, findings: Findings) -> Findings:
    """Find or make the summary."""
    abstract = _abstract(findings)
    title = letters(findings.title)
    for candidate, limit in _candidates(case, findings, abstract):
        summary = first_sentences(candidate, limit) if candidate else ""
        if summary and letters(summary) != title:
            return findings._replace(abstract=abstract, summary=summary)
    return findings._replace(abstract=abstract)


def _candidates(case: Case, findings: Findings, abstract: str) -> Iterator[tuple[str, int]]:
    """Yield each text that a summary can be taken from, and how many characters at most; a later one only when asked for."""
    yield abstract, MAX_SUMMARY
    yield _description(case), MAX_SUMMARY
    yield findings.text, _FIRST_SENTENCES


def first_sentences(text: str, limit: int) -> str:
    """Take whole sentences from the begin of a text, at most `limit` characters; "…" where none ends in time."""
    taken = ""
    for paragraph in text[: limit * 20].split("\n\n"):
        line = one_line(paragraph)
        if not line or (not taken and len(line) < _MIN_LINE and not _SENTENCE_END.search(line + " ")):
            continue
        if taken and _NO_PROSE.match(paragraph):
            break
        taken = f"{taken} {line}" if taken else line
        if len(taken) >= limit // 2:
            break
    taken = taken or one_line(text[: limit * 2])
    return taken if len(taken) <= limit else _cut(taken, limit)


def _cut(text: str, limit: int) -> str:
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, limit + 1) if match.end() <= limit]
    if ends and ends[-1] >= limit * 2 // 5:
        return text[: ends[-1]]
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit * 3 // 5 else cut).rstrip(" ,，、;；:：") + "…"


def _abstract(findings: Findings) -> str:
    for node, tag, attributes in findings.scan:
        name = attributes.get("class") if attributes else None
        if tag in _BLOCKS and name and _ABSTRACT.search(name[:500]):
            text = one_line(node.text(separator=" ") or "")
            if _MIN_ABSTRACT <= len(text) <= _MAX_ABSTRACT:
                return text
    return ""


def _description(case: Case) -> str:
    draft = case.draft
    if not draft.body.strip():
        return ""  # it became the body
    said = draft.summary[:_MAX_DESCRIPTION]
    return text_of(said) if "<" in said else plain(said)
