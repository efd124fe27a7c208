"""How a DIN or DIEN of another library differs from this project's: each difference is an option, none is repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from din_core.domain import CheckpointError
from din_core.domain.translatable import Translatable

Library = Literal["fuxictr", "deepctr-torch", "torch-rechub", "recbole"]
LayerActivation = Literal[
    "dice", "affine dice", "row dice", "relu", "prelu", "leaky relu", "sigmoid", "tanh", "silu", "none"
]
Padding = Literal["masked", "where empty", "counted"]
LIBRARIES: dict[Library, str] = {
    "fuxictr": "FuxiCTR",
    "deepctr-torch": "DeepCTR-Torch",
    "torch-rechub": "torch-rechub",
    "recbole": "RecBole",
}
"""How they are written."""
LAYER_ACTIVATIONS: dict[LayerActivation, str] = {
    "dice": "Dice",
    "affine dice": "Dice, affine",
    "row dice": "Dice, row statistics",
    "relu": "ReLU",
    "prelu": "PReLU",
    "leaky relu": "leaky ReLU",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "silu": "SiLU",
    "none": "linear",
}
"""How they are written."""


@dataclass(frozen=True, slots=True)
class LibraryLayers:
    """The layers of a DIN or DIEN that another library trained. Embeddings are shared by candidate and behaviors, the
    unit reads [q, k, q−k, q∘k], of a DIEN with interest states as k; BatchNorm before an activation is folded into the
    linear layer before it, which is exact."""

    library: Library
    unit_hidden: tuple[int, ...]
    """Hidden widths of the activation unit, any number of them."""
    tower_hidden: tuple[int, ...]
    unit_activation: LayerActivation = "dice"
    """"dice" has no affine, "affine dice" scales and moves what its sigmoid reads, "row dice" takes mean and variance
    of a row's channels in the place of a channel's rows, "silu" is what a Dice without statistics and α is."""
    unit_output: LayerActivation = "none"
    """What the unit's last number goes through."""
    tower_activation: LayerActivation = "relu"
    tower_product: bool = False
    """The tower also reads v∘q. It reads profile, context, q and v as they are: neither standardised nor bent, without
    the sum of weights."""
    padding: Padding = "masked"
    """"counted": each history is filled up to `max_history` with padding, which is weighed and summed as a behavior
    is. "where empty": an empty history's interest vector is the embedding of padding."""
    padded_statistics: bool = False
    """Training took the statistics of the unit's layers over padding too; they are used as they were left."""
    scale_width: int = 0
    """D, where what the unit gives is divided by √D, the width of what the library embeds of an item; 0 where not."""

    def __post_init__(self) -> None:
        known = {"library": Library, "unit_activation": LayerActivation, "tower_activation": LayerActivation}
        for name, kind in {**known, "unit_output": LayerActivation, "padding": Padding}.items():
            if getattr(self, name) not in get_args(kind):
                raise CheckpointError(
                    "{name} is {value!r}, but must be one of {known}; change it, or update DIN Lens",
                    name=f"library.{name}",
                    value=getattr(self, name),
                    known=", ".join(map(repr, get_args(kind))),
                )
        for name in ("unit_hidden", "tower_hidden"):
            if not _widths(getattr(self, name)):
                raise _out_of_limits(name, getattr(self, name), Translatable("whole numbers of 1 or more"))
        for name in ("tower_product", "padded_statistics"):
            if not isinstance(getattr(self, name), bool):
                raise _out_of_limits(name, getattr(self, name), Translatable("true or false"))
        if not _whole(self.scale_width, 0):
            raise _out_of_limits("scale_width", self.scale_width, Translatable("0 or more"))

    def check_fits(self, architecture: str, normalisation: str, unpadded: Sequence[str]) -> None:
        """CheckpointError where a model of that kind cannot have such layers; `unpadded` are the item fields that
        cannot hold padding."""
        if architecture not in ("din", "dien"):
            raise CheckpointError(
                "{name} is {value!r}, but must be {needed!r} where library is given; change one of them",
                name="architecture",
                value=architecture,
                needed="din",
            )
        if architecture == "dien" and self.padding != "masked":
            raise _out_of_limits("padding", self.padding, Translatable("'masked' in a DIEN"))
        if self.padding == "where empty" and normalisation == "none":
            raise CheckpointError(
                "library.padding is 'where empty' and normalisation is 'none', but then it must be a softmax; change "
                "one of them"
            )
        if self.padding != "masked" and unpadded:
            raise CheckpointError(
                "padding takes part, but the item field {name} has several values or no row of padding; change one of "
                "them",
                name=unpadded[0],
            )

    @property
    def departures(self) -> tuple[str, ...]:
        """Where it differs from a DIN of Dice layers, in a word or two each; the library first."""
        options = (
            (True, LIBRARIES[self.library]),
            (self.unit_activation != "dice", LAYER_ACTIVATIONS[self.unit_activation]),
            (self.unit_output != "none", f"{LAYER_ACTIVATIONS[self.unit_output]} weights"),
            (self.scale_width > 0, "weights over √D"),
            (self.padding == "counted", "padding counts"),
            (self.padding == "where empty", "empty is padding"),
        )
        return tuple(word for differs, word in options if differs)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, the inverse of `from_dict`."""
        values = asdict(self)
        if not self.scale_width:  # as every checkpoint before there was such a library
            del values["scale_width"]
        return values

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> LibraryLayers:
        """From what `config.json` holds; TypeError for what it may not hold."""
        widths = {name: tuple(raw[name]) for name in ("unit_hidden", "tower_hidden")}
        return cls(**{**raw, **widths})


def _widths(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(_whole(one, 1) for one in value)


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _out_of_limits(name: str, value: object, limit: Translatable) -> CheckpointError:
    return CheckpointError(
        "{name} is {value!r}, but must be {limit}; give another value", name=f"library.{name}", value=value, limit=limit
    )
