"""Workers that die for no fault of a document: others do their work, nothing is blamed, and nothing waits for ever."""

from __future__ import annotations

import logging
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from feedsvc.app import Service
from feedsvc.errors import ExecutorError, WorkersError
from feedsvc.executors import WORKER_BYTES, LimitedExecutor
from feedsvc.model import Source
from tests.services import Home, a_post, hourly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MiB = 1 << 20


def pid(_: object) -> int:
    return os.getpid()


def broken_here() -> NoReturn:
    raise TypeError("only a worker has it")


class Strange:
    """What a worker can send and nobody can read."""

    def __reduce__(self) -> tuple[Callable[[], NoReturn], tuple[()]]:
        return broken_here, ()


def work(item: str, log: Path | None = None) -> object:
    """Do what the item says; it runs in a worker."""
    if log is not None:
        with log.open("a") as file:
            file.write(f"{item}\n")
    match item:
        case "strange":
            return Strange()
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "slow":
            time.sleep(0.2)
    return item.upper()


def failed(item: str, error: ExecutorError) -> str:
    return f"{item}: {error.kind}"


@pytest.fixture
def executor() -> Iterator[LimitedExecutor]:
    with LimitedExecutor(1, item_seconds=5.0) as executor:
        yield executor


def kill(process: int, number: signal.Signals) -> None:
    """End a process that is no child of this one, and wait until it is gone."""
    os.kill(process, number)
    for _ in range(1000):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):  # gone before we looked, or while we read
            return
        if state == "Z":
            return
        time.sleep(0.01)
    raise AssertionError(f"{process} does not end")


def the_worker(executor: LimitedExecutor) -> int:
    (found,) = executor.map(pid, [0])
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_after_a_worker_that_died_idle_work_goes_on(executor: LimitedExecutor, number: signal.Signals) -> None:
    before = the_worker(executor)
    kill(before, number)
    assert list(executor.map(work, ["a", "b"], failed)) == ["A", "B"]
    assert the_worker(executor) != before


def test_it_goes_on_however_often_that_happens(executor: LimitedExecutor) -> None:
    for _ in range(4):
        kill(the_worker(executor), signal.SIGKILL)
        assert list(executor.map(work, ["a"], failed)) == ["A"]


def test_all_of_several_workers_may_die() -> None:
    with LimitedExecutor(2, item_seconds=5.0) as executor:
        found = set(executor.map(pid, range(40)))
        for each in found:
            kill(each, signal.SIGKILL)
        assert list(executor.map(work, ["a", "b", "c"], failed)) == ["A", "B", "C"]


def test_the_server_that_forks_them_may_die_too(executor: LimitedExecutor) -> None:
    worker = the_worker(executor)
    server = int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])
    assert server != os.getpid()
    kill(server, signal.SIGKILL)
    kill(worker, signal.SIGKILL)
    assert list(executor.map(work, ["a"], failed)) == ["A"]


def test_work_that_no_worker_had_begun_is_done_by_new_ones(executor: LimitedExecutor) -> None:
    worker = the_worker(executor)
    os.kill(worker, signal.SIGSTOP)  # so that it takes nothing
    results = executor.map(work, iter(["a", "b", "c", "d", "e"]), failed)
    killer = threading.Timer(0.3, os.kill, (worker, signal.SIGKILL))
    killer.start()
    assert list(results) == ["A", "B", "C", "D", "E"]
    killer.join()


def test_those_who_ask_at_the_same_time_all_get_their_results(executor: LimitedExecutor) -> None:
    worker = the_worker(executor)
    os.kill(worker, signal.SIGSTOP)
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(lambda n=n: list(executor.map(work, [f"{n}a", f"{n}b"], failed))) for n in range(8)]
        time.sleep(0.2)
        os.kill(worker, signal.SIGKILL)
        assert [each.result(300) for each in asked] == [[f"{n}A", f"{n}B"] for n in range(8)]


def test_that_it_happened_is_logged_once(executor: LimitedExecutor, caplog: pytest.LogCaptureFixture) -> None:
    kill(the_worker(executor), signal.SIGKILL)
    list(executor.map(work, ["a", "b", "c"], failed))
    said = [each for each in caplog.records if each.name.startswith("feedsvc")]  # others may log something of their own
    assert [each.levelno for each in said] == [logging.WARNING], caplog.text
    assert "new ones are started" in caplog.text


def test_an_item_that_takes_its_worker_down_is_blamed_at_once(executor: LimitedExecutor, tmp_path: Path) -> None:
    log = tmp_path / "log"
    results = executor.map(partial(work, log=log), ["a", "die", "b"], failed)
    assert list(results) == ["A", "die: crash", "B"]
    assert log.read_text().split().count("die") == 1


