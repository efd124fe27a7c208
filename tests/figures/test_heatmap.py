"""The heat map of weights: cells, what is folded and what is summed as the rest, all on paper."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.domain import Behavior, FoldedBehavior, History, Item, Scores, User
from din_core.figures import HeatmapRow, heatmap_info, plot_heatmap
from din_core.figures.heatmap import HeatmapLabels, named, row_label, shortened
from tests.figures.conftest import AS_OF, DAY


@pytest.fixture
def rows(scores: Scores) -> list[HeatmapRow]:
    """Butter: milk ×2, cheese, beer, nails 2, 1, −.5, .25 each; wine: 0, 0, 3, −.125."""
    return [
        HeatmapRow(item.label, scores.behaviors, weight)
        for item, weight in zip(scores.candidates, scores.weight, strict=True)
    ]


def test_a_cell_is_weight_times_repeats_and_the_largest_columns_stand_first(rows: list[HeatmapRow]) -> None:
    info = heatmap_info(rows)
    assert info.rows == ("Butter", "Wine")
    assert [column.name for column in info.columns] == ["Milk", "Beer", "Cheese", "Nails"]
    assert info.total.tolist() == [[4, -0.5, 1, 0.25], [0, 3, 0, -0.125]]
    assert info.lines.tolist() == [[2, 1, 1, 1]] * 2
    assert (info.rest.tolist(), info.rest_columns) == ([0, 0], 0)


def test_what_is_not_shown_is_summed_and_with_it_a_row_adds_up_to_its_intensity(
    rows: list[HeatmapRow], scores: Scores
) -> None:
    info = heatmap_info(rows, most=2)
    assert [column.name for column in info.columns] == ["Milk", "Beer"]
    assert (info.rest.tolist(), info.rest_lines.tolist(), info.rest_columns) == ([1.25, -0.125], [2, 2], 2)
    assert info.intensity.tolist() == scores.intensity.tolist() == [4.75, 2.875]


def test_by_time_the_same_columns_stand_in_the_order_of_their_newest_behavior(rows: list[HeatmapRow]) -> None:
    info = heatmap_info(rows, order="time", most=3)
    assert [(column.name, column.last) for column in info.columns] == [
        ("Beer", AS_OF - 50 * DAY),
        ("Cheese", AS_OF - 50 * DAY),
        ("Milk", AS_OF - 50 * DAY),
    ]
    assert info.columns[2].first == AS_OF - 100 * DAY
    assert info.rest_lines.tolist() == [1, 1]


def test_a_category_holds_all_its_items(rows: list[HeatmapRow]) -> None:
    info = heatmap_info(rows, fold="category")
    assert [column.name for column in info.columns] == ["Dairy", "Drinks", "unknown"]
    assert info.total.tolist() == [[5, -0.5, 0.25], [0, 3, -0.125]]
    assert info.lines.tolist() == [[3, 1, 1]] * 2


def test_single_behaviors_of_one_item_are_one_column(history: History) -> None:
    """A model of sequences sees milk twice; each time has its own weight."""
    info = heatmap_info([HeatmapRow("DIEN", history.plain(), np.array([0.1, 0.2, 0.3, 0.25, 0.15]))])
    cells = dict(zip((c.name for c in info.columns), info.total[0].tolist(), strict=True))
    assert cells == pytest.approx({"Milk": 0.3, "Cheese": 0.3, "Beer": 0.25, "Nails": 0.15})
    assert info.lines[0].tolist() == [2, 1, 1, 1]


def folded(*names: str) -> tuple[FoldedBehavior, ...]:
    return tuple(FoldedBehavior(Item(name, name.title()), 1, AS_OF - DAY, AS_OF - DAY) for name in names)


def test_rows_of_other_histories_have_gaps_where_they_have_no_such_behavior() -> None:
    one, other = HeatmapRow("A", folded("milk", "beer"), np.ones(2)), HeatmapRow("B", folded("beer"), np.array([-2.0]))
    info = heatmap_info([one, other])
    assert [column.name for column in info.columns] == ["Beer", "Milk"]
    np.testing.assert_array_equal(info.total, [[1, 1], [-2, np.nan]])
    assert info.intensity.tolist() == [2, -2]
    gaps = plot_heatmap(info).data[1]
    assert [(x, y) for x, y in zip(gaps.x, gaps.y, strict=True)] == [("Milk", 1)]


def test_on_a_shared_scale_one_limit_holds_for_all_rows(rows: list[HeatmapRow]) -> None:
    info = heatmap_info(rows)
    assert (info.limit.tolist(), info.extent.tolist()) == ([4, 4], [[-0.5, 4], [-0.125, 3]])
    heat = plot_heatmap(info).data[0]
    assert (heat.zmin, heat.zmax) == (-4, 4)
    assert [list(row) for row in heat.z] == info.total.tolist()


def test_with_a_scale_per_row_each_row_reaches_its_own_limit(rows: list[HeatmapRow]) -> None:
    info = heatmap_info(rows, scale="row")
    assert info.limit.tolist() == [4, 3]
    figure = plot_heatmap(info)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-1, 1)
    assert np.nanmax(np.array(figure.data[0].z, dtype=float), axis=1).tolist() == [1, 1]
    assert "<i>−0.5 to 4</i>" in figure.layout.yaxis.ticktext[0]


def test_a_scale_per_row_chooses_columns_by_their_part_of_the_row() -> None:
    """The second model's weights are all small; its strongest is shown all the same."""
    behaviors = folded("milk", "beer", "nails")
    loud = HeatmapRow("loud", behaviors, np.array([9.0, 1.0, 5.0]))
    quiet = HeatmapRow("quiet", behaviors, np.array([0, 0.1, 0]))
    assert [c.name for c in heatmap_info([loud, quiet], most=2, scale="row").columns] == ["Beer", "Milk"]
    assert [c.name for c in heatmap_info([loud, quiet], most=2).columns] == ["Milk", "Nails"]


