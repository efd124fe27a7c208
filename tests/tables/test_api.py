"""API.md: its example is run as it stands, and importing the package costs nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import din_core
from din_core.domain import DinLensError, UnknownItem, UnknownUser
from din_core.store import ingest, open_store
from tests.readme.shown_commands import ROOT
from tests.readme.shown_tables import write_shown_tables
from tests.small_world import MONDAY
from tests.tables.conftest import World
from tests.tiny_checkpoints import write_checkpoints

REQUESTS = """user_id,item_id,timestamp,slot
u1,tent-1,2026-03-08T10:00:00Z,top
u1,mug-2,2026-03-08T10:00:00Z,side
"""


def test_every_line_of_the_page_runs_and_says_what_its_comment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ingest(write_shown_tables(tmp_path / "tables"), "sqlite:///shop.db")
    store = open_store("sqlite:///shop.db")
    write_checkpoints(tmp_path / "checkpoints", store.bulk(), kinds=("din",))
    store.close()
    (tmp_path / "requests.csv").write_text(REQUESTS)
    page = (ROOT / "din_core" / "API.md").read_text("utf-8")
    names: dict[str, object] = {}
    for line in [line for block in re.findall(r"```python\n(.*?)```", page, re.S) for line in block.splitlines()]:
        exec(line, names)
        shown = re.search(r"# (\(.*\))$", line)
        if shown:
            found, wanted = eval(line.split("  #")[0], names), shown[1]
            assert len(found) == wanted.count(",") + (not wanted.endswith(",)")), line
    assert names["best"]["rank"].tolist() == [1, 2]
    assert set(pd.DataFrame(names["parts"].behaviors.dropna().tolist()).columns) >= {"item_id", "effect"}


def test_importing_the_package_reads_neither_torch_nor_pandas() -> None:
    code = "import sys, din_core; print([n for n in ('torch', 'pandas', 'plotly', 'sqlalchemy') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        din_core.lode  # noqa: B018


def test_a_frame_gets_the_numbers_of_the_single_score(world: World, requests: pd.DataFrame) -> None:
    with din_core.load(world.checkpoints / "din", world.store.url) as model:
        scores = model.score(requests, weights=True, effects=True)
        reason = model.explain("7", "b1", MONDAY, {"store": "Store 367"})
        assert scores.probability[0] == pytest.approx(reason.probability, abs=1e-6)
        parts = pd.DataFrame(list(scores.behaviors[0]))
        np.testing.assert_allclose(parts.effect, reason.frame.effect, atol=1e-6)
        np.testing.assert_allclose(parts.weight, reason.frame.weight, atol=1e-6)
        both = model.scores("7", ["b1", "m1"], "2017-11-20", {"store": "Store 367"})
        assert both.probability[0] == pytest.approx(reason.probability, abs=1e-6)


def test_a_figure_has_both_bars_of_the_behaviors_with_the_largest_effects(world: World) -> None:
    with din_core.load(world.checkpoints / "din", world.store.url) as model:
        reason = model.explain("7", "b1", MONDAY)
        figure = reason.figure(most=2)
        strongest = reason.frame.reindex(reason.frame.effect.abs().sort_values(ascending=False).index).head(2)
        np.testing.assert_allclose(figure.data[0].x, strongest.effect)
        np.testing.assert_allclose(figure.data[1].x, strongest.weight)
        assert "(2 other behaviors are not shown)" in figure.layout.title.text
        assert hasattr(figure, "_repr_mimebundle_")  # what Jupyter shows
        assert len(reason.timeline().data) > 0


def test_who_and_what_is_not_there_is_named(world: World) -> None:
    with din_core.load(world.checkpoints / "din", world.store.url) as model:
        with pytest.raises(UnknownUser, match='no user "nobody"'):
            model.explain("nobody", "b1", MONDAY)
        with pytest.raises(UnknownItem, match='no item "nothing"'):
            model.explain("7", "nothing", MONDAY)
        with pytest.raises(DinLensError, match="'soon' is no time"):
            model.explain("7", "b1", "soon")
