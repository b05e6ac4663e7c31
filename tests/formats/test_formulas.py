from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.formats.body import travelling
from feedsvc.formats.formulas import WRITERS, in_lines

HALF = "<mfrac><mrow><mi>a</mi> <mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>"


@pytest.mark.parametrize(
    ("formula", "line"),
    [
        (f"{HALF}<mo>&lt;</mo><mn>3</mn>", "(<i>a</i> + <i>b</i>)/2 &lt; 3"),
        ("<msup><mi>x</mi><mn>2</mn></msup>", "<i>x</i><sup>2</sup>"),
        ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "<i>x</i><sub><i>i</i></sub><sup>2</sup>"),
        ("<msqrt><mn>2</mn></msqrt>", "√2"),
        ("<mroot><mn>8</mn><mn>3</mn></mroot>", "8<sup>1/3</sup>"),
        ("<mi>f</mi><mfenced><mi>x</mi><mi>y</mi></mfenced>", "<i>f</i>(<i>x</i>, <i>y</i>)"),
        ('<mfenced open="[" close="&lt;"><mi>x</mi></mfenced>', "[<i>x</i>&lt;"),
        ("<mi>sin</mi><mo>(</mo><mn>0</mn><mo>,</mo><mn>1</mn><mo>)</mo>", "sin(0, 1)"),
        ("<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr></mtable>", "(1, 0)"),
        ("<semantics><mn>1</mn><mtext>one</mtext></semantics>", "1"),
        ("<mtext>width</mtext> <mo>=</mo> <mphantom><mn>1</mn></mphantom><mspace></mspace><mn>3</mn>", "width = 3"),
        ("<msup></msup><mfrac></mfrac>", "()/()"),
        ("<mrow><mn>1", "1"),
        ("</mn><mn>1</mi></mn>", "1"),
    ],
)
def test_a_formula_is_written_in_a_line(formula: str, line: str) -> None:
    assert in_lines(f'<p>so <math display="block">{formula}</math>.</p>') == f"<p>so {line}.</p>"


def test_text_without_a_formula_is_left_as_it_is() -> None:
    for text in ("<p>1 &lt; 2</p>", "<math>", "</math><math>", ""):
        assert in_lines(text) == text


def test_a_formula_leaves_no_mathml_in_a_feed() -> None:
    sent = travelling(f'<p><a href="#a">a</a> <math>{HALF}</math></p>', "https://news.example.org/articles/1")
    assert sent == '<p><a href="https://news.example.org/articles/1#a">a</a> (<i>a</i> + <i>b</i>)/2</p>'


@given(
    st.lists(
        st.sampled_from([*WRITERS, "mn", "mo", "mrow"]).flatmap(lambda tag: st.sampled_from([f"<{tag}>", f"</{tag}>"]))
        | st.text("ab<&;> ")
    )
)
def test_no_formula_ends_in_an_error(parts: list[str]) -> None:
    assert "<math" not in in_lines(f"<math>{''.join(parts).replace('<math', '')}</math>")


def test_many_formulas_take_no_longer_than_their_length() -> None:
    started = time.process_time()
    in_lines("<math>" * 200_000)
    in_lines("<math><mn>1</mn></math>" * 5_000)
    in_lines(f"<math>{'<mrow>' * 50_000}</math>")
    assert time.process_time() - started < 20
