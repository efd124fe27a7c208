"""Charts in two steps: `x_info` says what is to be seen, `plot_x` draws it with Plotly."""

from din_core.figures.activation import (
    ActivationInfo,
    Group,
    activation_info,
    activation_infos,
    plot_activation,
)
from din_core.figures.timeline import Tick, Timeline, timeline_info

__all__ = [
    "ActivationInfo",
    "Group",
    "Tick",
    "Timeline",
    "activation_info",
    "activation_infos",
    "plot_activation",
    "timeline_info",
]
