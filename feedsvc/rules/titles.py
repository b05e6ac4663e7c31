"""The title: plain text, as the publisher wrote it, never blank.

Pure. Machines that name files by titles put `_` for what a file name cannot hold; it is taken back only where a heading
of the body, or its text, shows what stood there. The file name itself is no evidence: it was made from the same ruined title.
"""

from __future__ import annotations

import re
from posixpath import basename, splitext
from typing import TYPE_CHECKING

from feedsvc.rules.markup import selected
from feedsvc.rules.text import letters, one_line, plain

if TYPE_CHECKING:
    from feedsvc.rules.case import Case, Findings, Scanned

MAX_TITLE = 1_000  # characters; longer ones are texts
_FIRST_WORDS = 60  # characters of a title made from the text
_UNTITLED = "(untitled)"  # of a picture, a film or a link that nothing says a word about
_NEAR_TOP = 60  # elements; a heading further down is not the title's
_HEADINGS = frozenset(("h1", "h2", "h3"))
_LOST = frozenset('_:：/／\\?？*＊"“”＂<>＜＞|｜[]【】{}')  # what `_` may stand for
_ANY_LOST = "[" + "".join(map(re.escape, sorted(_LOST))) + "]"
_TELLING = 8  # letters and digits of a title that stands nowhere by chance
_HEAD = 20_000  # characters of the text in which a title is looked for
_FILE_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}-")
_NO_TITLE = frozenset(("", "untitled", "no title", "null", "undefined", "none", "nan"))


def clean_title(case: Case, findings: Findings) -> Findings:
    """Make the title plain, restore it from a heading that matches it, and leave that heading out of the content."""
    whole = _unquoted(plain(case.draft.title))
    title = whole[:MAX_TITLE]
    if title != whole:
        findings = findings.noting("titles.long", "title", f"{len(whole)} characters", f"{MAX_TITLE} characters")
    if title.casefold() in _NO_TITLE:
        title = ""
    findings = findings._replace(title=title)
    chosen = _by_selector(case, findings)
    if chosen and chosen != title:
        return findings._replace(title=chosen).noting("titles.selector", "title", title, chosen)
    heading = next((item for item in findings.scan[:_NEAR_TOP] if item.tag in _HEADINGS), None)
    return _with_heading(findings, heading) if heading is not None else findings


def fallback(case: Case, findings: Findings) -> Findings:
    """Find a title where there is none: the first words of the text, the file's name, what a picture shows.

    One that a file name has ruined is restored where the text holds it whole.
    """
    if findings.title:
        whole = _in_text(findings.title, findings.text)
        return (
            findings._replace(title=whole).noting("titles.text", "title", findings.title, whole) if whole else findings
        )
    stem = splitext(basename(case.draft.locator))[0] if case.draft.form == "front-matter" else ""
    candidates = (
        ("titles.first-words", first_words(findings.text)),
        ("titles.file-name", one_line(_FILE_DATE.sub("", stem, count=1)).strip(" ._-")),
        ("titles.picture", next((picture.alt for picture in findings.pictures if picture.alt), "")),
        ("titles.address", findings.url),
        ("titles.untitled", _UNTITLED if findings.pictures or findings.enclosures or findings.links else ""),
    )
    rule, title = next(((rule, title) for rule, title in candidates if title), ("", ""))
    return findings._replace(title=title).noting(rule, "title", case.draft.title, title) if title else findings


def _in_text(title: str, text: str) -> str:
    """Return how `title` stands in the head of `text`, with something else for each `_`; "" where it does not.

    A short one would be found by chance.
    """
    if "_" not in title or len(letters(title)) < _TELLING:
        return ""
    pattern = "".join(_ANY_LOST if character == "_" else re.escape(character) for character in title)
    found = re.search(pattern, text[:_HEAD])
    return found[0] if found and found[0] != title else ""


def first_words(text: str) -> str:
    """Cut the first line of a text to the length of a title, at a word where there are words."""
    line = one_line(next((line for line in text.split("\n") if letters(line)), ""))
    if len(line) <= _FIRST_WORDS:
        return line
    cut = line[:_FIRST_WORDS]
    space = cut.rfind(" ")
    return (cut[:space] if space > _FIRST_WORDS // 2 else cut).rstrip(" ,，、;；:：") + "…"


def _unquoted(title: str) -> str:
    """Take away the many quotes that the oldest layout of the machine put around a title."""
    mark = title[:1]
    if mark in ("'", '"') and title.startswith(mark * 3) and title.endswith(mark * 3):
        return title.strip(mark).strip("'").strip()
    return title


def _by_selector(case: Case, findings: Findings) -> str:
    selector = case.source.rules.title
    nodes = selected(findings.tree, selector) if selector and findings.tree is not None else ()
    return next((text for node in nodes if (text := one_line(node.text() or "")[:MAX_TITLE])), "")


def _with_heading(findings: Findings, heading: Scanned) -> Findings:
    words = one_line(heading.node.text() or "")[:MAX_TITLE]
    title = findings.title
    if not title and heading.tag == "h1" and words:
        findings = findings._replace(title=words).noting("titles.heading", "title", "", words)
    elif title and words != title and _matches(title, words):
        findings = findings._replace(title=words).noting("titles.restored", "title", title, words)
    elif not title or letters(words) != letters(title):
        return findings
    return findings._replace(dropped=findings.dropped | {heading.node.mem_id})


def _matches(title: str, heading: str) -> bool:
    """Say whether the heading is the title, but for characters that `_` stands for."""
    if "_" not in title or len(title) != len(heading):
        return False
    return all(ours == theirs or (ours == "_" and theirs in _LOST) for ours, theirs in zip(title, heading, strict=True))
