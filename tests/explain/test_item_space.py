"""The item space against brute force: which items share an embedding, neighbours, principal plane, separation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from din_core.domain import Item
from din_core.explain import around, item_space, neighbours, one_category, plane, separation
from din_core.explain.item_space import ItemSpace
from din_core.scoring import Scorer, load_scorers
from tests.small_world import small_store
from tests.tiny_checkpoints import write_checkpoints


def space_of(vectors: np.ndarray, known: np.ndarray | None = None) -> ItemSpace:
    """Every item with an embedding of its own."""
    n = len(vectors)
    everything = np.arange(n)
    known = np.ones(n, bool) if known is None else known
    return ItemSpace(vectors.astype(np.float32), everything, np.ones(n, np.int64), everything, known)


def cosines(vectors: np.ndarray) -> np.ndarray:
    x = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    found: np.ndarray = x @ x.T
    return found


@pytest.fixture
def cloud() -> np.ndarray:
    found: np.ndarray = np.random.default_rng(3).normal(size=(60, 7))
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scorer, list[Item]]]:
    """A small network and its items, with three that it never saw: two alike, one of another category."""
    folder = tmp_path_factory.mktemp("space")
    with small_store(folder) as store:
        scorer = load_scorers(write_checkpoints(folder / "checkpoints", store.bulk()))["din"]
        fields = {"product_type": "Milk", "category": "Dairy", "manufacturer": "Manufacturer 69"}
        new = [
            Item("new1", None, fields),
            Item("new2", None, fields),
            Item("new3", None, fields | {"category": "Beers"}),
        ]
        yield scorer, [*store.all_items(), *new]


def test_an_embedding_is_the_items_fields_end_to_end(world: tuple[Scorer, list[Item]]) -> None:
    scorer, items = world
    space = item_space(scorer, items)
    network, vocabulary = scorer.checkpoint.model, scorer.checkpoint.vocabulary.item
    for position, item in enumerate(items):
        parts = [
            table.weight[v.row(item.item_id if name == "item_id" else item.fields[name])]
            for table, (name, v) in zip(network.item.tables, vocabulary.items(), strict=True)
        ]
        wanted = np.concatenate([part.detach().numpy() for part in parts])
        np.testing.assert_array_equal(space.vectors[space.place[position]], wanted)


def test_items_with_equal_rows_share_one_embedding(world: tuple[Scorer, list[Item]]) -> None:
    scorer, items = world
    space = item_space(scorer, items)
    new1, new2, new3 = space.place[-3:]
    assert new1 == new2 != new3
    assert len(space.count) == len(items) - 1
    assert (space.count[new1], space.count[new3]) == (2, 1)
    assert [items[i].item_id for i in space.holders(int(new1))] == ["new1", "new2"]
    assert items[space.first[new1]].item_id == "new1"
    assert space.known.tolist() == [u not in (new1, new3) for u in range(len(space.count))]


def test_the_items_own_part_puts_all_unknown_items_into_one_point(world: tuple[Scorer, list[Item]]) -> None:
    scorer, items = world
    own = item_space(scorer, items, "item_id")
    assert own.vectors.shape[1] == scorer.config.item_fields[0].width
    assert len(set(own.place[-3:].tolist())) == 1
    assert own.count[own.place[-1]] == 3 and not own.known[own.place[-1]]
    categories = [item.fields["category"] for item in items]
    assert one_category(own, categories)[own.place[-1]] is None  # Dairy and Beers
    assert one_category(own, categories)[own.place[0]] == "Dairy"


def test_a_field_that_is_not_the_item_knows_all(world: tuple[Scorer, list[Item]]) -> None:
    scorer, items = world
    assert item_space(scorer, items, "category").known.all()


def test_neighbours_are_those_of_largest_cosine(cloud: np.ndarray) -> None:
    space, wanted = space_of(cloud), cosines(cloud)
    for embedding in (0, 17, 59):
        found, cosine = neighbours(space, embedding, 9)
        order = [u for u in np.argsort(-wanted[embedding]) if u != embedding]
        assert found.tolist() == order[:9]
        np.testing.assert_allclose(cosine, wanted[embedding][order[:9]], atol=1e-6)
    assert len(neighbours(space, 0, 1000)[0]) == 59


def test_the_plane_is_that_of_a_singular_value_decomposition(cloud: np.ndarray) -> None:
    cloud = cloud * [5, 3, 1, 1, 1, 1, 1] + 4
    found = plane(cloud)
    centred = cloud - cloud.mean(0)
    _, values, directions = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(found.share, values[:2] ** 2 / (values**2).sum())
    np.testing.assert_allclose(np.abs(found.points), np.abs(centred @ directions[:2].T), atol=1e-9)
    np.testing.assert_array_equal(found.points, plane(cloud).points)


@pytest.mark.parametrize("vectors", [np.ones((4, 3)), np.ones((1, 3)), np.arange(4.0)[:, None]])
def test_a_plane_of_little_has_points_and_a_share(vectors: np.ndarray) -> None:
    found = plane(vectors)
    assert found.points.shape == (len(vectors), 2) and np.isfinite(found.points).all()
    assert found.share == ((1.0, 0.0) if vectors.shape[1] == 1 else (0.0, 0.0))


def test_around_are_the_chosen_and_their_nearest(cloud: np.ndarray) -> None:
    space, wanted = space_of(cloud), cosines(cloud)
    np.fill_diagonal(wanted, -1)
    found = around(space, [4, 9, 4], 6).tolist()
    assert found[:2] == [4, 9]
    assert set(found[2:4]) == {wanted[4].argmax(), wanted[9].argmax()}
    assert len(found) == len(set(found)) == 6
    assert around(space, [1, 2, 3], 2).tolist() == [1, 2]
    assert len(around(space, [5], 1000)) == len(cloud)
    assert around(space, [], 10).tolist() == []


def separation_by_hand(vectors: np.ndarray, category: list[str], k: int) -> tuple[float, float]:
    cosine = cosines(vectors)
    np.fill_diagonal(cosine, -np.inf)
    shares = [
        np.mean([category[j] == own for j in np.argsort(-row)[:k]]) for row, own in zip(cosine, category, strict=True)
    ]
    chances = [(category.count(own) - 1) / (len(category) - 1) for own in category]
    return float(np.mean(shares)), float(np.mean(chances))


def test_separation_of_all_is_the_share_by_hand(cloud: np.ndarray) -> None:
    category = ["even" if u % 2 else "third" if u % 3 == 0 else "rest" for u in range(60)]
    found = separation(space_of(cloud), category, k=5)
    assert found is not None
    assert (found.share, found.chance) == pytest.approx(separation_by_hand(cloud, category, 5))
    assert (found.error, found.asked, found.of, found.k) == (None, 60, 60, 5)


def test_categories_that_lie_apart_are_told_from_those_strewn_about() -> None:
    numbers = np.random.default_rng(0)
    centre = np.repeat(np.eye(4), 50, 0)
    category = [str(u // 50) for u in range(200)]
    apart = separation(space_of(centre + 0.01 * numbers.normal(size=(200, 4))), category)
    strewn = separation(space_of(numbers.normal(size=(200, 4))), category)
    assert apart is not None and strewn is not None
    assert apart.share == 1 and apart.chance == pytest.approx(49 / 199)
    assert strewn.share == pytest.approx(strewn.chance, abs=0.06)


def test_a_sample_tells_its_size_and_error_and_comes_near_the_whole(cloud: np.ndarray) -> None:
    cloud = np.concatenate([cloud, cloud + 0.3, cloud - 0.3])
    category = [str(u % 60 // 20) for u in range(180)]
    whole, some = separation(space_of(cloud), category), separation(space_of(cloud), category, most=90)
    assert whole is not None and some is not None and some.error is not None
    assert (some.asked, some.of) == (90, 180)
    assert abs(some.share - whole.share) < 4 * some.error
    assert some == separation(space_of(cloud), category, most=90)


def test_what_has_no_one_category_or_nothing_of_its_own_is_left_out(cloud: np.ndarray) -> None:
    known = np.ones(60, bool)
    known[:10] = False
    category = [None if u < 20 else str(u % 2) for u in range(60)]
    found = separation(space_of(cloud, known), category, k=5)
    assert found is not None and found.of == 40
    assert found.share == pytest.approx(separation_by_hand(cloud[20:], [str(u % 2) for u in range(20, 60)], 5)[0])
    assert separation(space_of(cloud), [None] * 60) is None
