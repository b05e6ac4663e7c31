"""Markdown as people write it: brackets, tildes and dollars are themselves; two tildes strike out; formulas are a choice."""

from __future__ import annotations

import re
from html import unescape
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.model import Source
from feedsvc.rules import normalise
from feedsvc.rules.markdown import rendered
from tests.rules.drafts import draft_of


def text_of(body: str, *, math: bool = False) -> str:
    source = Source(name="posts", kind="directory", location="/posts", math=math)
    return normalise(draft_of(body, body_kind="markdown", title="Notes"), source).text


def content_of(body: str, *, math: bool = False) -> str:
    source = Source(name="posts", kind="directory", location="/posts", math=math)
    return normalise(draft_of(body, body_kind="markdown", title="Notes"), source).content


# ---------------------------------------------------------------- brackets


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"Ask \[ports-list:77\] or \[RFC\].", "Ask [ports-list:77] or [RFC]."),
        (r"Call f\(x\) and \(maybe\) g.", "Call f(x) and (maybe) g."),
        (r"\[a\](b)", "[a](b)"),
        (r"\[x] and [y\]", "[x] and [y]"),
        (r"\[outer \[inner\] rest\]", "[outer [inner] rest]"),
        (r"参见\[公告\]和\(附件\)。", "参见[公告]和(附件)。"),
        (r"공지 \[필독\] 확인", "공지 [필독] 확인"),
        (r"> said \[the master\] softly", "said [the master] softly"),
        (r"- \[ \] no task", "• [ ] no task"),
        (r"# News \[2024\]", "News [2024]"),
        (r"**\[bold\]**", "[bold]"),
        (r"`\[x\]` and `\(y\)`", r"\[x\] and \(y\)"),
    ],
)
def test_an_escaped_bracket_is_a_bracket(body: str, text: str) -> None:
    assert text_of(body) == text


def test_a_link_whose_words_stand_in_brackets_stays_one() -> None:
    link = r"[\[note\]\[draft\] the plan](https://x.example/plan)"
    assert content_of(link) == '<p><a href="https://x.example/plan">[note][draft] the plan</a></p>'
    assert content_of(rf"\[{link}\]").startswith('<p>[<a href="https://x.example/plan">')


# ---------------------------------------------------------------- tildes


@pytest.mark.parametrize(
    "text",
    [
        "Wind 3~4, gusts 6~7.",
        "오전 9~10시, 오후 2~3시",
        "气温5~8度，湿度40~50%。",
        "参加費は3~5千円、2~3名。",
        "５～８度，４０～５０％",
        "~here~ stays",
        "In ~/notes and ~/drafts.",
        "~ and ~ alone",
        "Bye~ See you~",
        "(a~) b ~(c)",
        "a ~b c~ d~e",
        "~a, ~b; c~!",
    ],
)
def test_a_single_tilde_is_a_tilde(text: str) -> None:
    for math in (False, True):
        assert text_of(text, math=math) == text
        assert "<s>" not in content_of(text, math=math)
        assert "<del>" not in content_of(text, math=math)


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("~~gone~~", "<p><del>gone</del></p>"),
        ("no ~~longer~~ 3~4 and 5~6", "<p>no <del>longer</del> 3~4 and 5~6</p>"),
        ("~~3~4~~ and 5~6", "<p><del>3~4</del> and 5~6</p>"),
        ("价格~~100~~80", "<p>价格<del>100</del>80</p>"),
        ("~~**old**~~ ~new~", "<p><del><strong>old</strong></del> ~new~</p>"),
        ("~a ~~b~~ c~", "<p>~a <del>b</del> c~</p>"),
        (r"\~\~kept\~\~", "<p>~~kept~~</p>"),
        (r"\~kept~ 1~2", "<p>~kept~ 1~2</p>"),
    ],
)
def test_two_tildes_strike_out(body: str, content: str) -> None:
    assert content_of(body) == content


def test_a_tilde_stays_in_code_in_addresses_and_in_html() -> None:
    body = (
        'Go to [a](https://x.example/~ada "of ~ada~") `~/x ~y~` <b title="~">~b~</b> <https://x.example/~eve>\n\n'
        "~~~sh\ncd ~/x; ls ~y~\n~~~\n\n    ls ~/z ~\n\n[^~n~]\n\n[^~n~]: note\n"
    )
    written = rendered(body)
    assert 'href="https://x.example/~ada" title="of ~ada~"' in written
    assert 'href="https://x.example/~eve"' in written
    assert "<code>~/x ~y~</code>" in written
    assert "cd ~/x; ls ~y~\n</code></pre>" in written
    assert "<code>ls ~/z ~\n</code>" in written
    assert '<b title="~">~b~</b>' in written
    assert written.count("fn-~n~") == 2


def test_a_bare_address_ends_before_a_tilde_that_ends_a_word() -> None:
    for mark in ("~", "~.", "~, "):
        assert '<a href="https://x.example/tea">https://x.example/tea</a>~' in rendered(
            f"See https://x.example/tea{mark}"
        )
    assert '<a href="https://x.example/~tea">' in rendered("See https://x.example/~tea.")


