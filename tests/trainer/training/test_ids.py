"""Ids as people have them: 0 is a real user and a real item, and neighbours beyond 2²⁴ stay two."""

import numpy as np
import pandas as pd
import pytest

from din_core.model.vocabulary import UNKNOWN_ROW
from din_core.store import ingest, open_store
from tests.trainer.planted_tables import planted_tables
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.samples import build_samples


@pytest.mark.parametrize(("first", "as_parquet"), [(0, False), (2**24, False), (2**24, True), (2**53, True)])
def test_numbers_as_ids_reach_the_samples_each_as_itself(tmp_path, first, as_parquet):
    """As integers in CSV and Parquet; float32 would round them from 2²⁴ on, float64 from 2⁵³ on."""
    tables = planted_tables(tmp_path / "tables", users=4, weeks=8)
    for path in sorted(tables.glob("*.csv")):
        frame = pd.read_csv(path)
        for name in {"user_id", "item_id"} & set(frame.columns):
            frame[name] = frame[name].str[1:].astype(int) + first
        if as_parquet:
            frame.to_parquet(path.with_suffix(".parquet"), index=False)
            path.unlink()
        else:
            frame.to_csv(path, index=False)
    url = f"sqlite:///{tmp_path / 'store.db'}"
    ingest(tables, url)
    store = open_store(url)
    bulk, vocabulary = store.bulk(), build_vocabulary(store.bulk(), min_count=1)
    samples = build_samples(bulk, vocabulary, "train", 50)
    assert sorted(bulk.users["user_id"], key=int) == [str(first + n) for n in range(4)]
    assert len(set(samples.item_rows[:, 0].tolist())) == 40
    assert UNKNOWN_ROW not in samples.item_rows[:, 0]
    user = list(bulk.users["user_id"]).index(str(first))
    for g in np.flatnonzero(samples.user == user):
        start, stop = samples.behavior_offsets[g : g + 2]
        expected = [b.item.item_id for b in store.history(str(first), before=int(samples.time[g])).folded()]
        assert [bulk.items["item_id"][i] for i in samples.behavior[start:stop].tolist()] == expected != []
    store.close()
