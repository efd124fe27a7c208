"""How well other libraries learn."""

import torch

from din_core.store import ingest
from tests.trainer.planted_tables import planted_tables
from trainer.bench.peers import accuracy as peer_accuracy


def test_what_peers_learn_is_measured_on_the_test_impressions_of_a_store(tmp_path, monkeypatch):
    class Likeness(torch.nn.Module):
        """The dot product of candidate and history, and no more."""

        def __init__(self, shape):
            super().__init__()
            rows, width = shape.fields[0].rows, shape.fields[0].width
            self.item = torch.nn.Embedding(rows, width, padding_idx=0)

        def forward(self, columns):
            assert columns["item"].min() >= 1, "0 is padding"
            history = self.item(columns["hist_item"]).sum(1)
            return (self.item(columns["item"]) * history).sum(1).sigmoid()

    def broken(shape):
        raise TypeError("built for torch 1")

    made_up = {"there": ("json", lambda shape: (Likeness(shape), lambda batch: batch.columns)), "broken": ("x", broken)}
    monkeypatch.setattr(peer_accuracy, "PEERS", made_up)
    url = f"sqlite:///{tmp_path / 'store.db'}"
    ingest(planted_tables(tmp_path / "tables", users=16), url)
    ours, there, other = peer_accuracy.peer_accuracy(url)
    assert [row.name for row in (ours, there, other)] == ["DIN Lens, test", "there, test", "broken, test"]
    for row in (ours, there):
        assert all(0 < value <= 1 for value in row.values.values()), row
    assert (dict(other.values), other.note) == ({}, "no figure: built for torch 1")
