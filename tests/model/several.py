"""Toy networks whose items have several categories, and the plain sums that say what they must compute."""

from dataclasses import replace

import torch

from din_core.model.network import InterestNetwork
from din_core.model.ragged import Multi
from tests.model.conftest import toy_network

VALUE_SETS = [(0,), (1,), (2,), (1, 2)]
"""Of the toy networks' second field, which has the rows 0 to 2; set n < 3 is the value of row n alone."""
SETS = (None, Multi(torch.tensor([0, 1, 2, 1, 2]), torch.tensor([0, 1, 2, 3])))


def several_network(**options):
    """A toy network, its numbers as ever, whose second item field has several values."""
    single = toy_network(**options)
    first, second = single.config.item_fields
    network = InterestNetwork(replace(single.config, item_fields=(first, replace(second, several=True))))
    network.double().load_state_dict(single.state_dict())
    return network.eval()


def with_sets(batch, categories=None):
    """A toy batch whose second column holds indices of SETS: item % 4, or the category as it is."""
    if categories == "as they are":
        return replace(batch, sets=SETS)
    behavior, candidate = batch.behavior.clone(), batch.candidate.clone()
    behavior[:, 1], candidate[:, 1] = behavior[:, 0] % 4, candidate[:, 0] % 4
    return replace(batch, behavior=behavior, candidate=candidate, sets=SETS)


def shares(behavior, candidate):
    """Whether two sets have a known value in common."""
    return bool(set(VALUE_SETS[behavior]) & set(VALUE_SETS[candidate]) - {0})


def padded_flags(batch, fields):
    """(P, fields): what `pair_matches` says, pair by pair."""
    pairs = list(zip(*(own.tolist() for own in batch.pairs()), strict=True))
    columns = []
    for f in fields:
        past, shown = batch.behavior[:, f].tolist(), batch.candidate[:, f].tolist()
        same = (lambda a, b: a == b and b > 0) if f == 0 else shares
        columns.append([same(past[t], shown[c]) for t, c in pairs])
    return torch.tensor(columns).reshape(len(fields), -1).T.bool()


def naive_network(network):
    """A network of single values that has a row of its own for each set: its mean, summed up by hand."""
    config = network.config
    first, second = config.item_fields
    single = InterestNetwork(replace(config, item_fields=(first, replace(second, rows=4, several=False)))).double()
    state = dict(network.state_dict())
    table = state["item.tables.1.weight"]
    means = [sum(table[row] for row in rows) / len(rows) for rows in VALUE_SETS]
    state["item.tables.1.weight"] = torch.stack(means)
    if config.counts:
        items, values = state["counts.everybody"].split([first.rows, second.rows])
        everybody = [sum(values[row] for row in rows) / len(rows) for rows in VALUE_SETS]
        state["counts.everybody"] = torch.cat([items, torch.stack(everybody)])
    single.load_state_dict(state)
    return single.eval()
