"""What charts say can be read on either theme."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from din_core.figures.ink import INK, INK_ON_DARK, ink_of, legible
from din_core.figures.store_facts import per_user_info, plot_bars

PAGES = {False: "#ffffff", True: "#0e1117"}
"""What the themes draw on."""


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
def test_ink_has_a_contrast_of_seven_to_one_or_more(dark: bool) -> None:
    lighter, darker = sorted((luminance(ink_of(dark)), luminance(PAGES[dark])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) > 7


@pytest.mark.parametrize("dark", [False, True])
def test_the_words_at_the_pointer_have_a_contrast_of_seven_to_one_or_more(dark: bool) -> None:
    label = legible(go.Figure(go.Scatter(y=[1, 2], marker_color="#9aa4b2")), dark).layout.hoverlabel
    lighter, darker = sorted((luminance(label.font.color), luminance(label.bgcolor)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) > 7


def test_axes_and_legends_are_written_in_ink() -> None:
    bars = plot_bars(per_user_info([(1, 3)]), "behaviors", dark=True)
    assert (bars.layout.xaxis.tickfont.color, bars.layout.yaxis.title.font.color) == (INK_ON_DARK, INK_ON_DARK)
    figure = legible(go.Figure(go.Scatter(y=[1, 2], name="one")), dark=False)
    assert (figure.layout.legend.font.color, figure.layout.xaxis.tickfont.color) == (INK, INK)
