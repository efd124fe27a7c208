"""Charts in two steps: `x_info` says what is to be seen, `plot_x` draws it with Plotly."""

from din_core.figures.activation import (
    ActivationInfo,
    CategoryGroup,
    GapResponseInfo,
    GapResponseLabels,
    activation_info,
    activation_infos,
    gap_response_info,
    plot_activation,
    plot_gap_response,
)
from din_core.figures.curves import Curve, CurvesInfo, curves_info, plot_curves
from din_core.figures.effects import (
    CategoryEffect,
    EffectsInfo,
    PathPart,
    PathsInfo,
    effects_info,
    paths_info,
    whole_categories,
)
from din_core.figures.evolution import EvolutionInfo, EvolutionLabels, evolution_info, plot_evolution, plot_path
from din_core.figures.heatmap import HeatmapInfo, HeatmapLabels, HeatmapRow, heatmap_info, plot_heatmap
from din_core.figures.leaderboard import Dot, LeaderboardInfo, leaderboard_info, plot_leaderboard
from din_core.figures.timeline import Tick, Timeline, timeline_info

__all__ = [
    "ActivationInfo",
    "CategoryEffect",
    "CategoryGroup",
    "Curve",
    "CurvesInfo",
    "Dot",
    "EffectsInfo",
    "EvolutionInfo",
    "EvolutionLabels",
    "GapResponseInfo",
    "GapResponseLabels",
    "HeatmapInfo",
    "HeatmapLabels",
    "HeatmapRow",
    "LeaderboardInfo",
    "PathPart",
    "PathsInfo",
    "Tick",
    "Timeline",
    "activation_info",
    "activation_infos",
    "curves_info",
    "effects_info",
    "evolution_info",
    "gap_response_info",
    "heatmap_info",
    "leaderboard_info",
    "paths_info",
    "plot_activation",
    "plot_curves",
    "plot_evolution",
    "plot_gap_response",
    "plot_heatmap",
    "plot_leaderboard",
    "plot_path",
    "timeline_info",
    "whole_categories",
]
