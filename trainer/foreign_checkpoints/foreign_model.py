"""What every reader makes of a library's files: fields with their tables, and stacks of layers.

Dimensions: R rows of a table, W inputs of a stack, H hidden channels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from din_core.model.config import Evolution
from din_core.model.library.options import LayerActivation, Library, Padding

Room = Literal["item", "user", "context"]
Block = tuple[Literal["others", "q", "v", "product"], str]
"""Some columns of a tower's input: what they are of, and the library's feature."""


@dataclass(frozen=True)
class ForeignField:
    """One embedded feature, and the field of ours that it is."""

    feature: str
    """As the library calls it"""
    room: Room
    name: str
    table: Tensor
    """(R, width)"""
    ids: Mapping[str, int]
    """Known values -> rows of the table"""
    unknown: int
    """The row that values without one of their own read"""
    several: bool = False
    """The mean of several values: of a user's field, and of an item's, where none at all is 0"""

    @property
    def width(self) -> int:
        """Of the embedding."""
        return int(self.table.shape[1])


@dataclass(frozen=True)
class Stack:
    """Linear layers with an activation behind each, and a last one to one number; BatchNorm is folded in."""

    linear: Sequence[tuple[Tensor, Tensor]]
    """weight (H, W) and bias (H,) of each"""
    activations: Sequence[Mapping[str, Tensor]]
    """What each activation holds, as `layer_activation` names it"""
    last: tuple[Tensor, Tensor]
    """(1, H), (1,)"""
    kind: LayerActivation
    statistics: bool
    """Whether a layer of it was normalised by a batch's statistics in training"""

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths."""
        return tuple(int(weight.shape[0]) for weight, _ in self.linear)


@dataclass(frozen=True)
class ForeignEvolution:
    """The two GRUs of a DIEN, each `weight_ih` (3D, D), `weight_hh` (3D, D), `bias_ih` and `bias_hh` (3D,) as torch has
    them: reset, what is kept of the state, new. D is the width of the attended features, in their order."""

    kind: Evolution
    extractor: Mapping[str, Tensor]
    cell: Mapping[str, Tensor]


@dataclass(frozen=True)
class ForeignModel:
    """A DIN or DIEN as its library computes it."""

    library: Library
    fields: tuple[ForeignField, ...]
    attended: tuple[str, ...]
    """Item features that the unit reads and whose embeddings are summed, in the order of its input"""
    units: tuple[Stack, ...]
    """One on all of these, or one each"""
    tower: Stack
    blocks: tuple[Block, ...]
    """What the tower's input holds, in order"""
    max_history: int
    softmax: bool = False
    unit_output: LayerActivation = "none"
    scaled_weights: bool = False
    padding: Padding = "masked"
    evolution: ForeignEvolution | None = None
    """Of a DIEN, whose unit reads interest states in the place of behaviors; its weights are always normalised"""
    notes: tuple[str, ...] = ()
    """What a card must say beside the options, a sentence each"""

    def of_room(self, room: Room) -> tuple[ForeignField, ...]:
        """The fields of items, users or contexts, in their order; of items, `item_id` first."""
        own = [field for field in self.fields if field.room == room]
        return tuple(sorted(own, key=lambda field: (room, field.name) != ("item", "item_id")))
