"""What charts are written with: legible on either theme, which the grey of Streamlit's own tick labels is not."""

from __future__ import annotations

import plotly.graph_objects as go

INK = "#111111"
INK_ON_DARK = "#f3f5f8"
PAPER = {False: "#ffffff", True: "#262c38"}
"""Behind the words at the pointer, by whether the theme is dark."""


def ink_of(dark: bool) -> str:
    """The colour of text and of lines that mean something."""
    return INK_ON_DARK if dark else INK


def hover_label(dark: bool) -> dict[str, object]:
    """The words at the pointer: on paper, as Plotly's own are white or grey on the colour of what they stand beside."""
    ink = ink_of(dark)
    return {"bgcolor": PAPER[dark], "bordercolor": ink, "font": {"color": ink}}


def legible(figure: go.Figure, dark: bool) -> go.Figure:
    """The figure, its axes, legend and hover text written in ink."""
    font = {"color": ink_of(dark)}
    figure.update_xaxes(tickfont=font, title_font=font)
    figure.update_yaxes(tickfont=font, title_font=font)
    return figure.update_layout(legend_font=font, hoverlabel=hover_label(dark))