def test_an_item_that_takes_all_workers_down_is_blamed_after_a_few_times(
    executor: LimitedExecutor, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    results = executor.map(partial(work, log=log), ["a", "strange", "b", "slow", "c"], failed)
    assert list(results) == ["A", "strange: crash", "B", "SLOW", "C"]
    assert log.read_text().split().count("strange") == 3


def test_a_worker_that_nothing_is_heard_of_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedsvc.executors._SILENCE", 9.0)
    with LimitedExecutor(1, item_seconds=1.0) as executor:
        os.kill(the_worker(executor), signal.SIGSTOP)  # as one that waits for a lock which a dead one holds
        assert list(executor.map(work, ["a"], failed)) == ["A"]


def test_workers_that_are_ended_on_purpose_are_not_replaced(executor: LimitedExecutor) -> None:
    os.kill(the_worker(executor), signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(lambda: list(executor.map(work, ["a"], failed)))
        time.sleep(0.3)
        executor.close()
        with pytest.raises(WorkersError, match="were ended"):
            asked.result(300)
    assert executor._workers is None


# ---------------------------------------------------------------- limits of the machine

PROGRAM = """
import multiprocessing, resource, sys
from feedsvc import executors
from tests.sources.test_lost_workers import address_space, eat, failed
if __name__ == "__main__":
    limit, python = int(sys.argv[1]), sys.argv[2]
    if limit:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    if python:
        multiprocessing.set_executable(python)
        executors._WAITS = (0.0, 0.0)
    with executors.LimitedExecutor(1) as executor:
        for _ in range(2):
            print(*executor.map(address_space, [0]))
        print(*executor.map(eat, ["eat"], lambda item, error: f"{error.kind}: {error}"))
"""


def address_space(_: object) -> int:
    return resource.getrlimit(resource.RLIMIT_AS)[0]


def eat(_: object) -> int:
    return len(bytes(2 * WORKER_BYTES))


def under(tmp_path: Path, limit: int, python: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program that reads in workers, with `limit` bytes of address space, 0 = no limit, and `python` for its workers."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, str(program), str(limit), python]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, env=environment)


@pytest.mark.parametrize("limit", [900 * MiB, 700 * MiB])
def test_a_hard_limit_below_ours_is_lived_with_and_told_once(tmp_path: Path, limit: int) -> None:
    ran = under(tmp_path, limit)
    said = f"memory: stopped at {limit // MiB} MiB of memory"
    assert (ran.returncode, ran.stdout.splitlines()) == (0, [str(limit), str(limit), said]), ran.stderr
    assert ran.stderr.count(f"with {limit // MiB} MiB of memory at most, not 1024") == 1
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize("limit", [0, 4096 * MiB])
def test_without_one_the_limit_is_ours_and_nothing_is_told(tmp_path: Path, limit: int) -> None:
    ran = under(tmp_path, limit)
    ours = str(WORKER_BYTES)
    assert (ran.stdout.splitlines(), ran.stderr) == ([ours, ours, "memory: stopped at 1024 MiB of memory"], "")


def test_where_no_worker_can_be_started_that_is_said_and_no_item_is_blamed(tmp_path: Path) -> None:
    ran = under(tmp_path, 0, "/bin/false")
    assert ran.stdout == ""
    assert "feedsvc.errors.WorkersError: no worker process can be started to read documents" in ran.stderr


# ---------------------------------------------------------------- a service


class NoWorkers:
    """An executor without a process to work in. Implements `feedsvc.ports.Executor`."""

    def map(self, work: object, items: Iterable[object], failed: object = None) -> Iterator[Any]:
        del work, items, failed
        raise WorkersError("no worker process can be started")

    def close(self) -> None:
        """End nothing."""


class Limited(Home):
    """A service whose documents are read in workers, as a daemon has it."""

    def opened(self) -> Any:
        return Service(self.config, "test", planner=hourly, clock=self.clock, always_limited=True)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Limited]:
    location = str(tmp_path / "content")
    home = Limited(tmp_path, Source(name="posts", kind="directory", location=location, every=600.0, watch=True))
    yield home
    home.close()


def test_a_service_goes_on_after_its_worker_died_idle(home: Limited) -> None:
    home.write("a.md", a_post("One"))
    assert home.counts() == {"added": 1}
    assert home.service._limited is not None
    kill(the_worker(home.service._limited), signal.SIGKILL)
    home.write("b.md", a_post("Two", "Another day, another tide."))
    assert home.counts() == {"added": 1}
    assert home.titles() == ["One", "Two"]


def test_a_run_without_workers_is_a_failure_that_is_shown_and_tried_again_each_minute(home: Limited) -> None:
    home.write("a.md", a_post("One"))
    home.service._limited = NoWorkers()  # type: ignore[assignment]
    for _ in range(3):
        assert home.ingest().outcome == "workers"
    (health,) = home.service.health()
    assert (health.healthy, health.failures, health.error) == (False, 1, "no worker process can be started")
    assert home.view.operations.failures() == []
    home.clock.pass_by(seconds=30)
    assert home.service.due(home.clock.now()) == []
    home.clock.pass_by(seconds=31)
    assert home.service.due(home.clock.now()) == ["posts"]
    home.service._limited = None
    assert home.counts() == {"added": 1}
    (health,) = home.service.health()
    assert health.healthy
