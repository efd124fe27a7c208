"""One explanation method a file; what they return is in `din_core.domain`."""

from din_core.explain.activation import activation_weights, counted_weights, softmaxed_weights
from din_core.explain.agreement import agreement
from din_core.explain.counterfactuals import fewest_additions, smallest_removal
from din_core.explain.erasure import curves, erasure
from din_core.explain.evolution import evolution_path
from din_core.explain.groups import Group, by_field, by_week
from din_core.explain.integrated_gradients import gradient_times_input, integrated_gradients
from din_core.explain.item_space import (
    ItemSpace,
    Plane,
    Separation,
    around,
    item_space,
    neighbours,
    one_category,
    plane,
    separation,
)
from din_core.explain.leave_one_out import leave_one_out
from din_core.explain.path_split import path_split
from din_core.explain.reasons.answer import answer
from din_core.explain.reasons.removals import removals, removed_together
from din_core.explain.reasons.score_gap import score_gap
from din_core.explain.shapley import shapley
from din_core.explain.tsne import tsne
from din_core.explain.unit_reading import unit_reading
from din_core.explain.verdict import verdict

__all__ = [
    "Group",
    "ItemSpace",
    "Plane",
    "Separation",
    "activation_weights",
    "agreement",
    "answer",
    "around",
    "by_field",
    "by_week",
    "counted_weights",
    "curves",
    "erasure",
    "evolution_path",
    "fewest_additions",
    "gradient_times_input",
    "integrated_gradients",
    "item_space",
    "leave_one_out",
    "neighbours",
    "one_category",
    "path_split",
    "plane",
    "removals",
    "removed_together",
    "score_gap",
    "separation",
    "shapley",
    "smallest_removal",
    "softmaxed_weights",
    "tsne",
    "unit_reading",
    "verdict",
]
