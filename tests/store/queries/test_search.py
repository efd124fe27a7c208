"""Searches in scripts without spaces, whatever case and accents, and texts that may have been meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from din_core.store import BehaviorStore, create_store, ingest, open_store
from din_core.store.queries import corrections
from din_core.store.queries.corrections import nearest, within
from din_core.store.queries.folding import folded, needles, plain

TITLES = {
    "i1": "白色咖啡杯",
    "i2": "咖啡机 220V",
    "i3": "한국어 머그컵",
    "i4": "マグカップ",
    "i5": "Café au lait",
    "i6": "İstanbul Tee",
    "i7": "ISPARTA rose",
    "i8": "Weiße Straße",
    "i9": "Mushrooms, brown",
    "i10": "แก้วกาแฟ",
    "i11": "Broccoli",
    "i12": "Brown bread",
    "i13": "Łódź ｆｕｌｌ",
}


def write(folder: Path, titles: dict[str, str]) -> Path:
    folder.mkdir(parents=True)
    items = pd.DataFrame({"item_id": list(titles), "title": list(titles.values())})
    items.to_csv(folder / "items.csv", index=False)
    pd.DataFrame({"user_id": ["u1"], "city": ["München"]}).to_csv(folder / "users.csv", index=False)
    line = pd.DataFrame({"user_id": ["u1"], "item_id": list(titles)[:1], "timestamp": [5]})
    line.to_csv(folder / "behaviors.csv", index=False)
    line.assign(timestamp=9, label=1, split="train").to_csv(folder / "impressions.csv", index=False)
    return folder


@pytest.fixture(scope="module", params=["trigram", "like"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BehaviorStore]:
    folder = tmp_path_factory.mktemp("search")
    url = f"sqlite:///{folder / 'store.db'}"
    ingest(write(folder / "tables", TITLES), url)
    opened = open_store(url)
    if request.param == "like":
        without_trigrams(opened)
        opened = open_store(url)
    yield opened
    opened.close()


def without_trigrams(store: BehaviorStore) -> None:
    with store.writing() as connection:
        for table in ("items_search", "users_search"):
            connection.execute(text(f"DROP TABLE {table}"))
    store.close()


def found(store: BehaviorStore, typed: str) -> list[str]:
    return [item.item_id for item in store.search_items(typed).matches]


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("咖", ["i1", "i2"]),
        ("啡", ["i1", "i2"]),
        ("咖啡", ["i2", "i1"]),
        ("杯", ["i1"]),
        ("色咖啡", ["i1"]),
        ("咖杯", []),
        ("咖啡 杯", ["i1"]),
        ("머그", ["i3"]),
        ("컵", ["i3"]),
        ("カップ", ["i4"]),
        ("プ", ["i4"]),
        ("ﾏｸﾞ", ["i4"]),
        ("กาแฟ", ["i10"]),
        ("ฟ", ["i10"]),
    ],
)
def test_one_or_two_characters_find_theirs_where_words_have_no_spaces(
    store: BehaviorStore, typed: str, ids: list[str]
) -> None:
    assert sorted(found(store, typed)) == sorted(ids)


@pytest.mark.parametrize(
    ("typed", "item"),
    [
        ("café", "i5"),
        (unicodedata.normalize("NFD", "CAFÉ"), "i5"),
        ("cafe", "i5"),
        ("istanbul", "i6"),
        ("İSTANBUL", "i6"),
        ("ıstanbul", "i6"),
        ("ISTANBUL", "i6"),
        ("ısparta", "i7"),
        ("weisse strasse", "i8"),
        ("STRAẞE", "i8"),
        ("lodz full", "i13"),
        ("ŁÓDŹ", "i13"),
    ],
)
def test_case_and_accents_do_not_matter(store: BehaviorStore, typed: str, item: str) -> None:
    assert found(store, typed) == [item]


def test_a_title_that_begins_with_the_text_comes_first_in_every_script(store: BehaviorStore) -> None:
    assert found(store, "咖啡") == ["i2", "i1"]
    assert store.search_items("咖", limit=1).matches[0].item_id == "i2"


def test_profile_values_are_found_without_their_accents(store: BehaviorStore) -> None:
    assert [user.user_id for user in store.search_users("munchen").matches] == ["u1"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mushrom", "mushrooms"),
        ("muhsroom", "mushrooms"),
        ("MUSHROMS", "mushrooms"),
        ("brocolli", "broccoli"),
        ("brown mushrom", "brown mushrooms"),
        ("bred", "bread"),
        ("mushrooms bread", None),  # both are words of the store; nothing holds both
        ("zzzzzz", None),
        ("咖茶", None),
        ("", None),
        ("· ·", None),
        (" ".join(["mushrom"] * 7), None),
    ],
)
def test_a_near_word_is_meant_where_nothing_is_found(store: BehaviorStore, typed: str, meant: str | None) -> None:
    assert store.corrected_item_text(typed) == meant
    if meant is not None:
        assert not found(store, typed) and found(store, meant)


def test_near_words_of_profiles_are_meant_among_users(store: BehaviorStore) -> None:
    assert store.corrected_user_text("Munchn") == "munchen"
    assert store.corrected_item_text("munchn") is None


def test_the_most_frequent_of_the_nearest_words_is_meant() -> None:
    known = ("bread", "broad", "mushrooms", "mushroom")
    assert nearest(known, "brread") == "bread"
    assert nearest(known, "braod") == "broad"  # one edit, where bread is two away
    assert nearest(known, "mushrom") == "mushrooms"
    assert nearest(known, "brx") is None


words = st.text("abc", min_size=1, max_size=6)


@given(words, words, st.booleans())
def test_edits_are_counted_as_by_trying_all_of_them(typed: str, word: str, whole: bool) -> None:
    once = {typed} | edited(typed)
    twice = once | {one for other in once for one in edited(other)}

    def reached(near: set[str]) -> bool:
        return word in near if whole else any(word.startswith(one) for one in near)

    assert within(typed, word, 0, whole) == reached({typed})
    assert within(typed, word, 1, whole) == reached(once)
    assert within(typed, word, 2, whole) <= reached(twice)  # not what is edited at one place twice


def edited(word: str) -> set[str]:
    cuts = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    fewer = {a + b[1:] for a, b in cuts if b}
    others = {a + letter + b[k:] for a, b in cuts for letter in "abc" for k in (0, 1) if len(b) >= k}
    return fewer | others | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}


@given(st.text(max_size=30), st.data())
def test_every_part_of_a_text_without_spaces_is_sought_as_it_is_stored(typed: str, data: st.DataObject) -> None:
    han = "".join(data.draw(st.lists(st.sampled_from("白色咖啡杯")), label="han"))
    start = data.draw(st.integers(0, len(han)))
    part = han[start : start + data.draw(st.integers(0, 3))]
    stored = folded(f"{typed} {han}")
    assert all(needle in stored for needle in needles(part))
    assert all(needle in folded(typed) for needle in needles(typed))


def test_stores_of_earlier_releases_are_searched_as_before_and_anew_once_something_is_appended(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    ingest(write(tmp_path / "tables", TITLES), url)
    store = open_store(url)
    with store.writing() as connection:
        connection.execute(text("DELETE FROM store_info"))
        for item_id, title in TITLES.items():
            old = "".join(f"  {word}" for word in f"{title} {item_id}".casefold().split())
            connection.execute(
                text("UPDATE items SET search_text = :old WHERE item_id = :id"), {"old": old, "id": item_id}
            )
        connection.execute(text("INSERT INTO items_search(items_search) VALUES ('rebuild')"))
    store.close()
    older = open_store(url)
    assert (found(older, "café"), found(older, "cafe")) == (["i5"], [])
    assert (found(older, "白"), found(older, "啡杯"), found(older, "컵")) == (["i1"], ["i1"], ["i3"])
    assert older.corrected_item_text("mushrom") is None
    older.close()
    ingest(write(tmp_path / "more", {"j1": "Crème 啡"}), url, append=True, skip_rejects=True)
    newer = open_store(url)
    assert (found(newer, "cafe"), found(newer, "啡"), found(newer, "creme")) == (["i5"], ["i1", "i2", "j1"], ["j1"])
    assert newer.corrected_item_text("mushrom") == "mushrooms"
    newer.close()
    assert found(create_store(url), "cafe") == ["i5"]


def test_only_so_many_words_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "MOST_KEPT", 1)
    url = f"sqlite:///{tmp_path / 'store.db'}"
    ingest(write(tmp_path / "tables", TITLES), url)
    store = open_store(url)
    assert (store.corrected_item_text("brwn"), store.corrected_item_text("mushrom")) == ("brown", None)
    store.close()


def test_what_is_plain_stays_so() -> None:
    for title in TITLES.values():
        assert plain(plain(title)) == plain(title)
