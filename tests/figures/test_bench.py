"""The benchmark's panels."""

import pytest

from din_core.figures.bench import bench_info, plot_bench

RESULT = {
    "quick": False,
    "machine": {"processor": "Abacus", "cores": 2, "GPU": "", "load before": None},
    "rows": [
        {"part": "training", "name": "din", "values": {"samples/s": 40_000.0, "× naive din": 8.0}, "note": ""},
        {"part": "training", "name": "base", "values": {"samples/s": 90_000.0}, "note": ""},
        {"part": "embeddings", "name": "10 rows", "values": {}, "note": "left out"},
    ],
}


def test_every_column_of_a_part_is_a_panel_with_its_rows_in_order():
    panels = {panel.title: panel.bars for panel in bench_info(RESULT).panels}
    assert panels == {
        "training: samples/s": (("din", 40_000.0), ("base", 90_000.0)),
        "training: × naive din": (("din", 8.0),),
    }


def test_the_machine_is_named_without_what_it_lacks():
    assert bench_info(RESULT).machine == "processor Abacus, cores 2"


def test_ratios_alone_have_a_line_at_1():
    figure = plot_bench(bench_info(RESULT))
    assert [tuple(trace.x) for trace in figure.data] == [(40_000.0, 90_000.0), (8.0,)]
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1) == (1, 1)
    assert line.xref == figure.data[1].xaxis


@pytest.mark.parametrize("rows", [[], RESULT["rows"][2:]])
def test_without_values_the_page_still_names_the_machine(rows):
    figure = plot_bench(bench_info({**RESULT, "rows": rows}))
    assert "Abacus" in figure.layout.title.text
