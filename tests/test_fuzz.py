"""Nothing comes out of `digest` but articles and failures with a reason, whatever the bytes: benchmarks/fuzz.py, 2,000 cases."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz import Seed as Document
from fuzz import fuzz, outcome_of, seeds_in

ROOT = Path(__file__).resolve().parent.parent
CASES = 250
SLOW = 4.0  # seconds of CPU; the machine that runs the suite does other things, too

# What the fuzzer has found, so that it need not find it again.
FOUND = {
    "an instruction to a preprocessor": ("a.html", b"---\ntitle: a\n---\n<div>one <?php echo 1; ?> two</div>\n"),
    "an instruction in Markdown": ("a.md", b"---\ntitle: a\n---\none <?php echo 1; ?> two\n"),
}


@pytest.mark.parametrize("seed", range(8))
def test_damaged_documents_are_articles_or_failures_with_a_reason(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzz.MOST_SECONDS", SLOW)
    findings = fuzz(seeds_in([ROOT / "tests" / "goldens", ROOT / "content"]), CASES, seed)
    assert [what for what, _, _ in findings.faults] == []
    assert findings.cases == CASES
    assert findings.outcomes["article"] > CASES / 5  # not everything is damaged beyond use


@pytest.mark.parametrize(("locator", "body"), FOUND.values(), ids=FOUND)
def test_what_was_found_is_an_article_now(locator: str, body: bytes) -> None:
    assert outcome_of(Document(locator, body)) == "article"
