"""Markup -> a tree of elements, texts and comments, and of nothing else.

Pure. lexbor makes nodes without a name of `<?php … ?>`, which the HTML standard has as a comment (§13.2.5.6).
"""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser


def tree_of(markup: str) -> LexborHTMLParser:
    """Parse a document or a piece of one."""
    return LexborHTMLParser(markup.replace("<?", "<!?") if "<?" in markup else markup)
