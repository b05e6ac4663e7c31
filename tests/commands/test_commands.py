"""The commands as people and scripts use them: what they print, how they exit, and never a traceback."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from feedsvc.app import Service, find_config, read_config
from feedsvc.commands import COMMANDS
from tests.commands.conftest import BROKEN, CONFIG, Shell
from tests.services import hourly

# ---------------------------------------------------------------- init and check


def test_init_makes_what_ingest_needs(empty: Shell) -> None:
    made = empty.run("init").stdout
    assert "config.toml" in made
    assert "next: feedsvc ingest" in made
    empty.run("check")
    (run,) = empty.json("ingest")["runs"]
    assert (run["added"], run["failed"]) == (1, 0)
    assert (empty.folder / "archive" / "feeds" / "category" / "notes.atom").is_file()


def test_init_makes_another_folder(empty: Shell) -> None:
    assert "cd new && " in empty.run("init", "new").stdout
    empty.run("--config", "new/config.toml", "ingest")
    assert (empty.folder / "new" / "archive" / "archive.db").is_file()


def test_init_touches_nothing_that_is_there(empty: Shell) -> None:
    empty.config("# mine\n")
    assert "there already" in empty.run("init", code=2).stderr
    assert (empty.folder / "config.toml").read_text() == "# mine\n"


def test_init_below_a_file_is_a_mistake(empty: Shell) -> None:
    (empty.folder / "file").write_text("in the way")
    assert "cannot be written" in empty.run("init", "file/new", code=2).stderr


def test_check_says_that_all_is_well(shell: Shell) -> None:
    assert "1 source, 0 custom feeds" in shell.run("check").stdout
    assert shell.json("check") == {"ok": True, "problems": []}


def test_check_names_every_problem_at_once(shell: Shell) -> None:
    shell.config(CONFIG + '[serve]\nport = "x"\n[feeds]\nentries = 0\nformats = ["html"]\n')
    result = shell.run("check", code=2)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 3
    assert all("config.toml: " in line for line in lines)
    found = shell.json("check", code=2)
    assert (found["ok"], found["problems"]) == (False, lines)


def test_check_looks_for_the_directories(shell: Shell) -> None:
    shell.config(CONFIG.replace('"content"', '"contents"'))
    assert "source[posts].path" in shell.run("check", code=2).stderr


# ---------------------------------------------------------------- ingest, emit, status


def test_ingest_reports_what_became_of_each_source(shell: Shell) -> None:
    head, row, feeds = shell.run("ingest").stdout.splitlines()
    assert dict(zip(head.split(), row.split(), strict=True)) == {
        **dict.fromkeys(["revised", "moved", "unchanged", "skipped", "failed", "gone"], "0"),
        **dict.fromkeys(["seen", "read", "added"], "1"),
        "source": "posts",
    }
    assert feeds.startswith("feeds: 3 of 3 rendered, 9 documents written")


def test_a_second_ingest_changes_no_feed(shell: Shell) -> None:
    shell.run("ingest")
    found = shell.json("ingest")
    assert (found["runs"][0]["outcome"], found["emission"]) == ("unchanged", None)
    assert "feeds: nothing changed" in shell.run("ingest").stdout


def test_ingest_with_failures_says_them_and_exits_1(shell: Shell) -> None:
    shell.post("broken.md", body=BROKEN)
    result = shell.run("ingest", code=1)
    assert "failed   broken.md: front-matter" in result.stdout
    (run,) = shell.json("ingest", code=0)["runs"]  # it rests until it changes
    assert run["failed"] == 0


def test_a_failure_as_json_has_no_bytes(shell: Shell) -> None:
    shell.post("broken.md", body=BROKEN)
    (failure,) = shell.json("ingest", code=1)["runs"][0]["failures"]
    assert failure["locator"] == "broken.md"
    assert "body" not in failure


def test_a_missing_directory_exits_1_and_says_so(shell: Shell) -> None:
    shell.run("ingest")
    (shell.folder / "content").rename(shell.folder / "elsewhere")
    assert "there is no directory" in shell.run("ingest", code=1).stdout
    status = shell.json("status", code=1)
    assert (status["healthy"], status["sources"][0]["failures"]) == (False, 1)
    assert "failed 1x" in shell.run("status", code=1).stdout
    (shell.folder / "elsewhere").rename(shell.folder / "content")
    shell.run("ingest")
    shell.run("status")


def test_no_emit_leaves_the_feeds_for_later(shell: Shell) -> None:
    shell.run("ingest", "--no-emit")
    assert not (shell.folder / "archive" / "feeds").exists()
    assert "wait to be emitted" in shell.run("status").stdout
    assert "3 of 3 rendered" in shell.run("emit").stdout
    assert "0 of 3 rendered" in shell.run("emit").stdout
    assert shell.json("emit", "--all")["unchanged"] == 9


def test_emit_renders_what_is_named(shell: Shell) -> None:
    shell.run("ingest", "--no-emit")
    assert shell.json("emit", "category/金融")["feeds"] == 1
    assert (shell.folder / "archive" / "feeds" / "category" / "金融.atom").is_file()


def test_status_counts_the_archive(shell: Shell) -> None:
    shell.run("ingest")
    found = shell.json("status")
    assert found["archive"] == {"articles": 1, "categories": 1, "authors": 0, "revisions": 1}
    (source,) = found["sources"]
    assert (source["source"], source["healthy"], source["quarantined"]) == ("posts", True, 0)
    assert "UTC" in shell.run("status").stdout


# ---------------------------------------------------------------- failures and search


def test_failures_are_listed_shown_and_retried(shell: Shell) -> None:
    assert "nothing is in quarantine" in (shell.run("ingest"), shell.run("failures"))[1].stdout
    shell.post("broken.md", body=BROKEN)
    shell.run("ingest", code=1)
    (row,) = shell.json("failures")
    assert (row["locator"], row["stage"], row["tries"]) == ("broken.md", "parse", 1)
    assert "broken.md" in shell.run("failures").stdout
    shown = shell.run("failures", "show", str(row["id"])).stdout
    assert "front-matter" in shown
    assert shell.run("failures", "show", str(row["id"]), "--bytes").stdout == BROKEN
    assert "1 read again, 0 understood now" in shell.run("failures", "retry", code=1).stdout
    assert shell.json("failures")[0]["tries"] == 2


@pytest.mark.parametrize("name", ["broken.md", "C# tips.md", "港口#1#2.md"])
def test_what_was_mended_is_understood_at_the_retry(name: str, shell: Shell) -> None:
    shell.post(name, body=BROKEN)
    shell.run("ingest", code=1)
    (row,) = shell.json("failures")
    shell.post(name)
    assert "1 read again, 1 understood now" in shell.run("failures", "retry", str(row["id"])).stdout
    assert shell.json("failures") == []


@pytest.mark.parametrize("name", ["broken.md", "C# tips.md"])
def test_a_retry_reads_what_did_not_change(name: str, shell: Shell) -> None:
    shell.post(name, body=BROKEN)
    shell.run("ingest", code=1)
    shell.run("failures", "retry", code=1)
    assert [row["tries"] for row in shell.json("failures")] == [2]


@pytest.mark.parametrize("arguments", [("show", "99"), ("show", "9" * 30), ("retry", "99"), ("retry", "9" * 30)])
def test_a_failure_that_there_is_not_is_a_mistake(arguments: tuple[str, str], shell: Shell) -> None:
    shell.run("ingest")
    assert "9" in shell.run("failures", *arguments, code=2).stderr


@pytest.mark.parametrize("words", [["芯片"], ["潮汐"], ["人工", "潮"], ['"人工智能"'], ["港"]])
def test_search_finds_chinese_without_spaces(words: list[str], shell: Shell) -> None:
    shell.post("b.md", title="Ferries", text="They run again.")
    shell.run("ingest")
    assert [each["title"] for each in shell.json("search", *words)] == ["芯片与港口"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["NOT", "芯片"], ["Ferries"]),
        (["NOT", "ferries"], ["芯片与港口"]),
        (["NOT", "(ferries OR 芯片)"], []),
        (["NOT", "芯片", "NOT", "斑马"], ["Ferries"]),
        (["NOT", '"run again"'], ["芯片与港口"]),
        (["ferries", "OR", "NOT", "斑马"], ["Ferries", "芯片与港口"]),
    ],
)
def test_search_for_what_is_excluded_shows_everything_else(words: list[str], found: list[str], shell: Shell) -> None:
    shell.post("b.md", title="Ferries", text="They run again.")
    shell.run("ingest")
    assert sorted(each["title"] for each in shell.json("search", *words)) == found


def test_search_shows_day_title_and_address(shell: Shell) -> None:
    shell.run("ingest")
    first, second = shell.run("search", "芯片").stdout.splitlines()
    assert first == "2024-03-01  芯片与港口"
    assert second.strip().startswith("http://127.0.0.1:8001/articles/")


def test_json_has_instants_as_the_archive_has_them(shell: Shell) -> None:
    shell.run("ingest")
    (article,) = shell.json("search", "芯片")
    (source,) = shell.json("sources")
    for instant in (article["published"], source["due"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", instant)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--category", "金融"), 1),
        (("--category", "金"), 0),
        (("--source", "posts"), 1),
        (("--source", "planet"), 0),
        (("--language", "zh"), 1),
    ],
)
def test_search_keeps_to_a_part_of_the_archive(options: tuple[str, str], found: int, shell: Shell) -> None:
    shell.run("ingest")
    assert len(shell.json("search", "芯片", *options)) == found


@pytest.mark.parametrize("words", ["斑马", '"', "AND", "-", "NEAR(", "*", "col:x", "'; drop table articles"])
def test_search_for_nothing_that_is_there_is_no_mistake(words: str, shell: Shell) -> None:
    shell.run("ingest")
    result = shell.run("search", "--", words)
    assert (result.stdout, "nothing found" in result.stderr) == ("", True)


# ---------------------------------------------------------------- mistakes, each in one line with its remedy

ACTING = [("ingest",), ("emit",), ("status",), ("failures",), ("failures", "retry"), ("search", "x"), ("check",)]


@pytest.mark.parametrize("arguments", ACTING, ids=" ".join)
def test_without_a_configuration_init_is_named(arguments: tuple[str, ...], empty: Shell) -> None:
    assert "feedsvc init" in empty.run(*arguments, code=2).stderr
    assert "feedsvc init" in empty.run("--config", "nowhere.toml", *arguments, code=2).stderr


@pytest.mark.parametrize("arguments", ACTING, ids=" ".join)
def test_broken_toml_is_named_with_its_line(arguments: tuple[str, ...], shell: Shell) -> None:
    shell.config("[service]\ntitle = unquoted\n")
    result = shell.run(*arguments, code=2)
    assert "not TOML" in result.stderr
    assert "line 2" in result.stderr


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"title = \x00"])
def test_a_configuration_that_is_no_text_is_named(body: bytes, shell: Shell) -> None:
    (shell.folder / "config.toml").write_bytes(body)
    assert "config.toml" in shell.run("ingest", code=2).stderr


@pytest.mark.parametrize("arguments", [arguments for arguments in ACTING if arguments != ("check",)], ids=" ".join)
def test_an_archive_that_is_a_file_is_named(arguments: tuple[str, ...], shell: Shell) -> None:
    (shell.folder / "archive").write_text("in the way")
    assert "archive" in shell.run(*arguments, code=3).stderr


@pytest.mark.parametrize("arguments", [("status",), ("failures",), ("search", "x")], ids=" ".join)
def test_before_the_first_ingest_it_is_named(arguments: tuple[str, ...], shell: Shell) -> None:
    assert "`feedsvc ingest`" in shell.run(*arguments, code=3).stderr


def test_a_source_that_there_is_not_is_named_beside_those_there_are(shell: Shell) -> None:
    said = shell.run("ingest", "post", code=2).stderr
    assert "'post'" in said
    assert "posts" in said


def test_an_archive_in_use_is_named_with_its_holder(shell: Shell) -> None:
    holder = Service(read_config(find_config(None)), "run", planner=hourly)
    try:
        assert "in use by `feedsvc run`" in shell.run("ingest", code=3).stderr
        shell.run("status")
    finally:
        holder.close_now()
    shell.run("ingest")


def test_a_damaged_archive_is_named_with_its_remedy(shell: Shell) -> None:
    shell.run("ingest")
    (shell.folder / "archive" / "archive.db").write_bytes(b"no database " * 1000)
    for arguments in (("ingest",), ("status",), ("search", "x")):
        assert "feedsvc doctor" in shell.run(*arguments, code=3).stderr


def test_the_environment_may_name_the_configuration(
    shell: Shell, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDSVC_CONFIG", str(shell.folder / "config.toml"))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    shell.run("ingest")
    assert (shell.folder / "archive" / "archive.db").is_file()


def test_every_command_has_help_and_the_table_says_what_it_does(empty: Shell) -> None:
    said = empty.run("--help").stdout
    for name in COMMANDS:
        assert name in said
        assert "Usage" in empty.run(name, "--help").stdout


def test_an_unknown_command_is_a_mistake(empty: Shell) -> None:
    assert "No such command" in empty.run("ingets", code=2).stderr


def test_results_go_to_stdout_and_nothing_else_does(shell: Shell) -> None:
    shell.post("broken.md", body=BROKEN)
    done = subprocess.run(
        [sys.executable, "-m", "feedsvc", "-vv", "--log-format", "json", "ingest", "--json"],
        cwd=shell.folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["runs"][0]["added"] == 1
    for line in done.stderr.splitlines():
        assert json.loads(line)["level"]


def test_a_secret_from_a_file_beside_the_configuration(shell: Shell) -> None:
    (shell.folder / "token").write_text("s3cret\n")
    feed = '[[source]]\nname = "planet"\nkind = "feed"\nurl = "https://planet.example.org/"\ntoken = "file:token"\n'
    shell.config(CONFIG + feed)
    assert read_config(find_config(None)).sources[1].fetch.token == "s3cret"  # noqa: S105 - of the test
    shell.config(CONFIG + feed.replace("file:token", "file:tokens"))
    assert "source[planet].token: the file 'tokens'" in shell.run("check", code=2).stderr
