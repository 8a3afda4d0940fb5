"""A bar chart as SVG: the same bytes for the same numbers, readable in light and dark pages."""

from collections.abc import Sequence
from html import escape

WIDTH = 640
HEIGHT = 240
MARGIN = 40
GAP = 0.2
MAX_LABELS = 20
COLOUR = "#3b7dd8"
INK = "#7a7a7a"


def bars_svg(title: str, labels: Sequence[str], values: Sequence[float]) -> str:
    """The chart; a label and a value a bar, values not negative. The greatest value is written at the axis."""
    room_x, room_y = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    top = max(values, default=0) or 1
    step = room_x / max(len(values), 1)
    every = -(-len(labels) // MAX_LABELS) or 1
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"',
        f'     font-family="sans-serif" font-size="11" fill="{INK}">',
        f"<title>{escape(title)}</title>",
        f'<text x="{MARGIN}" y="20" font-size="13">{escape(title)}</text>',
        f'<text x="{MARGIN - 4}" y="{MARGIN + 4}" text-anchor="end">{top:,.6g}</text>',
        f'<path d="M{MARGIN} {MARGIN}V{HEIGHT - MARGIN}H{WIDTH - MARGIN}" fill="none" stroke="{INK}"/>',
    ]
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        x, height = MARGIN + index * step, room_y * value / top
        parts.append(
            f'<rect x="{x + step * GAP / 2:.2f}" y="{HEIGHT - MARGIN - height:.2f}" width="{step * (1 - GAP):.2f}" '
            f'height="{height:.2f}" fill="{COLOUR}"><title>{escape(label)}: {value:,.6g}</title></rect>'
        )
        if index % every == 0:
            parts.append(
                f'<text x="{x + step / 2:.2f}" y="{HEIGHT - MARGIN + 16}" text-anchor="middle">{escape(label)}</text>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"
