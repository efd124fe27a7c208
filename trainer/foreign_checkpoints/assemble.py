"""A foreign model as a network and vocabulary of ours: tables and columns in our order, everything else as it is.

Dimensions: R rows of a table, D item embedding width, H hidden channels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from din_core.domain import DinLensError
from din_core.model.config import Evolution, FieldConfig, ModelConfig
from din_core.model.library.options import LibraryLayers
from din_core.model.library.padding import PADDING_VALUE
from din_core.model.network import InterestNetwork
from din_core.model.vocabulary import ITEM_ID, FieldVocabulary, Vocabulary
from trainer.foreign_checkpoints.foreign_model import Block, ForeignField, ForeignModel, Room, Stack


def assemble(model: ForeignModel) -> tuple[InterestNetwork, Vocabulary]:
    """The network, in evaluation mode, and its vocabulary."""
    model = _with_padding(_with_item(model))
    config = config_of(model)
    network = InterestNetwork(config)
    state = {**_tables(model), **_units(model), **_evolution(model), **_stack("tower", _tower(model))}
    unlike = {name for name, own in network.state_dict().items() if name not in state or own.shape != state[name].shape}
    if unlike or len(state) != len(network.state_dict()):
        raise DinLensError(
            f"the weights do not fit the described features ({min(unlike, default='too many tensors')}); name the "
            "features and options that the model was trained with"
        )
    network.load_state_dict(state)
    return network.eval(), vocabulary_of(model)


def config_of(model: ForeignModel) -> ModelConfig:
    """The options of our network that make it the library's."""
    rooms: Mapping[Room, tuple[FieldConfig, ...]] = {
        room: tuple(
            FieldConfig(own.name, len(own.ids) + 1, own.width, several=own.several and room == "item")
            for own in model.of_room(room)
        )
        for room in ("item", "user", "context")
    }
    layers = LibraryLayers(
        library=model.library,
        unit_hidden=model.units[0].hidden,
        tower_hidden=model.tower.hidden,
        unit_activation=model.units[0].kind,
        unit_output=model.unit_output,
        tower_activation=model.tower.kind,
        tower_product=any(kind == "product" for kind, _ in model.blocks),
        padding=model.padding,
        padded_statistics=any(unit.statistics for unit in model.units),
        scale_width=sum(own.width for own in model.fields if own.feature in model.attended)
        if model.scaled_weights
        else 0,
    )
    evolution: Evolution = model.evolution.kind if model.evolution else "augru"
    return ModelConfig(
        architecture="dien" if model.evolution else "din",
        evolution=evolution,
        item_fields=rooms["item"],
        user_fields=rooms["user"],
        context_fields=rooms["context"],
        max_history=model.max_history,
        normalisation="softmax" if model.softmax else "none",
        unit_per_field=len(model.units) > 1,
        library=layers,
    )


def vocabulary_of(model: ForeignModel) -> Vocabulary:
    """Known values in the order of their rows."""
    item, user, context = (
        {own.name: FieldVocabulary(tuple(_known(own))) for own in model.of_room(room)}
        for room in ("item", "user", "context")
    )
    return Vocabulary(item, user, context, several=frozenset(own.name for own in model.of_room("item") if own.several))


def _known(field: ForeignField) -> list[str]:
    return sorted(field.ids, key=lambda value: field.ids[value])


def _with_item(model: ForeignModel) -> ForeignModel:
    """With a field of the item itself that no layer reads, where the library has none."""
    if any((own.room, own.name) == ("item", ITEM_ID) for own in model.fields):
        return model
    if len(model.units) > 1:
        raise DinLensError(
            "no feature is the item itself, but a model with one unit for each feature must have one; give "
            "--field FEATURE=item.item_id"
        )
    item = ForeignField("", "item", ITEM_ID, torch.zeros(1, 1), {}, 0)
    return replace(model, fields=(item, *model.fields))


def _with_padding(model: ForeignModel) -> ForeignModel:
    """With a value for padding, id 0, in each item field where padding takes part."""
    if model.padding == "masked":
        return model
    fields = tuple(
        replace(own, ids={PADDING_VALUE: 0, **own.ids}) if own.room == "item" else own for own in model.fields
    )
    return replace(model, fields=fields)


def _tables(model: ForeignModel) -> dict[str, Tensor]:
    """Row 0 is that of unknown values. A user's field reads nothing where nothing is known: it is moved by that row."""
    found = {}
    for room, prefix in (("item", "item"), ("user", "profile"), ("context", "context")):
        for at, own in enumerate(model.of_room(room)):  # type: ignore[arg-type]
            rows = torch.tensor([own.unknown, *(own.ids[value] for value in _known(own))])
            found[f"{prefix}.tables.{at}.weight"] = own.table[rows].float() - _moved(own)
            if own.room == "item" and own.several:  # the set of an item without values holds row 0 alone
                found[f"{prefix}.tables.{at}.weight"][0] = 0
    return found


def _moved(field: ForeignField) -> Tensor:
    """(width,) what a user's field of one value reads where the value is unknown; the tower's bias takes it up."""
    single = field.room == "user" and not field.several
    return field.table[field.unknown].float() if single else torch.zeros(field.width)