@given(
    st.lists(
        st.sampled_from(
            [
                "~",
                "a",
                "도",
                "9",
                " ",
                "  ",
                "\n",
                "\n\n",
                "*",
                "**",
                "_",
                "`",
                "\\",
                ".",
                "(",
                ")",
                "。",
                "「",
                "[",
                "](u)",
                "| ",
                "$",
                "://",
                "http://a.b/",
            ]
        ),
        max_size=24,
    ).map("".join)
)
def test_no_single_tilde_strikes_or_is_lost(body: str) -> None:
    lone = re.sub("~+", "~", body)
    for math in (False, True):
        written = rendered(lone, math=math)
        assert "<del>" not in written
        assert unescape(written).count("~") >= lone.count("~")


# ---------------------------------------------------------------- dollars


@pytest.mark.parametrize(
    "text",
    [
        "It is $5 and $10, or 5$ and 10$.",
        "$PATH and $HOME are set.",
        "价格$5到$10元",
        "E = $E=mc^2$ and $$p$$",
        r"$\frac{a}{b}$ and $$x_i$$",
    ],
)
def test_a_dollar_is_a_dollar(text: str) -> None:
    assert text_of(text) == text


@pytest.mark.parametrize("math", [False, True])
@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("Set `$HOME` to $PATH and `$USER` stays.", ["$HOME", "$USER"]),
        ("用`$HOME`和$PATH，`$USER`不变。", ["$HOME", "$USER"]),
        ("$A and `$B`, $C and ``$D ` $E``", ["$B", "$D ` $E"]),
        ("Pay 5$, `x`, 6$ or $7`y`$8.", ["x", "y"]),
        ("costs $5 for `x` or 6$ today", ["x"]),
        (r"\(a `\)` b \[c `\]` d", [r"\)", r"\]"]),
        (r"\`$no $x `$yes`", ["$yes"]),
    ],
)
def test_a_code_span_stays_code(body: str, codes: list[str], math: bool) -> None:  # noqa: FBT001
    assert re.findall("<code>(.*?)</code>", content_of(body, math=math)) == codes


@pytest.mark.parametrize("math", [False, True])
def test_a_listing_stays_as_it_is(math: bool) -> None:  # noqa: FBT001
    listing = "echo $HOME `date` ~/x ~\nif [ \\( $a \\) ]; then\n  b=\\[$c\\]; fi $"
    for body in (f"```sh\n{listing}\n```", f"~~~\n{listing}\n~~~", "    " + listing.replace("\n", "\n    ")):
        assert text_of(f"Run $this:\n\n{body}\n\nand $that.", math=math) == f"Run $this:\n\n{listing}\n\nand $that."


# ---------------------------------------------------------------- formulas, by choice


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("so $a*b*c$ and $x_1 _y_$", "so $a*b*c$ and $x_1 _y_$"),
        ("$$a*b*c$$", "$$a*b*c$$"),
        ("$$\na * b * c \\\\ d\n$$", "$$ a * b * c \\\\ d $$"),
        (r"\(a*b*c\)", "$a*b*c$"),
        (r"\[a*b*c\]", "$$a*b*c$$"),
        ("`$x` then $a*b*c$ then `$y`", "$x then $a*b*c$ then $y"),
        ("设$a*b*c$，则`$x`。", "设$a*b*c$，则$x。"),
        ("$`a*b*c`$ and `d`", "$`a*b*c`$ and d"),
        ("$5 and $10", "$5 and $10"),
        (r"\$5 `a` \$6 $a*b*c$", "$5 a $6 $a*b*c$"),
    ],
)
def test_formulas_are_kept_as_they_were_typed_where_math_is_chosen(body: str, text: str) -> None:
    assert text_of(body, math=True) == text


def test_formulas_are_nothing_where_math_is_not_chosen() -> None:
    assert text_of("so $a*b*c$") == "so $abc$"
    assert "data-math-style" not in rendered(r"$x$ $$y$$ \(z\) \[w\]")
    assert rendered(r"$x$ $$y$$ \(z\) \[w\]", math=True).count("data-math-style") == 4


@given(st.text("$`\\~ж 1\n[](){}", max_size=40))
def test_no_stand_in_is_left_and_no_letter_lost(body: str) -> None:
    for math in (False, True):
        written = rendered(body, math=math)
        assert not re.search("[\ufde0-\ufde2]|%EF%B7%A", written)
        if "[" not in body:
            assert unescape(written).count("ж") >= body.count("ж")


@pytest.mark.parametrize("piece", ["~a", "~ ", "$x ", "`$x", "``$`", "\\$`", "\\", "`a`$", "$`a`$\n\n"])
def test_a_twenty_thousand_of_it_take_less_than_a_second(piece: str) -> None:
    from feedsvc.rules.markdown_marks import disarmed  # noqa: PLC0415

    start = process_time()
    disarmed(piece * 20_000, math=True)
    assert process_time() - start < 20
