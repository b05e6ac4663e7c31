"""config.toml and its mistakes: a file of each kind with the problems that it must be told, and whatever TOML there is."""

from __future__ import annotations

import string
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.config import KEYS, Config, parse_config
from feedsvc.config.keys import FEED, RULES, SOURCE, TABLES
from feedsvc.errors import ConfigError

if TYPE_CHECKING:
    from tests.golden_files import GoldenFiles

GOLDENS = Path(__file__).parent.parent / "goldens" / "config"
CASES = sorted(GOLDENS.glob("*.toml"))
SECRETS = {"env:TOKEN": "s3cret", "env:PROXY": "http://proxy.example:3128", "file:password": "hunter2"}


def secret(reference: str) -> str:
    if reference not in SECRETS:
        raise ValueError(f"the environment has no variable {reference.partition(':')[2]!r}")
    return SECRETS[reference]


def read(text: str) -> Config:
    return parse_config(text, folder="/srv/feedsvc", version="1.0", secret=secret)


def problems_of(text: str) -> list[str]:
    try:
        read(text)
    except ConfigError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_mistake_is_named_with_its_key_and_remedy(case: Path, goldens: GoldenFiles) -> None:
    goldens.json(case.with_suffix(".json"), problems_of(case.read_text(encoding="utf-8")))


def test_there_are_mistakes_of_every_kind() -> None:
    assert len(CASES) >= 25
    assert [case.name for case in CASES if not case.with_suffix(".json").exists()] == []


def test_nothing_at_all_is_a_configuration() -> None:
    config = read("")
    assert (config.title, config.url, config.sources, config.custom) == ("feedsvc", "http://127.0.0.1:8001", (), ())
    assert config.archive == "/srv/feedsvc/archive"
    assert config.fetch.user_agent == "feedsvc/1.0 (+http://127.0.0.1:8001)"


WHOLE = """
[service]
title = "每日归档"
url = "https://news.example.org/"
archive = "/var/lib/archive"
timezone = "Asia/Shanghai"
workers = 2

[feeds]
formats = ["atom"]
entries = 20
content = "summary"

[fetch]
total_seconds = "2m"
max_bytes = "1MiB"
allow_networks = ["192.168.1.0/24"]

[[source]]
name = "posts"
kind = "directory"
path = "../content"
categories = ["编程/planet", "notes"]
prefix = "archive"

[source.rules]
category_map = { "a/b" = "c" }

[[source]]
name = "planet"
kind = "feed"
url = "https://planet.example.org/atom.xml"
every = "1h30m"
token = "env:TOKEN"
proxy = "env:PROXY"
password = "file:password"
headers = { X-Key = "env:TOKEN", Accept = "*/*" }
max_bytes = 100
timezone = "UTC"

[[source]]
name = "off"
kind = "feed"
url = "https://off.example.org/"
enabled = false

[[feed]]
slug = "chips"
search = "芯片 AND 人工智能"
entries = 5

[[feed]]
slug = "ours"
source = "posts"
title = "Ours"
"""


def test_every_key_reaches_its_place() -> None:
    config = read(WHOLE)
    assert (config.url, config.archive, config.timezone) == (
        "https://news.example.org",
        "/var/lib/archive",
        "Asia/Shanghai",
    )
    posts, planet = config.sources
    assert (posts.location, posts.every, posts.timezone) == ("/srv/content", 600.0, "Asia/Shanghai")
    assert (posts.categories, posts.prefix) == ((("编程", "planet"), ("notes",)), ("archive",))
    assert posts.rules.category_map == {"a/b": "c"}
    assert (posts.fetch.total_seconds, posts.fetch.max_bytes) == (120.0, 1 << 20)
    assert (planet.every, planet.timezone, planet.fetch.max_bytes) == (5400.0, "UTC", 100)


def test_secrets_are_put_in_place_and_never_shown() -> None:
    fetch = read(WHOLE).sources[1].fetch
    assert (fetch.token, fetch.password, fetch.proxy) == ("s3cret", "hunter2", "http://proxy.example:3128")
    assert fetch.headers == {"X-Key": "s3cret", "Accept": "*/*"}
    assert "hunter2" not in repr(fetch)


