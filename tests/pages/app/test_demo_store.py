"""The demo's store is built once, by one process, and never half."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import threading
from pathlib import Path

import pytest

from din_core.domain import StoreError
from din_core.pages.app import demo_store as demo
from din_core.pages.app.demo_store import cache_folder, demo_store
from din_core.store import engine, open_store
from tests.small_world import write_tables

Steps = list[tuple[str, int, int | None]]


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return write_tables(tmp_path / "tables")


def quiet(step: str, done: int, total: int | None) -> None:
    pass


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def stores_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_the_first_start_builds_and_tells_how_far_it_is(tables: Path, tmp_path: Path) -> None:
    steps: Steps = []
    url = demo_store(tables, lambda *step: steps.append(step), tmp_path)
    store = open_store(url)
    assert store.summary().n_users == 4
    store.close()
    assert any("behaviors" in step for step, _, _ in steps)
    assert all(total is None or done <= total for _, done, total in steps)


def test_the_next_start_takes_what_is_there(tables: Path, tmp_path: Path) -> None:
    url = demo_store(tables, quiet, tmp_path)
    made = file_of(url).stat().st_mtime_ns
    steps: Steps = []
    assert demo_store(tables, lambda *step: steps.append(step), tmp_path) == url
    assert (file_of(url).stat().st_mtime_ns, steps) == (made, [])


def test_other_tables_make_another_store(tables: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    first = demo_store(tables, quiet, cache)
    (tables / "provenance.txt").write_text("Other data.", "utf-8")
    second = demo_store(tables, quiet, cache)
    assert first != second
    assert open_store(second).summary().provenance == "Other data."


def test_a_finished_store_leaves_nothing_else_behind(tables: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    url = demo_store(tables, quiet, cache)
    assert stores_in(cache) == [file_of(url).name]


def test_what_is_no_store_of_this_program_is_built_again(tables: Path, tmp_path: Path) -> None:
    url = demo_store(tables, quiet, tmp_path)
    for name in (file_of(url), *tmp_path.glob("*-wal")):
        name.write_bytes(b"not a database")
    assert demo_store(tables, quiet, tmp_path) == url
    assert open_store(url).summary().n_users == 4


def test_a_store_that_cannot_be_opened_now_is_left_as_it_is(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LOCK_WAIT_SECONDS", 0.1)
    path = file_of(demo_store(tables, quiet, tmp_path))
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked"):
            demo_store(tables, quiet, tmp_path)
        other.execute("ROLLBACK")
    other.close()
    assert open_store(f"sqlite:///{path}").summary().n_users == 4


def build_slowly(tables: Path, cache: Path, started: Path) -> None:
    """Start a build that waits in its middle, to be killed there."""

    def wait(step: str, done: int, total: int | None) -> None:
        started.touch()
        threading.Event().wait()

    demo_store(tables, wait, cache)


def test_a_killed_build_leaves_nothing_that_the_next_start_would_take(tables: Path, tmp_path: Path) -> None:
    cache, started = tmp_path / "cache", tmp_path / "started"
    cache.mkdir()
    arguments = (tables, cache, started)
    child = multiprocessing.get_context("spawn").Process(target=build_slowly, args=arguments, daemon=True)
    child.start()
    while not started.exists() and child.is_alive():
        child.join(0.01)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert not list(cache.glob("demo-*.db"))
    url = demo_store(tables, quiet, cache)
    assert stores_in(cache) == [file_of(url).name]


def test_starts_at_the_same_time_share_one_build(tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builds = []
    build = demo.build
    monkeypatch.setattr(demo, "build", lambda *args: (builds.append(args), build(*args)))
    urls: list[str] = []
    starts = [threading.Thread(target=lambda: urls.append(demo_store(tables, quiet, tmp_path))) for _ in range(4)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert (len(urls), len(set(urls)), len(builds)) == (4, 1, 1)


def test_without_hard_links_and_locks_the_store_is_built_all_the_same(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError("not here")

    monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(demo, "fcntl", None)
    url = demo_store(tables, quiet, tmp_path)
    assert open_store(url).summary().n_items == 7


def test_without_tables_there_is_no_demo(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds 0 tables"):
        demo_store(tmp_path / "nothing", quiet, tmp_path)


def test_the_cache_lies_where_the_user_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine" / "din-lens"


def test_a_cache_that_cannot_be_written_gives_way_to_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache_folder().parent == tmp_path
