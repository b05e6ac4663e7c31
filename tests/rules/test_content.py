"""The content: what the walk keeps, what it leaves out, and the text it reads on the way."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedsvc.model import SourceRules
from feedsvc.rules.sanitising import clean
from feedsvc.rules.text import printable
from tests.rules.given import a_source, an_article, findings_of

BASE = "https://site.example/news/1.html"


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        ("<div><div><p>a</p></div></div>", "<p>a</p>"),
        ("<div>a</div><div>b</div>", "<div>a</div>\n<div>b</div>"),
        ("<p>a <b> b</b>  c</p>", "<p>a <b>b</b> c</p>"),
        ("<p>a<b> </b>c</p>", "<p>a c</p>"),
        ("<p> </p><p>&nbsp;</p><p><br></p><p>x</p>", "<p>x</p>"),
        ("<p>x<br><br></p>", "<p>x</p>"),
        ("<b>a<br><div><br>b</div></b>", "<b>a<br><div><br>b</div>\n</b>"),
        ("<font color=red>a</font><center>b</center>", "a\n<div>b</div>"),
        ("<strike>a</strike> <tt>b</tt>", "<s>a</s> <code>b</code>"),
        ("a<!-- b --><nav>menu</nav>c", "ac"),
        ("<pre>  a\n   b</pre>", "<pre>  a\n   b</pre>"),
        (
            '<pre><code class="hljs language-python x">a</code></pre>',
            '<pre><code class="language-python">a</code></pre>',
        ),
        (
            '<table border=1><tr><td colspan="2" onclick=x>a</table>',
            '<table>\n<tbody>\n<tr>\n<td colspan="2">a</td>\n</tr>\n</tbody>\n</table>',
        ),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>"),
        ("<math><mfrac><mi>a</mi><mn>2</mn></mfrac></math>", "<math><mfrac><mi>a</mi><mn>2</mn></mfrac></math>"),
        ('a <script type="math/tex; mode=display">x^2</script>', "a \\[x^2\\]"),
        (
            '<video src="/v.mp4" autoplay></video>',
            '<video src="https://site.example/v.mp4" controls="" preload="none"></video>',
        ),
        ('<iframe src="https://evil.example/"></iframe>a', "a"),
        ("<p>a\x0bb\ufffe</p>", "<p>ab</p>"),
        ("<p>a &lt;b&gt; &amp;amp; c</p>", "<p>a &lt;b&gt; &amp;amp; c</p>"),
    ],
)
def test_markup_is_rebuilt(dirty: str, tidy: str) -> None:
    assert clean(dirty, BASE) == tidy


@pytest.mark.parametrize(
    ("image", "source"),
    [
        ('<img src="a.png">', "https://site.example/news/a.png"),
        ('<img src="//cdn.example/a.png">', "https://cdn.example/a.png"),
        ('<img src="blank.gif" data-original="/a.png">', "https://site.example/a.png"),
        ('<img src="data:image/gif;base64,R0lGOD" data-src="https://cdn.example/a.png">', "https://cdn.example/a.png"),
        ('<img srcset="/s.png 300w, /l.png 900w">', "https://site.example/l.png"),
        ('<picture><source srcset="/l.webp 2x"><img></picture>', "https://site.example/l.webp"),
        ('<img src="https://cors.zfour.workers.dev/?http://cdn.example/a.png">', "http://cdn.example/a.png"),
        ('<img src="/a b.png">', "https://site.example/a%20b.png"),
    ],
)
def test_the_picture_that_is_meant_is_found(image: str, source: str) -> None:
    assert clean(image, BASE) == f'<img src="{source}" alt="">'


@pytest.mark.parametrize(
    "image",
    [
        '<img src="https://a.example/x.png" width="1" height="1">',
        '<img src="https://a.example/x.png" style="display:none">',
        '<img src="http://feeds.feedburner.com/~r/x/~4/y">',
        '<img src="https://pixel.wp.com/b.gif?host=x">',
        '<img src="https://a.example/t/pixel.gif?u=1">',
    ],
)
def test_pictures_that_count_readers_are_left_out(image: str) -> None:
    assert clean(image) == ""


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("../x", "https://site.example/x"),
        ("https://www.oschina.net/action/GoToLink?url=https%3A%2F%2Fa.example%2Fb%3Fc%3D1", "https://a.example/b?c=1"),
        ("https://link.zhihu.com/?target=https%3A//a.example/b", "https://a.example/b"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("HTTP://a.example/", "http://a.example/"),
    ],
)
def test_links_lead_where_they_are_meant_to(link: str, target: str) -> None:
    assert findings_of(f'<p><a href="{link}">x</a></p>', base_url=BASE).links == (target,)


def test_links_stay_relative_where_no_base_is_known() -> None:
    found = findings_of('<p><a href="/x">x</a></p>')
    assert found.content == '<p><a href="/x">x</a></p>'
    assert found.links == ()


def test_footnotes_lead_to_their_place_and_back() -> None:
    content = findings_of("Words[^1].\n\n[^1]: A note.\n").content
    assert 'href="#fn-1" id="fnref-1"' in content
    assert '<li id="fn-1">' in content
    assert clean(content) == content


def test_an_id_that_no_kept_link_points_to_is_left_out() -> None:
    assert clean('<h2 id="a">A</h2><a href="#a"></a><p>text id="a"</p>') == '<h2>A</h2>\n<p>text id="a"</p>'


def test_plain_text_parts_paragraphs_lines_items_and_cells() -> None:
    body = "<h2>T</h2><p>a<br>b</p>"
    body += "<ul><li>c</li><li>d<ol><li>e</li><li>f</li></ol></li></ul><table><tr><td>g</td><td>h</td></tr></table>"
    assert findings_of(body, body_kind="html").text == "T\n\na\nb\n\n• c\n• d\n1. e\n2. f\n\ng\th"


def test_code_keeps_its_white_space_in_plain_text() -> None:
    assert findings_of("<p>a</p><pre>b:\n    c</pre>", body_kind="html").text == "a\n\nb:\n    c"


def test_the_tex_of_a_formula_is_its_plain_text() -> None:
    formula = '<math><semantics><mi>x</mi><annotation encoding="application/x-tex">x_1</annotation></semantics></math>'
    found = findings_of(f"<p>with {formula} here</p>", body_kind="html")
    assert found.text == "with $x_1$ here"


@pytest.mark.parametrize(
    ("markdown", "content"),
    [
        ('{{< figure src="/a.png" title="A pic" >}}', '<p><img src="/a.png" alt="A pic"></p>'),
        ("{% img left /a.png 200 300 A title %}", '<p><img src="/a.png" alt="A title"></p>'),
        ("{% raw %}\n{{ kept }}\n{% endraw %}", "<p>{{ kept }}</p>"),
        ("{% highlight js %}\na < b\n{% endhighlight %}", '<pre><code class="language-js">a &lt; b\n</code></pre>'),
        ("{% note %}\nWords **here**.\n{% endnote %}", "<p>Words <strong>here</strong>.</p>"),
        ("A `{% raw %}` tag", "<p>A <code>{% raw %}</code> tag</p>"),
        ("```\n{% raw %}\n```", "<pre><code>{% raw %}\n</code></pre>"),
        ("{% link https://a.example Label %}", '<p><a href="https://a.example">Label</a></p>'),
        ("`a &#123;b&#125;`", "<p><code>a {b}</code></p>"),
        ("where $a*b*c$ and $5", "<p>where $a<em>b</em>c$ and $5</p>"),
        ("**注意：**这里", "<p><strong>注意：</strong>这里</p>"),
        ("- [x] done", "<ul>\n<li>☑ done</li>\n</ul>"),
    ],
)
def test_markdown_of_site_generators_is_rendered(markdown: str, content: str) -> None:
    assert findings_of(markdown).content == content


def test_line_ends_of_plain_text_are_kept() -> None:
    found = findings_of("<div>   \n第一行。\n第二行。\n\n第三段\n</div>")
    assert found.content == "<div>第一行。<br>第二行。<br><br>第三段</div>"
    assert found.text == "第一行。\n第二行。\n\n第三段"


def test_folded_lines_of_plain_text_are_joined() -> None:
    assert (
        findings_of("<div>\nan experiment comprising\n          several parts\n</div>").text
        == "an experiment comprising several parts"
    )


def test_markup_that_was_escaped_twice_is_read_as_markup() -> None:
    article = an_article("&lt;p&gt;Words &amp;amp; more.&lt;/p&gt;", body_kind="html", form="rss")
    assert article.content == "<p>Words &amp; more.</p>"


def test_the_source_chooses_its_content_and_what_is_left_out() -> None:
    source = a_source(rules=SourceRules(content="#main", drop=(".ad", "p[")))
    body = '<div><p>menu</p><div id="main"><p>Words.</p><p class="ad">Buy!</p></div></div>'
    assert an_article(body, title="T", source=source).content == "<p>Words.</p>"


def test_navigation_above_the_article_is_left_out() -> None:
    assert clean("<nav>a</nav><p>b</p>") == "<p>b</p>"
    body = '<div><div class="breadcrumb">Home</div><ul role="navigation"><li>x</li></ul><p>b</p></div>'
    assert findings_of(body).content == "<p>b</p>"


def test_films_and_sounds_of_the_content_are_enclosures() -> None:
    body = '<p>x</p><audio><source src="/a.mp3" type="audio/mpeg"></audio>'
    article = an_article(body, title="T", body_kind="html", base_url=BASE)
    assert [(file.url, file.media_type) for file in article.enclosures] == [
        ("https://site.example/a.mp3", "audio/mpeg")
    ]


PIECES = st.lists(
    st.sampled_from(
        re.findall(
            r"[^|]+",
            "<p>|</p>|<div>|</div>|<b>|</b>|<i>|</i>|<a href=x>|</a>|<ul>|<li>|</ul>|<table>|<tr>|<td>|</table>|<br>|<pre>|</pre>"
            "|<code>|</code>|<blockquote>|</blockquote>|<h2>|</h2>|<img src=a.png>|&nbsp;|&lt;|&amp;|\n|  |a|b.|字|<span>|</span>"
            "|<math>|<mi>|</math>|<svg>|</svg>|<form>|</form>|<select>|<ruby>|<rt>|</ruby>|<video>|<source src=v>|<dl>|<dt>|<dd>"
            "|<hr>|<center>|<font>|<details>|<summary>| |",
        )
    ),
    max_size=40,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(PIECES)
@example("<div>a<br></div><br><br><div>b</div>")
@example("<b><div>a</div><br><br><div><br></div></b><div>b</div>")
def test_cleaning_what_is_clean_changes_nothing(soup: str) -> None:
    once = clean(soup, BASE)
    assert clean(once, BASE) == once


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_becomes_text_that_xml_can_carry(body: str) -> None:
    found = findings_of(body, body_kind="text")
    assert printable(found.text) == found.text
    assert printable(found.content) == found.content


ATTACKS = {
    "nested": "<div>" * 50_000,
    "unclosed formatting": "".join(f"<b id=x{n}>" for n in range(400)) + "<p>x" * 40_000,
    "attributes": "<p " + "".join(f"a{n} " for n in range(100_000)) + ">x</p>",
    "attributes between quotes": "<p " + "".join(f'a{n}=">" ' for n in range(50_000)) + ">x</p>",
    "entities": "&amp;" * 200_000,
    "ampersands": "&" * 1_000_000,
    "brackets": "<" * 1_000_000,
    "tags": "<i>x</i>" * 125_000,
    "quotes": "> " * 500_000,
    "template tags": "{% " * 330_000,
    "shortcodes": "{{< " * 250_000,
    "images": '<img src="http://e.example/a.png">' * 3_000,
    "line ends": "x\n \n" * 250_000,
    "comments": "<!--" * 250_000,
    "anchors": "".join(f'<a href="#x{n}" id="x{n}">y</a>' for n in range(5_000)),
    "footnotes": "[^1] " * 200_000 + "\n\n[^1]: x",
}


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("kind", ["html", "markdown"])
def test_a_megabyte_of_anything_is_cleaned_in_linear_time(name: str, kind: str) -> None:
    begin = time.process_time()
    findings_of(ATTACKS[name], body_kind=kind)
    assert time.process_time() - begin < 9  # seconds; a quadratic step needs more than ten


def test_what_is_nested_too_deeply_keeps_its_text() -> None:
    article = an_article("<div>" * 3_000 + "words" + "</div>" * 3_000, title="T", body_kind="html")
    assert article.text == "words"
    assert [repair.rule for repair in article.repairs] == ["markup.too-deep"]


def test_markup_below_the_depth_that_is_walked_keeps_its_text() -> None:
    assert findings_of("<div>" * 400 + "<p>words</p><script>x</script>", body_kind="html").text == "words"