def test_the_rest_is_written_beside_the_cells_and_has_no_colour(rows: list[HeatmapRow]) -> None:
    figure = plot_heatmap(heatmap_info(rows, most=2))
    rest = figure.data[-1]
    assert (rest.mode, list(rest.text), set(rest.x)) == ("text", ["1.25", "−0.125"], {"the rest: 2"})
    assert len(plot_heatmap(heatmap_info(rows)).data) == 2


def test_the_pointer_reads_title_dates_and_weights(rows: list[HeatmapRow]) -> None:
    heat = plot_heatmap(heatmap_info(rows)).data[0]
    assert heat.customdata[0][0] == (
        "Butter<br>Milk<br>Dairy · 12 Aug 2017 – 1 Oct 2017<br>weight × repeats: 4, behaviors: 2, 2 each on average"
    )


def test_the_pointer_reads_the_types_that_an_item_s_behaviors_have() -> None:
    kinds = ("view", None, "buy", "view")
    past = tuple(Behavior(Item("a", "Milk"), AS_OF - DAY, kind) for kind in kinds)
    history = History(User("u"), AS_OF, past)
    for behaviors in (history.folded(), history.plain()):
        info = heatmap_info([HeatmapRow("row", behaviors, np.ones(len(behaviors)))])
        assert info.columns[0].types == ("buy", "view")
        assert "<br>unknown · buy, view · 19 Nov 2017<br>" in plot_heatmap(info).data[0].customdata[0][0]


def test_titles_are_never_markup() -> None:
    loud = FoldedBehavior(Item("x", '<a href="https://example.org">now</a>'), 1, AS_OF - DAY, AS_OF - DAY)
    figure = plot_heatmap(heatmap_info([HeatmapRow("<b>bold</b>", (loud,), np.array([1.0]))]))
    text = f"{figure.data[0].x} {figure.data[0].customdata} {figure.layout.yaxis.ticktext}"
    assert "<a" not in text and "<b>" not in text
    assert "&lt;b&gt;bold" in text


def test_two_items_of_one_title_stay_two_columns() -> None:
    past = tuple(Behavior(Item(name, "Milk"), AS_OF - DAY) for name in ("a", "b"))
    info = heatmap_info([HeatmapRow("row", History(User("u"), AS_OF, past).folded(), np.array([2.0, 1.0]))])
    assert [column.name for column in info.columns] == ["Milk · a", "Milk · b"]
    assert list(plot_heatmap(info).data[0].x) == ["Milk · a", "Milk · b"]


def test_titles_that_are_alike_once_they_are_shortened_end_in_the_id() -> None:
    title = "White mushrooms {} whole or sliced, washed · 8 oz · National"
    past = tuple(Behavior(Item(name, title.format(name * 9)), AS_OF - DAY) for name in ("a", "b"))
    info = heatmap_info([HeatmapRow("row", History(User("u"), AS_OF, past).folded(), np.array([2.0, 1.0]))])
    one, two = plot_heatmap(info).data[0].x
    assert (one.endswith(" · a"), two.endswith(" · b"), one[:-1]) == (True, True, two[:-1])


def test_numbered_names_do_not_meet_each_other() -> None:
    assert named(["a", "a (2)", "a", "a"]) == ("a", "a (2)", "a (3)", "a (4)")


def test_without_behaviors_there_are_rows_and_no_columns() -> None:
    info = heatmap_info([HeatmapRow("A", (), np.array([]))])
    assert (info.total.shape, info.intensity.tolist(), info.limit.tolist()) == ((1, 0), [0], [0])
    assert list(plot_heatmap(info).layout.yaxis.ticktext) == ["A"]


def test_a_long_title_keeps_its_beginning_and_its_end() -> None:
    short = shortened("White mushrooms, whole · 8 oz · National", 34)
    assert (short, len(short)) == ("White mushr…hole · 8 oz · National", 34)
    assert shortened("Nails · 1 lb", 34) == "Nails · 1 lb"


def test_a_rows_name_has_three_lines_at_most_and_then_is_cut_visibly() -> None:
    info = heatmap_info([HeatmapRow("one two three four five six seven " * 4, (), np.array([]))])
    lines = row_label(info, 0, HeatmapLabels()).split("<br>")
    assert len(lines) == 3
    assert lines[-1].endswith("…")
