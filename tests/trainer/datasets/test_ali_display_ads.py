"""Ali_Display_Ad_Click's four files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.trainer.datasets.prepared_tables import Printed, prepare, refuse, rows

START = 1_494_000_000


def samples() -> pd.DataFrame:
    rng = np.random.default_rng(9)
    n = 300
    clicked = rng.integers(0, 2, n)
    return pd.DataFrame(
        {
            "user": rng.integers(1, 21, n),
            "time_stamp": START + rng.permutation(8 * 86_400)[:n],
            "adgroup_id": rng.integers(1, 31, n),
            "pid": rng.choice(["430548_1007", "430539_1007"], n),
            "nonclk": 1 - clicked,
            "clk": clicked,
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ali"
    folder.mkdir()
    samples().to_csv(folder / "raw_sample.csv", index=False)
    ads = range(1, 31)
    pd.DataFrame(
        {
            "adgroup_id": ads,
            "cate_id": [ad % 4 for ad in ads],
            "campaign_id": [ad % 7 for ad in ads],
            "customer": [ad % 9 for ad in ads],
            "brand": [ad % 5 if ad % 3 else "NULL" for ad in ads],
            "price": [ad * 10.5 for ad in ads],
        }
    ).to_csv(folder / "ad_feature.csv", index=False)
    profile = "userid,cms_segid,cms_group_id,final_gender_code,age_level,pvalue_level,shopping_level,occupation,"
    users = "".join(f"{user},0,5,{1 + user % 2},3,,3,{user % 2},2\n" for user in range(1, 15))
    (folder / "user_profile.csv").write_text(f"{profile}new_user_class_level \n{users}")
    log = "user,time_stamp,btag,cate,brand\n" + "".join(
        f"{user},{START - day * 3600},pv,{day % 4},{user % 5}\n" for user in range(1, 21) for day in range(1, 5)
    )
    (folder / "behavior_log.csv").write_text(log)
    return folder


def test_every_shown_ad_is_an_impression_with_its_position(folder: Path, tmp_path: Path, capsys: Printed) -> None:
    _, tables = prepare(capsys, tmp_path, "ali-display-ads", str(folder))
    frame = samples()
    expected = zip(
        *(frame[name].astype(str) for name in ("user", "adgroup_id", "pid")), frame.time_stamp, frame.clk, strict=True
    )
    found = rows(tables.impressions, "user_id", "item_id", "position", "timestamp", "label")
    assert sorted(found) == sorted(expected)


def test_pairs_of_category_and_brand_in_the_log_are_items_that_share_fields_with_ads(
    folder: Path, tmp_path: Path, capsys: Printed
) -> None:
    _, tables = prepare(capsys, tmp_path, "ali-display-ads", str(folder))
    own = tables.behaviors[tables.behaviors.user_id == "7"]
    assert own.item_id.tolist() == [f"category-{day % 4}-brand-2" for day in (4, 3, 2, 1)]
    assert set(own.behavior_type) == {"page view"}
    items = tables.items.set_index("item_id")
    behavior, ad = items.loc["category-1-brand-2"], items.loc["17"]
    assert ad[["title", "category", "brand"]].tolist() == behavior[["title", "category", "brand"]].tolist()
    assert ad.title == "Category 1 · brand 2"
    assert ad[["campaign", "customer", "price"]].tolist() == ["3", "8", 178.5]
    assert pd.isna(items.loc["3", "brand"])


def test_users_have_profiles_where_they_are_known(folder: Path, tmp_path: Path, capsys: Printed) -> None:
    _, tables = prepare(capsys, tmp_path, "ali-display-ads", str(folder))
    users = tables.users.set_index("user_id")
    assert users.loc["2", ["gender", "student", "age_level", "city_level"]].tolist() == ["Male", "No", "3", "2"]
    assert pd.isna(users.loc["2", "consumption_level"])
    assert users.loc["20"].isna().all()


def test_without_the_log_clicks_are_behaviors(folder: Path, tmp_path: Path, capsys: Printed) -> None:
    (folder / "behavior_log.csv").unlink()
    (folder / "user_profile.csv").unlink()
    result, tables = prepare(capsys, tmp_path, "ali-display-ads", str(folder))
    assert result["behaviors"] == samples().clk.sum()
    assert set(tables.behaviors.behavior_type) == {"click"}
    assert "log was not given" in (tmp_path / "tables" / "provenance.txt").read_text("utf-8")


def test_faults_of_each_file_are_counted_and_a_missing_file_is_named(
    folder: Path, tmp_path: Path, capsys: Printed
) -> None:
    with (folder / "raw_sample.csv").open("a") as file:
        file.write("1,1494000000,5,430548_1007,1,2\n1,soon,5,430548_1007,1,0\n")
    with (folder / "behavior_log.csv").open("a") as file:
        file.write("1,1494000000,pv,NULL,5\n1,1494000000,look,3,5\n")
    result, _ = prepare(capsys, tmp_path, "ali-display-ads", str(folder))
    told = {(entry["table"], entry["reason"]): entry["count"] for entry in result["left_out"]}
    assert told == {
        ("raw_sample.csv", "clk is neither 0 nor 1"): 1,
        ("raw_sample.csv", "time_stamp is no number"): 1,
        ("behavior_log.csv", "cate is missing"): 1,
        ("behavior_log.csv", "btag is none of pv, buy, cart, fav"): 1,
    }
    (folder / "ad_feature.csv").unlink()
    (tmp_path / "again").mkdir()
    assert "ad_feature.csv is missing there" in refuse(capsys, tmp_path / "again", "ali-display-ads", str(folder))