def test_a_feed_of_ones_own_has_what_it_says_and_else_what_all_have() -> None:
    chips, ours = read(WHOLE).custom
    assert (chips.path, chips.title, chips.entries, chips.formats) == ("custom/chips", "chips", 5, ("atom",))
    assert (ours.title, ours.entries, ours.content, ours.selection.source) == ("Ours", 20, "summary", "posts")


def test_a_feed_may_show_a_source_that_is_polled_no_more() -> None:
    custom = read(WHOLE.replace('source = "posts"', 'source = "off"')).custom
    assert [each.selection.source for each in custom if each.path == "custom/ours"] == ["off"]


def test_a_directory_on_a_crontab_has_no_interval() -> None:
    text = '[[source]]\nname = "a"\nkind = "directory"\npath = "x"\ncron = "*/5 * * * *"\n'
    (source,) = read(text).sources
    assert (source.every, source.cron) == (None, "*/5 * * * *")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ('"30s"', 30),
        ('"10m"', 600),
        ('"1h30m"', 5400),
        ('"1.5h"', 5400),
        ('"2d"', 172800),
        ('"1w"', 604800),
        ("90", 90),
    ],
)
def test_a_duration_is_read(said: str, seconds: float) -> None:
    (source,) = read(f'[[source]]\nname = "a"\nkind = "directory"\npath = "x"\nevery = {said}\n').sources
    assert source.every == seconds


# ---------------------------------------------------------------- whatever stands in the file

scalars = st.one_of(
    st.text(alphabet=string.ascii_letters + "/:.*- \x00é港😀[]@%", max_size=12),
    st.sampled_from(
        ["directory", "feed", "UTC", "https://e.example", "http://[", "env:TOKEN", "env:NO", "file:", "10m"]
    ),
    st.integers(-(10**400), 10**400),
    st.integers(-9, 9),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(string.ascii_lowercase, max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def tables(keys: Any) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from([*keys, "colour"]), values, max_size=5)


sources = st.lists(st.one_of(values, tables(SOURCE), st.fixed_dictionaries({"rules": tables(RULES)})), max_size=3)
documents = st.fixed_dictionaries(
    {},
    optional={
        **{name: tables(TABLES[name]) | values for name in ("service", "serve", "feeds", "fetch")},
        "source": sources | values,
        "feed": st.lists(tables(FEED), max_size=3) | values,
        "nothing": values,
    },
)


@given(documents)
def test_whatever_the_values_it_is_a_configuration_or_problems(document: dict[str, Any]) -> None:
    try:
        text = tomlkit.dumps(document)
    except ValueError:  # what TOML cannot say, nobody can write
        return
    for problem in problems_of(text):
        assert problem == problem.strip()
        assert ": " in problem


@given(st.text(alphabet="[]=\"'\n#.{},\\ab1-:éu", max_size=60))
def test_whatever_the_text_it_is_a_configuration_or_problems(text: str) -> None:
    problems_of(text)


@pytest.mark.parametrize("text", ["a = " + "1" * 5000, "a = " + "[" * 5000, "[a" * 3000, "\x00", "a = 1e999", "\ufeff"])
def test_hostile_toml_is_a_problem_and_no_crash(text: str) -> None:
    assert len(problems_of(text)) == 1


@pytest.mark.parametrize("key", sorted(KEYS))
@pytest.mark.parametrize(
    "value", ["{}", "[[1]]", "1979-05-27", "nan", '"\\u0000"'], ids=["table", "list", "date", "nan", "nul"]
)
def test_a_value_of_the_wrong_kind_names_its_key(key: str, value: str) -> None:
    table, _, name = key.rpartition(".")
    inner = f"[[source]]\n[{table}]" if table.startswith("source.") else f"[{table}]"
    header = f"[[{table}]]" if table in ("source", "feed") else inner
    found = problems_of(f"{header}\n{name} = {value}\n")
    label = (
        f"{table.partition('.')[0]}["
        if table.startswith(("source", "feed")) and table != "feeds"
        else f"{table}.{name}"
    )
    fits = value == "{}" and (name in ("category_map", "headers", "cookies") or f"{table}.{name}" in TABLES)
    assert fits or any(problem.startswith(label) and f".{name}: " in problem for problem in found), found
