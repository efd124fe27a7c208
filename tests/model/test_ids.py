"""Ids and rows: 0 is an id like any other, and no row is rounded to the nearest float."""

import torch

from din_core.model.attention import fold_field
from din_core.model.config import FieldConfig
from din_core.model.network import FieldEmbeddings
from din_core.model.vocabulary import UNKNOWN_ROW, FieldVocabulary
from tests.model.conftest import toy_batch

EDGE = 2**24
"""Beyond it float32 cannot tell n from n + 1."""


def test_the_id_0_has_a_row_of_its_own():
    vocabulary = FieldVocabulary(("0", "1"))
    assert vocabulary.row("0") not in (UNKNOWN_ROW, vocabulary.row("1"))


def test_neighbouring_ids_beyond_2_to_the_24_have_rows_of_their_own():
    ids = [str(EDGE + n) for n in range(4)]
    assert len(set(FieldVocabulary(tuple(ids)).rows_of(ids))) == 4


def test_embedding_rows_beyond_2_to_the_24_are_distinctions():
    embeddings = FieldEmbeddings((FieldConfig("item_id", EDGE + 4, 1),))
    rows = torch.arange(EDGE - 1, EDGE + 4)
    assert torch.equal(embeddings(rows[:, None])[:, 0], embeddings.tables[0].weight[rows, 0])
    assert len(embeddings(rows[:, None]).unique()) == 5


def test_folding_a_field_keeps_rows_beyond_2_to_the_24_apart():
    batch = toy_batch([[0, 1, 2], [3, 4]], [[5], [5]])
    rows = torch.tensor([EDGE, EDGE + 1, EDGE, EDGE + 1, EDGE + 2])
    object.__setattr__(batch, "behavior", rows[:, None])
    folded, first, place = fold_field(batch, 0)
    assert folded.behavior[:, 0].tolist() == [EDGE, EDGE + 1, EDGE + 1, EDGE + 2]
    assert folded.count.tolist() == [2, 1, 1, 1]
    assert torch.equal(rows[first][place], rows)
