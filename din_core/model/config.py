"""What a network is made of: one frozen dataclass, readable from and written to `config.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from din_core.domain import CheckpointError
from din_core.model.config_limits import LIMITS
from din_core.model.external.options import ModuleOptions, ServedOptions
from din_core.model.fields.field_config import FieldConfig as FieldConfig  # noqa: PLC0414  (part of a config)
from din_core.model.library.options import LibraryLayers

Architecture = Literal["base", "din", "dien", "tin", "module", "served"]
BasePooling = Literal["average", "sum", "time decay"]
Attention = Literal["unit", "dot", "bilinear"]
UnitInput = Literal["official", "paper"]
UnitActivation = Literal["dice", "prelu", "sigmoid"]
Normalisation = Literal["none", "softmax", "scaled softmax"]
Evolution = Literal["aigru", "agru", "augru"]
TemporalEncoding = Literal["rank", "gap", "none"]
Vectors = Literal["none", "fixed", "fine-tuned"]
VECTOR = "vector"
"""The name of the item field that is an item's pretrained vector."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A member of the Deep Interest Network family; an option that its architecture does not use says nothing."""

    architecture: Architecture
    """"base": pooling that knows no candidate. "din": a local activation unit and weighted sum pooling (Zhou et
    al., KDD 2018, arXiv:1706.06978). "dien": interest extractor and interest evolution (Zhou et al., AAAI 2019,
    arXiv:1809.03672). "tin": attention and interest vector of products, both temporally encoded (Zhou et al., WWW 2024,
    arXiv:2308.08487). "module": a module of an installed package. "served": a model that a server computes."""
    item_fields: tuple[FieldConfig, ...]
    """Shared by candidate and behaviors; the first is the item itself."""
    user_fields: tuple[FieldConfig, ...]
    context_fields: tuple[FieldConfig, ...]
    tower_hidden: tuple[int, int] = (200, 80)
    tower_dropout: float = 0.0
    """Dropout on the tower's hidden layers, in training only."""
    max_history: int = 400
    """Most recent distinct items kept, each with its count; where order or age matters, most recent behaviors."""

    base_pooling: BasePooling = "average"
    """Base: 1/H, 1, or 2^(−age/half-life) over the sum of these."""
    half_life: float = 30.0
    """Base with time decay: days after which a behavior counts half; where learned, what it starts from."""
    learn_half_life: bool = True

    attention: Attention = "unit"
    """DIN: "unit" is the local activation unit, "dot" is q·k, "bilinear" is q·W·k."""
    unit_input: UnitInput = "official"
    """[q, k, q−k, q∘k] as in the official code, or [q, q∘k, k] as in the paper."""
    unit_activation: UnitActivation = "dice"
    unit_hidden: tuple[int, int] = (80, 40)
    """Hidden widths of the activation unit (official code: 80, 40; the paper's figure: 36)."""
    unit_per_field: bool = False
    """One unit per item field (shop↔shop, item↔item), each weighing its own field's embeddings."""
    unit_matches: bool = False
    """The unit also reads, for each item field, whether candidate and behavior share a known value: what
    embeddings take long to learn for rare values. Neither the paper nor the official code has this."""
    project_query: bool = False
    """A linear layer and a PReLU on the candidate's embedding before the attention, as in the official code."""
    normalisation: Normalisation = "none"
    """DIN does not normalise its activation weights; "scaled softmax" divides by √D first, as TIN's paper has it."""

    behavior_fields: tuple[FieldConfig, ...] = ()
    """What the unit also reads of each behavior itself: its type, `behavior_type` (view, cart, buy), where the tables
    have one; () for nothing."""
    gap_edges: tuple[float, ...] = ()
    """Days at which ranges of the time gap between behavior and impression begin, rising, the first range reaching
    from 0 to the first of them. The unit also reads in which range the gap lies (ATRank, Zhou et al., AAAI 2018,
    arXiv:1711.06632, which lets their lengths double); () where it does not. TIN's encoding of gaps is of these."""
    gap_width: int = 8
    """Embedding width of a range."""

    monotone: bool = False
    """The logit is a + Σ_h exp(g_h)·asinh(4·I_h): I_h is the sum of one unit's weights over the history, and a and g
    are of candidate, profile and context. There is no interest vector. So a behavior that a unit weighs above 0 raises
    what this unit adds to the logit, and one that it weighs more raises it more. Neither the paper nor the official
    code has this."""
    unit_heads: int = 1
    """Monotone: units that weigh each behavior, each on all fields."""

    counts: bool = False
    """The tower also reads how often the history, and everybody's histories of the training weeks, hold the
    candidate's item and its other values: hand-made features beside the attention. Neither the paper nor the
    official code has this."""

    evolution: Evolution = "augru"
    """DIEN: how attention enters the second GRU."""
    auxiliary_weight: float = 1.0
    """DIEN: α, the weight of the auxiliary loss."""
    history_sum: bool = False
    """DIEN: the tower also reads the sum of all behaviors and its product with the candidate, as in the official
    code; the paper has the last state alone."""

    temporal_encoding: TemporalEncoding = "rank"
    """TIN: what is encoded of a behavior's time as the target sees it: its rank, the newest 1 (the paper's TTE-P), or
    the range of its gap (TTE-T); "none" is the paper's ablation."""
    target_representation: bool = True
    """TIN: behaviors are multiplied by the target before they are summed; without it, the paper's ablation."""

    vectors: Vectors = "none"
    """Whether the last item field is a pretrained vector, which training leaves as it is ("fixed") or trains."""
    vector_length: int = 0
    """Numbers of each vector."""

    library: LibraryLayers | None = None
    """The layers of a DIN or DIEN that another library trained, in the place of this project's unit (of DIEN its
    bilinear form) and tower; hidden widths and activations above say nothing then."""
    module: ModuleOptions | None = None
    """The module of an installed package; every option above but fields and history length says nothing then."""
    served: ServedOptions | None = None
    """The server that computes the model; the same of the options above."""

    def __post_init__(self) -> None:
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise CheckpointError(
                    "{name} is {value!r}, but must be one of {known}; change it, or update DIN Lens",
                    name=name,
                    value=getattr(self, name),
                    known=", ".join(map(repr, known)),
                )
        for name, (limit, holds) in LIMITS.items():
            if not holds(getattr(self, name)):
                raise CheckpointError(
                    "{name} is {value!r}, but must be {limit}; give another value",
                    name=name,
                    value=getattr(self, name),
                    limit=limit,
                )
        if self.history_sum and self.architecture != "dien":
            raise CheckpointError(
                "history_sum is for DIEN, but this is {architecture!r}, which pools all behaviors; leave it out",
                architecture=self.architecture,
            )
        self._check_temporal()
        self._check_monotone()
        if [field.name for field in self.behavior_fields] not in ([], [BEHAVIOR_TYPE]):
            raise CheckpointError(
                "behavior_fields holds {names}, but may hold {known} alone; leave the others out",
                names=", ".join(field.name for field in self.behavior_fields),
                known=BEHAVIOR_TYPE,
            )
        self._check_vectors()
        self._check_library()
        self._check_external()
        for name in ("unit_per_field", "unit_matches", "behavior_fields", "gap_edges"):
            if name == "gap_edges" and self.architecture == "tin":
                continue  # what TIN reads of gaps is checked with its encoding
            if name == "behavior_fields" and self.external:
                continue  # its owner reads types as it likes
            if getattr(self, name) and (self.architecture, self.attention) != ("din", "unit"):
                raise CheckpointError(
                    "{name} needs the activation unit of DIN, but this is {architecture!r} with attention "
                    "{attention!r}; leave it out",
                    name=name,
                    architecture=self.architecture,
                    attention=self.attention,
                )

    def _check_temporal(self) -> None:
        for name, usual in (("temporal_encoding", "rank"), ("target_representation", True)):
            if self.architecture != "tin" and getattr(self, name) != usual:
                raise CheckpointError(
                    "{name} is for TIN, but this is {architecture!r}; leave it out",
                    name=name,
                    architecture=self.architecture,
                )
        if self.architecture == "tin" and (self.temporal_encoding == "gap") != bool(self.gap_edges):
            raise CheckpointError(
                "temporal_encoding is {encoding!r}, but gap_edges holds {n} days; TIN's encoding 'gap' needs some, and "
                "no other reads any",
                encoding=self.temporal_encoding,
                n=len(self.gap_edges),
            )

    def _check_monotone(self) -> None:
        if self.monotone:
            plain = {"attention": "unit", "normalisation": "none", "unit_per_field": False, "project_query": False}
            needed = {"architecture": "din", **plain, "counts": False}
        else:
            needed = {"unit_heads": 1}
        for name, value in needed.items():
            if getattr(self, name) != value:
                raise CheckpointError(
                    "monotone is {monotone!r} and {name} is {value!r}, but then it must be {needed!r}; change one of "
                    "them",
                    monotone=self.monotone,
                    name=name,
                    value=getattr(self, name),
                    needed=value,
                )

    def _check_vectors(self) -> None:
        last = self.item_fields[-1].name if self.item_fields else None
        if self.vectors != "none" and (last != VECTOR or not self.vector_length):
            raise CheckpointError(
                "vectors is {vectors!r}, but the last item field is {last!r} and vector_length {length}; name the "
                "field {wanted!r}, and give its vectors a length",
                vectors=self.vectors,
                last=last,
                length=self.vector_length,
                wanted=VECTOR,
            )

    def _check_library(self) -> None:
        if self.library is None:
            return
        needed = {"attention": "unit", "unit_input": "official", "behavior_fields": (), "gap_edges": ()}
        options = ("unit_matches", "project_query", "monotone", "counts", "history_sum")
        for name, value in {**needed, **dict.fromkeys(options, False)}.items():
            if getattr(self, name) != value:
                raise CheckpointError(
                    "{name} is {value!r}, but must be {needed!r} where library is given; change one of them",
                    name=name,
                    value=getattr(self, name),
                    needed=value,
                )
        unpadded = [field.name for field in self.item_fields if field.several or field.rows < 2]
        self.library.check_fits(self.architecture, self.normalisation, unpadded)

    def _check_external(self) -> None:
        for name in ("module", "served"):
            if (getattr(self, name) is not None) != (self.architecture == name):
                raise CheckpointError(
                    "{name} is {value!r}, but must be given for the architecture {name!r} and no other; change one of "
                    "them",
                    name=name,
                    value=getattr(self, name),
                )
        several = [field.name for field in self.item_fields if field.several]
        if self.external and (several or self.vectors != "none" or self.counts):
            raise CheckpointError(
                "{title} is no model of this project, so it reads neither counts, vectors nor several values of an item"
                " field; take them from its config.json",
                title=self.title,
            )

    @property
    def external(self) -> bool:
        """Whether the model is not this project's: nothing is known of it but what it gives."""
        return self.architecture in ("module", "served")

    @property
    def unit_layers(self) -> tuple[int, ...]:
        """Hidden widths of the activation unit."""
        return self.unit_hidden if self.library is None else self.library.unit_hidden

    @property
    def tower_layers(self) -> tuple[int, ...]:
        """Hidden widths of the tower."""
        return self.tower_hidden if self.library is None else self.library.tower_hidden

    @property
    def several(self) -> tuple[bool, ...]:
        """(F,) which item fields have several values an item."""
        return tuple(field.several for field in self.item_fields)

    @property
    def item_width(self) -> int:
        """D, the width of one item's concatenated field embeddings."""
        return sum(field.width for field in self.item_fields)

    @property
    def interest_fields(self) -> tuple[int, ...]:
        """Widths of the interest vector's parts, one an item field; twice where it holds the history's sum too."""
        return tuple(field.width for field in self.item_fields) * (2 if self.history_sum else 1)

    @property
    def intensities(self) -> int:
        """Sums of weights that the tower reads: one, one an item field, or one a head."""
        if self.monotone:
            return self.unit_heads
        return len(self.interest_fields) if self.unit_per_field else 1

    @property
    def folds(self) -> bool:
        """Whether repeats may be folded into counts: exact where neither order, age nor type plays a part. Other
        libraries cut histories to so many behaviors, not items."""
        return not (self.reads_times or self.reads_types or self.library)

    @property
    def reads_times(self) -> bool:
        """Whether order or dates of behaviors make a difference."""
        by_itself = self.architecture == "dien" or self.external  # of which nobody knows better
        return by_itself or self.pooling == "time decay" or self.reads_gaps or self.reads_ranks

    @property
    def reads_ranks(self) -> bool:
        """Whether a behavior's weight depends on how many came after it."""
        return self.architecture == "tin" and self.temporal_encoding == "rank"

    @property
    def reads_types(self) -> bool:
        """Whether a behavior's weight depends on its type."""
        return bool(self.behavior_fields)

    @property
    def reads_gaps(self) -> bool:
        """Whether a behavior's weight depends on how long ago it was."""
        return bool(self.gap_edges)

    @property
    def pooling(self) -> str:
        """How behaviors become the interest vector: "attention", "evolution", or the base model's pooling; "own" where
        its owner knows."""
        own = {"din": "attention", "tin": "attention", "dien": "evolution", "module": "own", "served": "own"}
        return own.get(self.architecture, self.base_pooling)

    @property
    def weighs_apart(self) -> bool:
        """Whether behaviors of one history may have different weights."""
        return self.architecture != "base" or self.base_pooling == "time decay"

    @property
    def sums_embeddings(self) -> bool:
        """Whether the interest vector is the sum of embeddings times learned weights, and nothing else follows from
        these: not with an evolution, nor where sums are of products with the candidate, nor where there is none."""
        return self.architecture == "din" and not self.monotone

    @property
    def title(self) -> str:
        """The model's name for people, such as "DIN · softmax"."""
        if self.module is not None:
            return self.module.title or self.module.entry_point
        if self.served is not None:
            return self.served.title or self.served.server
        counts = ["counts"] if self.counts else []
        if self.architecture == "base":
            return " · ".join([f"{self.base_pooling.capitalize()} pooling", *counts])
        if self.architecture == "dien":
            own = () if self.library is None else self.library.departures
            return " · ".join(["DIEN", *own, *([self.evolution.upper()] if self.evolution != "augru" else []), *counts])
        if self.architecture == "tin":
            return " · ".join(["TIN", *self._temporal_departures, *counts])
        head = {"unit": "DIN", "dot": "Dot product", "bilinear": "Bilinear"}[self.attention]
        return " · ".join([head, *self.departures])

    @property
    def departures(self) -> tuple[str, ...]:
        """Where a DIN differs from the plain one, in a word or two each."""
        with_unit = self.attention == "unit" and self.library is None
        options = (
            (self.normalisation != "none", self.normalisation),
            (with_unit and self.unit_input == "paper", "paper input"),
            (with_unit and self.unit_activation != "dice", ACTIVATIONS[self.unit_activation]),
            (self.unit_per_field, "unit per field"),
            (self.unit_matches, "match flags"),
            (self.project_query, "projected query"),
            (self.reads_types, "types"),
            (self.reads_gaps, "gaps"),
            (self.monotone, "glass"),
            (self.counts, "counts"),
        )
        own = () if self.library is None else self.library.departures
        return (*own, *(word for differs, word in options if differs))

    @property
    def _temporal_departures(self) -> tuple[str, ...]:
        """Where a TIN differs from the paper's."""
        normalised = "not normalised" if self.normalisation == "none" else self.normalisation
        options = (
            (self.temporal_encoding == "gap", "gaps"),
            (self.temporal_encoding == "none", "no temporal encoding"),
            (not self.target_representation, "behaviors alone"),
            (self.normalisation != "scaled softmax", normalised),
        )
        return tuple(word for differs, word in options if differs)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, the inverse of `from_dict`."""
        values = asdict(self)
        if self.external:  # of which the other options say nothing
            values = {name: values[name] for name in _OF_EXTERNAL}
        for name in ("item_fields", "user_fields", "context_fields"):
            for field in values[name]:
                if not field["several"]:  # as every checkpoint before there were such fields
                    del field["several"]
        for name in ("library", "module", "served"):  # without them as every checkpoint before there were such
            if getattr(self, name) is None:
                values.pop(name, None)
        if self.library is not None:
            values["library"] = self.library.to_dict()
        return values

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> ModelConfig:
        """Rebuild a config; CheckpointError names what is missing or unknown."""
        try:
            values = dict(raw)
            for name in ("item_fields", "user_fields", "context_fields"):
                values[name] = tuple(FieldConfig(**field) for field in values[name])
            fields_of_behaviors = values.get("behavior_fields", ())
            values["behavior_fields"] = tuple(FieldConfig(**field) for field in fields_of_behaviors)
            for name in ("unit_hidden", "tower_hidden"):
                if not {"module", "served"} & values.keys() or name in values:
                    values[name] = tuple(values[name])
            values["gap_edges"] = tuple(values.get("gap_edges", ()))
            if values.get("library") is not None:
                values["library"] = LibraryLayers.from_dict(values["library"])
            for name, kind in (("module", ModuleOptions), ("served", ServedOptions)):
                if values.get(name) is not None:
                    values[name] = kind(**values[name])
            return cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                "config.json does not describe a model ({error}); write it with `python -m trainer train`",
                error=str(error),
            ) from error


BEHAVIOR_TYPE = "behavior_type"
"""The one field of behaviors that a model may read."""
GAP_EDGES = tuple(2.0**power for power in range(-10, 11))
"""Days: from a minute and a half to not quite three years, each twice the last; what training begins with."""
ACTIVATIONS: dict[UnitActivation, str] = {"dice": "Dice", "prelu": "PReLU", "sigmoid": "sigmoid"}
"""How they are written."""
_CHOICES: dict[str, tuple[str, ...]] = {
    "architecture": get_args(Architecture),
    "base_pooling": get_args(BasePooling),
    "attention": get_args(Attention),
    "unit_input": get_args(UnitInput),
    "unit_activation": get_args(UnitActivation),
    "normalisation": get_args(Normalisation),
    "evolution": get_args(Evolution),
    "temporal_encoding": get_args(TemporalEncoding),
    "vectors": get_args(Vectors),
}


_OF_EXTERNAL = (
    *("architecture", "item_fields", "user_fields", "context_fields", "max_history", "behavior_fields"),
    *("module", "served"),
)
_OF_DATA = ("item_fields", "user_fields", "context_fields", "vectors", "vector_length", "library", "module", "served")
OPTIONS = tuple(f.name for f in fields(ModelConfig) if f.name not in ("architecture", *_OF_DATA))
"""What may be chosen for a model; its fields follow from the data, and a library's layers are imported."""
