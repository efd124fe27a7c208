"""The Data page over a real store, and the import of tables that lie in a folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from din_core.pages.data import table_import
from din_core.pages.data.page import quantile
from din_core.pages.data.table_import import commands
from din_core.store import RulesInForce, open_store
from din_core.store.ingestion.unpacking.bounds import Bounds
from tests.pages.conftest import World
from tests.pages.page_contents import held_records, read, records, said
from tests.small_world import MONDAY
from tests.store.input_tables import Tables, valid_tables, write

Visit = Callable[..., AppTest]


def words(page: AppTest) -> str:
    """All running text of the page."""
    return read(" ".join(e.value for e in [*page.markdown, *page.caption])).replace("\N{NO-BREAK SPACE}", " ")


def button(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where imports are allowed."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("DIN_IMPORT", str(folder))
    return folder


def go_on(page: AppTest, folder: str) -> AppTest:
    """Import from a folder."""
    page.segmented_control(key="import_source").set_value("folder").run()
    return page.text_input(key="import_folder").set_value(folder).run()


def test_the_counts_are_the_stores(visit: Visit, world: World) -> None:
    page = visit("data")
    assert not page.exception and not page.warning
    summary = world.store.summary()
    counts = (summary.n_items, summary.n_users, summary.n_behaviors, summary.n_impressions)
    assert [(m.label, m.value) for m in page.metric] == [
        (name, f"{n:,}") for name, n in zip(("Items", "Users", "Behaviors", "Impressions"), counts, strict=True)
    ]
    assert "A small world made for tests; exposure is inferred." in words(page)
    assert len(page.get("plotly_chart")) == 2


def test_splits_and_fields_stand_in_tables(visit: Visit, world: World) -> None:
    page = visit("data")
    splits = page.table[0].value.map(lambda cell: cell.replace("\N{NO-BREAK SPACE}", " "))
    assert splits.to_dict("records") == [
        {"Split": s, "Impressions": n, "Positive": p, "Users": u, "From": d, "To": d}
        for s, n, p, u, d in (
            ("train", "2", "50.0 %", "2", "23 Oct 2017"),
            ("test", "3", "33.3 %", "1", "20 Nov 2017"),
        )
    ]
    fields = page.table[1].value.map(read)
    facts = world.store.facts().fields
    assert list(fields["Values"]) == [str(field.values) for field in facts]
    (category,) = fields[(fields["Table"] == "Items") & (fields["Field"] == "Category")].to_dict("records")
    assert category["Most frequent"] == "Dairy (3) · Beers (2) · Hardware (1)"
    assert category["Missing"].replace("\N{NO-BREAK SPACE}", " ") == "14.3 %"


def test_new_rows_are_counted_in_the_next_run(visit: Visit, world: World) -> None:
    page = visit("data")
    before = held_records(page, "per_user_table")
    world.store.append_behaviors("10", [("m1", MONDAY)])
    after = held_records(page.run(), "per_user_table")
    assert before["behaviors_from"].iloc[0] == 0 and after["behaviors_from"].iloc[0] != 0
    assert records(page, "per_user_table")["Behaviors"].tolist() == ["1", "2–3", "4–7", "8–15", "16–31"][: len(after)]


def test_quantiles_are_those_of_the_users_one_by_one() -> None:
    pairs = [(0, 2), (1, 5), (7, 2), (100, 1)]
    assert [quantile(pairs, share) for share in (0.1, 0.2, 0.21, 0.5, 0.7, 0.9, 0.95, 1)] == [
        0,
        0,
        1,
        1,
        1,
        7,
        100,
        100,
    ]


def test_importing_is_off_unless_a_folder_is_named(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIN_IMPORT", raising=False)
    page = visit("data")
    assert "Importing is off" in words(page) and "DIN_IMPORT=FOLDER streamlit run app.py" in words(page)
    assert [b.key for b in page.button if b.key and b.key.startswith("import")] == []


def test_tables_of_a_folder_become_a_new_store(visit: Visit, root: Path) -> None:
    write(root / "tables", valid_tables(), "csv")
    page = go_on(visit("data"), "tables")
    assert not page.exception and not page.warning
    page = button(page, "import_check")
    assert "Every row can be loaded." in words(page)
    page.text_input(key="import_target").set_value("stores")
    page = button(page, "import_write")
    assert not page.exception and not page.warning
    path = root / "stores" / "own.db"
    assert page.code[0].value == commands(path)
    assert f"--store sqlite:///{os.path.relpath(path)} --model din" in page.code[0].value
    assert read(page.success[0].value) == "stores/own.db holds your tables."
    store = open_store(f"sqlite:///{path}")
    try:
        assert store.summary().n_behaviors == 4
    finally:
        store.close()
    page = button(page, "import_write")
    assert "is there already and is not written over" in said(page)[0]


def test_an_encoding_and_a_time_zone_may_be_named(visit: Visit, root: Path) -> None:
    tables = valid_tables()
    tables["behaviors"]["timestamp"] = ["2026-03-01 08:00"] * 4
    folder = write(root / "tables", tables, "csv")
    (folder / "items.csv").write_bytes("item_id,title\na,咖啡\nb,x\nc,y\n".encode("gbk"))
    page = go_on(visit("data"), "tables")
    assert "items.csv is not in UTF-8" in said(page)[0]
    page.text_input(key="import_encoding").set_value("gbk").run()
    page.text_input(key="import_timezone").set_value("Asia/Shanghai").run()
    page = button(button(page, "import_check"), "import_write")
    assert not page.exception and not page.warning
    assert "have an empty history: no behavior of their users is earlier" in words(page)
    store = open_store(f"sqlite:///{root / 'own.db'}")
    try:
        assert store.item("a").title == "咖啡"
        assert {b.timestamp for b in store.history("u1", 2**40).behaviors} == {1772323200}
    finally:
        store.close()


def test_the_format_of_times_may_be_said(visit: Visit, root: Path) -> None:
    tables = valid_tables()
    tables["behaviors"]["timestamp"] = ["02/03/2026 08:00"] * 4
    tables["impressions"]["timestamp"] = ["03/03/2026 08:00"] * len(tables["impressions"]["item_id"])
    write(root / "tables", tables, "csv")
    page = go_on(visit("data"), "tables")
    page.text_input(key="import_time_format").set_value("%d/%m").run()
    assert "There is no time format" in said(page)[0]
    page.text_input(key="import_time_format").set_value("%d/%m/%Y %H:%M").run()
    page = button(button(page, "import_check"), "import_write")
    assert not page.exception and not page.warning
    store = open_store(f"sqlite:///{root / 'own.db'}")
    try:
        assert {b.timestamp for b in store.history("u1", 2**40).behaviors} == {1772438400}
    finally:
        store.close()


def test_the_split_and_the_session_of_an_import_may_be_said(visit: Visit, root: Path) -> None:
    tables = valid_tables()
    tables["impressions"]["timestamp"] = [86_400 * n + 7 for n in range(1, 6)]
    write(root / "tables", tables)
    page = go_on(visit("data"), "tables")
    page.text_input(key="import_split_ratio").set_value(".5,.5").run()
    assert "must be three shares" in said(page)[0]
    page.text_input(key="import_split_ratio").set_value("").run()
    page.text_input(key="import_split_time").set_value("1970-01-04,1970-01-06").run()
    page.checkbox(key="import_session").check().run()
    page = button(button(page, "import_check"), "import_write")
    assert not page.exception and not page.warning
    store = open_store(f"sqlite:///{root / 'own.db'}")
    try:
        assert store.summary().rules == RulesInForce("time", 3 * 86_400, 5 * 86_400, "UTC")
        assert store.impressions("u1", "test")[0].timestamp == 5 * 86_400
    finally:
        store.close()


def test_what_was_read_otherwise_than_written_stands_below_the_check(visit: Visit, root: Path) -> None:
    tables = valid_tables()
    tables["behaviors"]["timestamp"] = ["2026-03-01 09:30"] * 4
    write(root / "tables", tables, "csv")
    page = button(go_on(visit("data"), "tables"), "import_check")
    assert not page.exception and not page.warning
    assert "Times without a zone are read as UTC (behaviors; --timezone)." in words(page)


@pytest.fixture
def bad() -> Tables:
    tables = valid_tables()
    tables["behaviors"]["timestamp"] = ["100", "soon", "150", "300"]
    return tables


def test_bad_rows_are_told_by_reason_and_nothing_is_written_with_them(visit: Visit, root: Path, bad: Tables) -> None:
    write(root / "tables", bad, "csv")
    page = button(go_on(visit("data"), "tables"), "import_check")
    rejects = page.table[3].value.map(read).to_dict("records")
    assert rejects == [
        {
            "Table": "behaviors",
            "Reason": "timestamp is no time: write whole seconds or ISO 8601, or say by --time-format how it is",
            "Rows": "1",
            "Examples": 'row 2: "soon"',
        }
    ]
    assert page.button(key="import_write").disabled
    page.checkbox(key="import_skip").check().run()
    page = button(page, "import_write")
    store = open_store(f"sqlite:///{root / 'own.db'}")
    try:
        assert store.summary().n_behaviors == 3
    finally:
        store.close()


def test_what_an_import_refuses_is_told_in_chinese_too(visit: Visit, root: Path, bad: Tables) -> None:
    write(root / "tables", bad, "csv")
    page = button(go_on(visit("data"), "tables"), "language_zh")
    page = button(page, "import_check")
    (rejects,) = [table.value for table in page.table if "原因" in table.value.columns]
    assert [read(reason) for reason in rejects["原因"]] == [
        "timestamp 不是时间：请写成整秒数或 ISO 8601，或用 --time-format 说明写法"
    ]
    (root / "tables" / "users.csv").unlink()
    page = page.text_input(key="import_folder").set_value("tables").run()
    assert read(page.warning[0].value) == "无法读取 own/tables 中的表：缺少 users.parquet 或 users.csv。"
    page = page.text_input(key="import_folder").set_value("../elsewhere").run()
    assert read(page.warning[0].value) == f"“../elsewhere”在 {root.parent.name}/own 之外；请指定其下的文件夹。"


def test_changed_files_must_be_checked_again(visit: Visit, root: Path, bad: Tables) -> None:
    write(root / "tables", valid_tables(), "csv")
    page = button(go_on(visit("data"), "tables"), "import_check")
    assert any(b.key == "import_write" for b in page.button)
    write(root / "tables", bad, "csv")
    assert not any(b.key == "import_write" for b in page.run().button)


@pytest.mark.parametrize("folder", ["..", "/", "nowhere"])
def test_folders_that_may_not_be_read_are_told(visit: Visit, root: Path, folder: str) -> None:
    page = go_on(visit("data"), folder)
    assert not page.exception
    assert "is not a folder" in said(page)[0] if folder == "nowhere" else "lies outside of" in said(page)[0]


def test_the_store_on_screen_is_never_touched(visit: Visit, world: World, root: Path) -> None:
    before = world.store.summary()
    write(root / "tables", valid_tables())
    page = button(go_on(visit("data"), "tables"), "import_check")
    page.text_input(key="import_name").set_value("../../world.db")
    page = button(page, "import_write")
    assert "is no name for a new store" in said(page)[0]
    assert world.store.summary() == before


def test_the_data_is_checked_when_asked_and_the_answer_stays(visit: Visit) -> None:
    page = visit("data")
    assert "Histories" not in str([table.value for table in page.table])
    checked = button(page, "check_data")
    assert not checked.exception
    for run in (checked, checked.run()):
        (table,) = [table.value for table in run.table if "Question" in table.value]
        assert table["Question"].tolist()[:3] == ["Sizes", "Rows that stand twice", "Histories"]
        assert "impressions in test" in table["What to do"][0]


def test_what_to_check_in_the_data_is_listed(visit: Visit) -> None:
    listed = [read(e.value) for e in visit("data").markdown if e.value.startswith("- ")]
    (faults,) = listed
    assert faults.startswith("- There are 0 valid impressions, and training needs some;")


def test_the_demo_says_that_it_is_there_to_be_looked_at(
    visit: Visit, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("din_core.pages.app.startup.DEMO_CHECKPOINTS", world.checkpoints)
    page = visit("data")
    assert "This demo is here to be looked at." in words(page)
    assert "training needs some" not in words(page)


def test_the_rules_of_splits_and_histories_stand_below_the_splits(visit: Visit) -> None:
    page = visit("data")
    caption = next(e.value for e in page.caption if "history" in e.value)
    assert read(caption) == (
        "The splits are those of the column split. A history holds all behaviors that are earlier than its impression."
    )


def test_limits_are_told_and_a_table_beyond_them_is_refused_with_the_way_out(
    visit: Visit, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root / "tables", valid_tables())
    page = visit("data")
    assert "At most 200 MB a file, and 5,000,000 rows and 2,000,000,000 bytes a table" in words(page)
    monkeypatch.setattr(table_import, "BOUNDS", Bounds(rows=4, bytes=1_000_000))
    page = go_on(page, "tables")
    (sentence,) = said(page)
    assert "impressions.parquet has more than 4 rows" in sentence and "python -m trainer ingest" in sentence
    assert not page.exception


def test_a_folder_whose_name_no_disk_takes_is_one_sentence(visit: Visit, root: Path) -> None:
    page = go_on(visit("data"), "a" * 250)
    (sentence,) = said(page)
    assert "is no name of a folder" in sentence and not page.exception
