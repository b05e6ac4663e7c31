"""The body: which kind it is, parsed once; what the source's own rules choose and leave out.

Pure. The rule `parse_body` gives all later rules one tree, its first elements, and the base of relative links.
"""

from __future__ import annotations

import html
import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from selectolax.lexbor import SelectolaxError

from feedsvc.rules import markdown
from feedsvc.rules.addresses import is_web, unwrapped
from feedsvc.rules.body_kind import kind_by_look, kind_by_tree
from feedsvc.rules.case import Case, Findings, Scanned
from feedsvc.rules.html.allowed import WRAPPERS
from feedsvc.rules.html.limits import is_too_costly, refuse_swollen, text_alone
from feedsvc.rules.html.tree import tree_of
from feedsvc.rules.html.writer import escaped
from feedsvc.rules.linked_data import marked_elements
from feedsvc.rules.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feedsvc.model import Draft, Source

_MAX_LINES = 20_000  # of plain text that become lines of HTML
_SCANNED = 250  # elements: the head of an article, where its date and byline are
# a body made of these alone is plain text with a little emphasis: its line ends are meant
_RUNNING_TEXT = WRAPPERS | {
    "a", "abbr", "b", "cite", "code", "em", "font", "i", "img", "kbd", "mark", "q", "s", "small", "span", "strong", "sub", "sup", "u",
}  # fmt: skip
_ESCAPED_MARKUP = re.compile(r"\s*&lt;(p|div|h[1-6]|ul|table|br ?/?|img|a|span|strong|em)\b")
_NAVIGATION = re.compile(
    r"(?:^|[\s_-])(?:breadcrumbs?|crumbs?|skip-link|site-nav|main-nav|navbar|sr-only-focusable)(?:$|[\s_-])"
)


def parse_body(case: Case, findings: Findings) -> Findings:
    """Find out what the body is and parse it; the tree is never changed afterwards."""
    draft = case.draft
    body = printable(draft.body if draft.body.strip() else draft.summary)
    base = _base(draft, case.source)
    tree, findings = _parsed(body, case, findings) if body.strip() else (None, findings)
    if tree is None or tree.body is None:
        return findings._replace(base_url=base)
    root, rules = tree.body, case.source.rules
    scan = _scanned(root)
    content = next(iter(selected(tree, rules.content)), None) if rules.content else None
    return findings._replace(
        base_url=base,
        tree=tree,
        root=root if content is None else content,
        scan=scan,
        marked=marked_elements(tree, scan),
        line_breaks=content is None and (findings.line_breaks or _is_running_text(root, scan)),
        dropped=_noise(scan) | {node.mem_id for selector in rules.drop for node in selected(tree, selector)},
    )


def _base(draft: Draft, source: Source) -> str:
    link = unwrapped(draft.link)
    return next((base for base in (draft.base_url, source.base_url, link) if is_web(base)), "")


def _parsed(body: str, case: Case, findings: Findings) -> tuple[Any, Findings]:
    draft, math = case.draft, case.source.math
    kind = draft.body_kind
    look = kind_by_look(body, draft.extension) if not kind else None
    if kind == "text":
        return _plain(body, findings._replace(body_kind="text"))
    if kind == "markdown" or look == "markdown":
        return _markdown(body, findings, math=math)
    if is_too_costly(body):
        return _text_of(body, findings)
    if _ESCAPED_MARKUP.match(body):
        body = html.unescape(body)
        findings = findings.noting("markup.escaped-twice", "content", "&lt;", "<")
    tree = tree_of(body)
    if kind == "html" or look == "html" or (tree.body is not None and kind_by_tree(tree.body) == "html"):
        return tree, findings._replace(body_kind="html")
    return _markdown(body, findings, math=math)


def _markdown(body: str, findings: Findings, *, math: bool) -> tuple[Any, Findings]:
    findings = findings._replace(body_kind="markdown")
    if markdown.is_too_costly(body):
        return _text_of(body, findings)
    refuse_swollen(body, markdown.filling(body))
    markup = markdown.rendered(body, math=math)
    return _text_of(markup, findings) if is_too_costly(markup) else (tree_of(markup), findings)


def _text_of(markup: str, findings: Findings) -> tuple[Any, Findings]:
    findings = findings.noting("markup.too-deep", "content", f"{markup.count('<')} tags", "text alone")
    return _plain(text_alone(markup), findings._replace(body_kind=findings.body_kind or "html"))


def _plain(text: str, findings: Findings) -> tuple[Any, Findings]:
    """Parse text whose line ends are meant; where there are tens of thousands of them it stays in one piece."""
    if text.count("\n") > _MAX_LINES:
        return tree_of(f"<pre>\n{escaped(text)}</pre>"), findings
    return tree_of(escaped(text)), findings._replace(line_breaks=True)


def _scanned(root: Any) -> tuple[Scanned, ...]:  # noqa: ANN401
    nodes = islice(root.traverse(), 1, _SCANNED + 1)
    return tuple(Scanned(node, node.tag, node.attributes) for node in nodes if node.tag[0] != "-")


def _is_running_text(root: Any, scan: tuple[Scanned, ...]) -> bool:  # noqa: ANN401
    """Say whether line ends are the only structure: no element that makes one stands in the body."""
    if len(scan) >= _SCANNED or any(tag not in _RUNNING_TEXT for _, tag, _ in scan):
        return False
    return "\n" in (root.text() or "").strip()


def _noise(scan: tuple[Scanned, ...]) -> frozenset[int]:
    """Find the navigation that stands above the article."""
    return frozenset(
        node.mem_id
        for node, _, attributes in scan
        if attributes
        and (attributes.get("role") == "navigation" or ((name := attributes.get("class")) and _NAVIGATION.search(name)))
    )


def selected(tree: Any, selector: str) -> Iterable[Any]:  # noqa: ANN401
    """Give the nodes that a CSS selector names; none where it is no selector (`feedsvc check` says so)."""
    try:
        return tuple(tree.css(selector))
    except SelectolaxError:
        return ()
