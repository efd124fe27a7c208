"""KuaiRec's matrix and KuaiRand's logs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.trainer.datasets.prepared_tables import Printed, prepare, refuse, rows

START = 1_593_878_903
USERS = (
    "user_id,user_active_degree,is_lowactive_period,is_live_streamer,is_video_author,follow_user_num_range,"
    "fans_user_num_range,friend_user_num_range,register_days_range\n"
    + "".join(f'{user},full_active,0,{user % 2},0,"(10,50]",0,UNKNOWN,61-90\n' for user in range(10))
)


def made_rows() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    n = 200
    return pd.DataFrame(
        {
            "user_id": np.arange(n) % 15,
            "video_id": rng.integers(0, 20, n),
            "timestamp": START + rng.permutation(20 * 86_400)[:n] + 0.438,
            "watch_ratio": rng.integers(0, 25, n) / 10,
        }
    )


@pytest.fixture
def kuairec(tmp_path: Path) -> Path:
    folder = tmp_path / "KuaiRec"
    (folder / "data").mkdir(parents=True)
    made_rows().to_csv(folder / "data" / "big_matrix.csv", index=False)
    made_rows()[:1].to_csv(folder / "data" / "small_matrix.csv", index=False)
    (folder / "data" / "user_features.csv").write_text(USERS)
    (folder / "data" / "item_categories.csv").write_text('video_id,feat\n3,"[27, 9]"\n4,[8]\n')
    (folder / "data" / "kuairec_caption_category.csv").write_text(
        "video_id,manual_cover_text,caption,topic_tag,first_level_category_id,first_level_category_name,"
        "second_level_category_id,second_level_category_name,third_level_category_id,third_level_category_name\n"
        '3,UNKNOWN,"A cat,\nsleeping",[],1,Pets,2,Cats,-124,UNKNOWN\n'
    )
    return folder


def test_a_video_watched_to_its_end_is_a_positive_and_a_behavior(
    kuairec: Path, tmp_path: Path, capsys: Printed
) -> None:
    _, tables = prepare(capsys, tmp_path, "kuairec", str(kuairec))
    frame = made_rows()
    expected = zip(
        *(frame[name].astype(str) for name in ("user_id", "video_id")),
        frame.timestamp.astype(int),
        (frame.watch_ratio >= 1).astype(int),
        strict=True,
    )
    assert sorted(rows(tables.impressions, "user_id", "item_id", "timestamp", "label")) == sorted(expected)
    assert sorted(tables.behaviors.watch_ratio) == sorted(frame.watch_ratio[frame.watch_ratio >= 1])
    _, tables = prepare(capsys, tmp_path, "kuairec", str(kuairec), "--min-rating", "2")
    assert len(tables.behaviors) == (frame.watch_ratio >= 2).sum()


def test_videos_have_captions_categories_and_tags_and_users_a_profile(
    kuairec: Path, tmp_path: Path, capsys: Printed
) -> None:
    _, tables = prepare(capsys, tmp_path, "kuairec", str(kuairec))
    items, users = tables.items.set_index("item_id"), tables.users.set_index("user_id")
    assert items.loc["3", ["title", "category", "subcategory", "tags"]].tolist() == [
        "A cat,\nsleeping",
        "Pets",
        "Cats",
        "27|9",
    ]
    assert pd.isna(items.loc["3", "product_type"])
    assert items.loc["4", "tags"] == "8"
    assert users.loc["1", ["is_live_streamer", "follow_user_num_range"]].tolist() == ["Yes", "(10,50]"]
    assert pd.isna(users.loc["1", "friend_user_num_range"])
    assert users.loc["12"].isna().all()


@pytest.fixture
def kuairand(tmp_path: Path) -> Path:
    folder = tmp_path / "KuaiRand-1K"
    folder.mkdir()
    frame = made_rows().rename(columns={"timestamp": "time_ms"})
    frame["time_ms"] = (frame.time_ms * 1000).astype("int64")
    frame = frame.assign(is_click=(frame.watch_ratio > 1).astype(int), long_view=0, tab=frame.video_id % 3)
    frame.loc[:20, "long_view"] = 1
    frame[:150].to_csv(folder / "log_standard_4_08_to_4_21_1k.csv", index=False)
    frame[150:].to_csv(folder / "log_random_4_22_to_5_08_1k.csv", index=False)
    (folder / "user_features_1k.csv").write_text(USERS)
    header = "video_id,author_id,video_type,upload_dt,upload_type,visible_status,video_duration,music_id,tag\n"
    (folder / "video_features_basic_1k.csv").write_text(f'{header}3,77,NORMAL,2022-04-01,LongImport,0,9,5,"12,34"\n')
    return folder


def test_a_shown_video_is_an_impression_with_its_tab_and_whether_it_was_random(
    kuairand: Path, tmp_path: Path, capsys: Printed
) -> None:
    _, tables = prepare(capsys, tmp_path, "kuairand", str(kuairand))
    shown = tables.impressions
    assert shown.shown_at_random.value_counts().to_dict() == {"No": 150, "Yes": 50}
    assert (shown.tab.astype(int) == shown.item_id.astype(int) % 3).all()
    assert sorted(shown.timestamp) == sorted(made_rows().timestamp.astype(int))
    assert shown.label.sum() == (made_rows().watch_ratio > 1).sum() == len(tables.behaviors)
    assert tables.items.set_index("item_id").loc["3"].to_dict() == {
        "author": "77",
        "video_type": "NORMAL",
        "upload_type": "LongImport",
        "tags": "12|34",
    }
    _, tables = prepare(capsys, tmp_path, "kuairand", str(kuairand), "--label", "long_view")
    assert tables.impressions.label.sum() == 21


def test_faults_are_counted_and_missing_files_and_columns_named(
    kuairec: Path, kuairand: Path, tmp_path: Path, capsys: Printed
) -> None:
    with (kuairec / "data" / "big_matrix.csv").open("a") as file:
        file.write("1,2,,1.0\n1,2,1593878903,much\n,2,1593878903,1.0\n")
    result, _ = prepare(capsys, tmp_path, "kuairec", str(kuairec))
    told = {entry["reason"]: [(e["row"], e["value"]) for e in entry["examples"]] for entry in result["left_out"]}
    assert told == {
        "timestamp is no number": [(201, "")],
        "watch_ratio is no number from 0 up": [(202, "much")],
        "user_id is missing": [(203, "")],
    }
    (tmp_path / "again").mkdir()
    told = refuse(capsys, tmp_path / "again", "kuairand", str(kuairand), "--label", "likes")
    assert "lacks the column 'likes'" in told
    assert "log_standard*.csv or log_random*.csv is missing" in refuse(
        capsys, tmp_path / "again", "kuairand", str(kuairec)
    )
