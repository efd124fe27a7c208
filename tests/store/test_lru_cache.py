"""What may be asked for again: made once, and no more of it kept than there is room for."""

from collections.abc import Callable

from din_core.store.lru_cache import LruCache


def maker(made: list[str], text: str) -> Callable[[], str]:
    def make() -> str:
        made.append(text)
        return text

    return make


def test_a_text_is_made_once():
    made: list[str] = []
    shelf = LruCache(10, len)
    assert [shelf.get("a", maker(made, "milk")) for _ in range(3)] == ["milk"] * 3
    assert made == ["milk"]


def test_what_was_asked_for_longest_ago_makes_room():
    made: list[str] = []
    shelf = LruCache(8, len)
    for key in ("beer", "milk", "beer", "rice", "beer", "milk"):
        assert shelf.get(key, maker(made, key)) == key
    assert made == ["beer", "milk", "rice", "milk"]


def test_a_text_longer_than_the_room_is_given_all_the_same():
    made: list[str] = []
    shelf = LruCache(3, len)
    assert shelf.get("a", maker(made, "nails")) == "nails"
    assert shelf.get("b", maker(made, "milk")) == "milk"
    assert shelf.get("a", maker(made, "nails")) == "nails"
    assert made == ["nails", "milk", "nails"]