def _units(model: ForeignModel) -> dict[str, Tensor]:
    widths = {own.feature: own.width for own in model.of_room("item")}
    if len(model.units) == 1:
        own = _reordered(model.units[0], _unit_columns(model, widths))
        return _stack("pooling.unit.layers", own)
    by_feature = dict(zip(model.attended, model.units, strict=True))
    places = [own.feature for own in model.of_room("item")]
    if set(places) != set(by_feature):
        raise DinLensError("a model with one unit for each feature must attend to all item features; it is not read")
    return {
        name: tensor
        for at, feature in enumerate(places)
        for name, tensor in _stack(f"pooling.units.{at}.layers", by_feature[feature]).items()
    }


def _unit_columns(model: ForeignModel, widths: Mapping[str, int]) -> list[Tensor]:
    """For each input of our unit, the library's, or −1 for none: features that it does not attend to."""
    total = sum(widths[feature] for feature in model.attended)
    read = int(model.units[0].linear[0][0].shape[1])
    if read != 4 * total:
        raise DinLensError(
            f"the unit reads {read} inputs, but the described features give it {4 * total}; name the features that the "
            "model was trained with"
        )
    one = _attended_columns(model, widths)
    return [torch.where(own < 0, own, own + part * total) for part in range(4) for own in one]


def _attended_columns(model: ForeignModel, widths: Mapping[str, int]) -> list[Tensor]:
    """Of each item field's columns, where the library has them among the attended ones, or −1."""
    places = _places((feature, widths[feature]) for feature in model.attended)
    return [places.get(feature, torch.full((width,), -1)) for feature, width in widths.items()]


def _evolution(model: ForeignModel) -> dict[str, Tensor]:
    """The two GRUs, inputs and states in the order of our item fields; a state of what is not attended to stays 0."""
    if model.evolution is None:
        return {}
    widths = {own.feature: own.width for own in model.of_room("item")}
    order = torch.cat(_attended_columns(model, widths))
    total = sum(widths[feature] for feature in model.attended)
    found = {}
    for gru, names in (
        (model.evolution.extractor, "pooling.extractor.{}_l0"),
        (model.evolution.cell, "pooling.evolution.cell.{}"),
    ):
        for name, own in gru.items():
            if own.shape[0] != 3 * total or own.shape[1:] not in ((), (total,)):
                raise DinLensError(
                    f"a GRU's {name} has the shape {tuple(own.shape)}, but the features have {total} numbers; "
                    "name the features that the model was trained with"
                )
            gates = _ordered(own.float().view(3, total, -1), order, 1)
            gates = _ordered(gates, order, 2) if own.ndim == 2 else gates
            found[names.format(name)] = gates.reshape(3 * len(order), *([len(order)] * (own.ndim - 1))).contiguous()
    return found


def _ordered(own: Tensor, order: Tensor, dimension: int) -> Tensor:
    """With another order along a dimension, and 0 where it is −1."""
    shape = [-1 if at == dimension else 1 for at in range(own.ndim)]
    return own.index_select(dimension, order.clamp(min=0)) * (order >= 0).view(shape)


def _places(blocks: Iterable[tuple[str, int]]) -> dict[str, Tensor]:
    """Where each block's columns are."""
    found, start = {}, 0
    for name, width in blocks:
        found[name] = torch.arange(start, start + width)
        start += width
    return found


def _tower(model: ForeignModel) -> Stack:
    """With its inputs in our order, and a bias for what users' fields are moved by."""
    by_feature = {own.feature: own for own in model.fields}
    places, start = dict[Block, Tensor](), 0
    for block in model.blocks:
        width = by_feature[block[1]].width
        places[block] = torch.arange(start, start + width)
        start += width
    weight, bias = model.tower.linear[0]
    if weight.shape[1] != start:
        raise DinLensError(
            f"the tower reads {weight.shape[1]} inputs, but the described features give it {start}; name the features "
            "that the model was trained with"
        )
    moved = torch.zeros_like(bias)
    for own in model.of_room("user"):
        moved = moved + weight[:, places["others", own.feature]] @ _moved(own)
    columns = [places.get(block, torch.full((by_feature[block[1]].width,), -1)) for block in _our_blocks(model)]
    linear = [(weight, bias + moved), *model.tower.linear[1:]]
    return _reordered(replace(model.tower, linear=linear), columns)


def _our_blocks(model: ForeignModel) -> list[Block]:
    items = model.of_room("item")
    found: list[Block] = [("others", own.feature) for own in (*model.of_room("user"), *model.of_room("context"))]
    found += [("q", own.feature) for own in items]
    found += [("v", own.feature) for own in items]
    if any(kind == "product" for kind, _ in model.blocks):
        found += [("product", own.feature) for own in items]
    return found


def _reordered(stack: Stack, columns: Sequence[Tensor]) -> Stack:
    """With the first layer's inputs in another order; −1 for one that it does not read."""
    weight, bias = stack.linear[0]
    order = torch.cat(list(columns))
    read = weight[:, order.clamp(min=0)] * (order >= 0)
    return replace(stack, linear=[(read, bias), *stack.linear[1:]])


def _stack(prefix: str, stack: Stack) -> dict[str, Tensor]:
    """Named as `HiddenLayers` has them."""
    found = {}
    for at, ((weight, bias), held) in enumerate(zip(stack.linear, stack.activations, strict=True)):
        found[f"{prefix}.linear.{at}.weight"], found[f"{prefix}.linear.{at}.bias"] = weight, bias
        found |= {f"{prefix}.activations.{at}.{name}": own for name, own in held.items()}
    found[f"{prefix}.last.weight"], found[f"{prefix}.last.bias"] = stack.last
    return {name: own.float().contiguous() for name, own in found.items()}
