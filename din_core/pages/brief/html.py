"""A brief as HTML: one sentence, five bars, no script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from din_core.pages.brief.content import Bar, BriefContent
from din_core.pages.browser.sources import source
from din_core.pages.language.answer_texts import Segments
from din_core.pages.language.translate import t

PART_CSS = source("brief/brief.css")
"""Of a brief that stands on a page with others."""
CSS = source("brief/page_width.css") + PART_CSS


def brief_html(content: BriefContent, href: str = "", *, new_tab: bool = False, note: str = "", level: int = 1) -> str:
    """The whole brief, its heading of this `level`; `href` is where the full analysis is, `note` says what is shown."""
    target = ' target="_blank"' if new_tab else ""
    link = f'<p class="open"><a href="{escape(href)}"{target}>{escape(t("Open the full analysis"))}</a></p>'
    parts = [
        f'<h{level} class="title">{escape(content.title)}</h{level}>',
        f'<p class="quiet">{escape(content.subtitle)}</p>',
        f'<p class="note">{escape(note)}</p>' if note else "",
        f'<p class="answer">{segments_html(content.sentence)}</p>',
        changes_html(content.changes, level + 1),
        bars_html(content.bars, level + 1),
        f'<p class="caution">{escape(content.caution)}</p>' if content.bars else "",
        facts_html(content.facts),
        link if href else "",
    ]
    return f'<article class="brief">{"".join(parts)}</article>'


def segments_html(segments: Segments) -> str:
    """Every other segment stands out, the second first."""
    return "".join(f"<strong>{escape(one)}</strong>" if i % 2 else escape(one) for i, one in enumerate(segments))


def changes_html(changes: Sequence[str], level: int) -> str:
    """What was changed of the history, as a list; nothing where nothing was."""
    if not changes:
        return ""
    listed = "".join(f"<li>{escape(one)}</li>" for one in changes)
    return f"{part_heading(t('What if: the history was changed'), level)}<ol>{listed}</ol>"


def part_heading(text: str, level: int) -> str:
    """Of a part of a brief."""
    return f'<h{level} class="part">{escape(text)}</h{level}>'


def bars_html(bars: Sequence[Bar], level: int) -> str:
    """A table whose second column draws the points; all bars have one zero."""
    if not bars:
        return ""
    low, high = min(0.0, *(bar.points for bar in bars)), max(0.0, *(bar.points for bar in bars))
    heads = (t("Part of the history"), t("Bar"), t("Points"), t("Without"))
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    rows = "".join(bar_html(bar, low, high) for bar in bars)
    title = part_heading(t("Why: what the chance loses without each part of the history, in points"), level)
    return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def bar_html(bar: Bar, low: float, high: float) -> str:
    """One row; `low` and `high` are the ends of the axis, zero lies within."""
    whole = high - low or 1.0
    begin, end = sorted(((0 - low) / whole, (bar.points - low) / whole))
    style = f"margin-left:{100 * begin:.2f}%;width:{100 * (end - begin):.2f}%"
    kind = "bar lowers" if bar.points < 0 else "bar"
    return (
        f'<tr><th scope="row">{escape(bar.title)}</th><td class="room"><div class="{kind}" style="{style}"></div></td>'
        f'<td class="number">{signed(bar.points)}</td><td class="number quiet">{escape(bar.without)}</td></tr>'
    )


def facts_html(facts: Sequence[tuple[str, str]]) -> str:
    """Names and values."""
    return (
        '<dl class="facts">'
        + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
        + "</dl>"
    )


def signed(points: float) -> str:
    """`+12.3` or `−4.5`."""
    text = f"{abs(points):.1f}"
    return text if float(text) == 0 else f"{'−' if points < 0 else '+'}{text}"
