"""What every database of shares does alike, for one process and for several."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from din_core.domain import LinkError, StoreError
from din_core.sharing.share_store import LONGEST, SharedView, ShareStore, default_url
from din_core.sharing.share_store import share_url as url_in_force

ROOT = Path(__file__).parents[2]
LINK = SharedView("link", "user=7&item=b2", "explain-inspect")
SNAPSHOT = SharedView(
    "snapshot", "user=7", "explain-inspect", "Stout 七", "A note", "Ada", {"din": "1a2b"}, '{"x": 0.1}', expires=2_000
)


def test_what_was_kept_is_read_back_with_its_time(shared: ShareStore) -> None:
    slug = shared.keep(SNAPSHOT)
    assert shared.get(slug) == replace(SNAPSHOT, slug=slug, created=1_000)


def test_slugs_have_128_bits_and_no_two_are_alike(shared: ShareStore) -> None:
    slugs = {shared.keep(LINK) for _ in range(20)}
    assert len(slugs) == 20 and {len(slug) for slug in slugs} == {22}


def test_nothing_is_made_before_the_first_share(shared: ShareStore) -> None:
    assert shared.listed() == []
    with pytest.raises(LinkError, match="there is nothing under this short link"):
        shared.get("unknown")
    assert shared.path is None or not shared.path.exists()


def test_openings_are_counted_and_looking_is_not(shared: ShareStore) -> None:
    slug = shared.keep(LINK)
    assert [shared.open(slug).opened for _ in range(3)] == [1, 2, 3]
    assert (shared.get(slug).opened, shared.get(slug).last_opened) == (3, 1_000)


def test_lists_are_newest_first_and_leave_the_payload_out(shared: ShareStore) -> None:
    old = shared.keep(SNAPSHOT)
    shared.clock = lambda: 1_001
    new = shared.keep(LINK)
    assert [share.slug for share in shared.listed()] == [new, old]
    assert [share.payload for share in shared.listed("snapshot")] == [None]


def test_texts_change_and_the_rest_stays(shared: ShareStore) -> None:
    slug = shared.keep(SNAPSHOT)
    shared.change(slug, title="Another", note="")
    assert shared.get(slug) == replace(SNAPSHOT, slug=slug, created=1_000, title="Another", note="")


def test_what_has_expired_does_not_open_until_the_date_is_moved(shared: ShareStore) -> None:
    slug = shared.keep(SNAPSHOT)
    shared.clock = lambda: 2_000
    with pytest.raises(LinkError, match="has expired"):
        shared.open(slug)
    shared.expire(slug, None)
    assert shared.open(slug).opened == 1


def test_what_is_revoked_is_erased_and_only_its_title_stays(shared: ShareStore) -> None:
    slug = shared.keep(SNAPSHOT)
    shared.revoke(slug)
    with pytest.raises(LinkError, match="was revoked"):
        shared.open(slug)
    (left,) = shared.listed()
    assert (left.title, left.query, left.fingerprints) == ("Stout 七", "", {})
    with shared.engine.connect() as connection:
        assert connection.execute(text("SELECT payload FROM shares")).scalar_one() is None


@pytest.mark.parametrize(
    "change", [lambda s: s.change("x", title="y"), lambda s: s.revoke("x"), lambda s: s.expire("x", 1)]
)
def test_nothing_changes_under_an_unknown_slug(shared: ShareStore, change) -> None:
    shared.keep(LINK)
    with pytest.raises(LinkError, match="there is nothing under"):
        change(shared)


def test_a_text_that_is_too_long_is_refused_with_both_numbers(shared: ShareStore) -> None:
    title = "t" * (LONGEST["title"] + 1)
    with pytest.raises(LinkError, match="the title has 201 characters, the limit is 200"):
        shared.keep(replace(LINK, title=title))
    slug = shared.keep(LINK)
    with pytest.raises(LinkError, match="the title has 201"):
        shared.change(slug, title=title)


def test_writers_at_once_lose_nothing_though_all_are_the_first(share_url: str) -> None:
    def write(_: int) -> list[str]:
        own = ShareStore(share_url)
        try:
            slugs = [own.keep(LINK) for _ in range(10)]
            for slug in slugs:
                own.open(slug)
            return slugs
        finally:
            own.close()

    with ThreadPoolExecutor(6) as pool:
        slugs = [slug for found in pool.map(write, range(6)) for slug in found]
    store = ShareStore(share_url)
    listed = store.listed()
    store.close()
    assert {share.slug for share in listed} == set(slugs) and len(slugs) == 60
    assert {share.opened for share in listed} == {1}


def test_openings_at_once_are_all_counted(shared: ShareStore) -> None:
    slug = shared.keep(LINK)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: shared.open(slug), range(48)))
    assert shared.get(slug).opened == 48


def test_killed_writers_lose_nothing_that_they_said(share_url: str) -> None:
    command = [sys.executable, "-m", "tests.sharing.killed_writer", "--url", share_url, "--kills", "20"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("20 kills, ") and done.stdout.endswith(" 0 lost\n")


def test_a_database_of_another_version_is_refused(shared: ShareStore) -> None:
    shared.keep(LINK)
    with shared.engine.begin() as connection:
        connection.execute(text("UPDATE share_version SET version = 2"))
    with pytest.raises(StoreError, match="is of version 2, this program reads version 1"):
        shared.listed()


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    path.write_text("no database " * 1_000)
    store = ShareStore(f"sqlite:///{path}")
    with pytest.raises(StoreError, match=r"cannot be read \(file is not a database"):
        store.listed()
    with pytest.raises(StoreError, match="nothing can be shared at"):
        store.keep(LINK)


def test_a_deleted_file_is_made_anew_by_the_next_share(tmp_path: Path) -> None:
    store = ShareStore(f"sqlite:///{tmp_path / 'a' / 'shared.db'}")
    store.keep(LINK)
    for file in (tmp_path / "a").iterdir():
        file.unlink()
    assert store.listed() == []
    assert store.get(store.keep(LINK)).query == LINK.query


def test_the_users_data_folder_holds_the_file_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.delenv("DIN_SHARE", raising=False)
    assert url_in_force() == default_url() == "sqlite:////data/din-lens/shared.db"
    monkeypatch.setenv("DIN_SHARE", "postgresql://h/d")
    assert url_in_force() == "postgresql://h/d"
