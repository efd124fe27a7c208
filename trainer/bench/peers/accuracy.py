"""How well the DIN of other libraries orders the test impressions of a store, beside ours: equal sizes, the same data.

Theirs are trained as `peers` times them, with Adam, a setting that none of them tunes; ours as its recipe has it.

Dimensions: M impressions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from din_core.metrics import auc, gauc
from din_core.model.config import FieldConfig
from din_core.model.network import InterestNetwork
from din_core.model.vocabulary import Vocabulary
from din_core.store import BulkTables, open_store
from trainer.bench.data.synthetic_samples import unshared
from trainer.bench.peers.speed import OURS, PEERS, Padded, padded_batches
from trainer.bench.results import Row
from trainer.bench.sizes import Shape
from trainer.bench.timing import say
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.fitting.fit import fit
from trainer.training.fitting.prediction import predict
from trainer.training.model_fields import ModelFields
from trainer.training.recipes import RECIPES
from trainer.training.samples import Samples, build_samples
from trainer.training.train import TrainOptions, build_config, fit_options

FIELD = "category"
"""What is read beside the item."""
WIDTH, WINDOW, BATCH, RARE = 32, 50, 1024, 3
EPOCHS = 2
"""Of the libraries' models; ours takes its recipe's."""

Logits = NDArray[np.float64]


def peer_accuracy(store: str, epochs: int = EPOCHS) -> list[Row]:
    """A row a library that is installed and holds, ours first."""
    opened = open_store(store)
    bulk = opened.bulk()
    opened.close()
    vocabulary = build_vocabulary(bulk, RARE, ModelFields(items=(FIELD,)))
    test = build_samples(bulk, vocabulary, "test", WINDOW, folds=False)
    users = test.user[np.repeat(np.arange(test.groups), np.diff(test.candidate_offsets))]

    def row(name: str, logit: Logits) -> Row:
        label = test.label.numpy()
        return Row("peers", f"{name}, test", {"AUC": auc(label, logit), "GAUC": gauc(users, label, logit).value})

    rows = [row(OURS, _ours(store, bulk, vocabulary))]
    train = build_samples(bulk, vocabulary, "train", WINDOW, folds=False)
    for name, (_, make) in PEERS.items():
        say(f"peers, {name} learns")
        try:
            with redirect_stdout(sys.stderr):
                rows.append(row(name, _theirs(make, train, test, epochs)))
        except Exception as error:  # absent, or whatever a library does with these versions of everything
            reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
            rows.append(Row("peers", f"{name}, test", note=f"no figure: {reason[0][:120]}"))
    return rows


def _ours(store: str, bulk: BulkTables, vocabulary: Vocabulary) -> Logits:
    """(M,) logits of the recipe's DIN at the same sizes."""
    say(f"peers, {OURS} learns")
    own = fit_options(RECIPES["din"], {"batch_size": BATCH})
    fields = ModelFields(items=(FIELD,))
    options = TrainOptions(store, "din", Path(), fields=fields, item_width=WIDTH, max_history=WINDOW, fit=own)
    config = build_config(vocabulary, options)
    train, valid, test = (
        build_samples(bulk, vocabulary, split, WINDOW, config.folds) for split in ("train", "valid", "test")
    )
    torch.manual_seed(own.seed)
    model = InterestNetwork(config)
    fit(model, train, valid, own)
    return predict(model, test)


def _theirs(make: Callable[[Shape], Any], train: Samples, test: Samples, epochs: int) -> Logits:
    """(M,) logits of a library's network."""
    torch.manual_seed(0)
    most = 1 + train.item_rows.amax(0)
    fields = [FieldConfig(name, int(n) + 1, WIDTH) for name, n in zip(("item_id", FIELD), most, strict=True)]
    shape = Shape("accuracy", tuple(fields), histories=0, window=WINDOW, repeats=1, candidates=1, batch=BATCH)
    network, read = make(shape)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    network.train()
    for epoch in range(epochs):
        for batch in _batches(train, shape, np.random.default_rng(epoch).permutation(train.groups)):
            optimizer.zero_grad()
            chance = network(read(batch)).view(-1)
            nn.functional.binary_cross_entropy(chance, batch.label).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    network.eval()
    with torch.inference_mode():
        found = [network(read(batch)).view(-1) for batch in _batches(test, shape, np.arange(test.groups))]
    logit: Logits = torch.cat(found).double().logit().numpy()
    return logit


def _batches(samples: Samples, shape: Shape, order: NDArray[np.int64]) -> Iterator[Padded]:
    """Some histories at a time, each with its impressions. Rows are moved up by one: to the libraries, 0 is padding."""
    moved = replace(samples, item_rows=samples.item_rows + 1)
    for start in range(0, len(order), shape.batch):
        yield from padded_batches(unshared(moved.of_groups(order[start : start + shape.batch])), shape)
