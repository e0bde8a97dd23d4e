"""Tables for people, JSON for programs, and a plot for the docs."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from harness.stats import Bar, Sample, figure


@dataclass
class Row:
    """A line of a table: what was measured, and what it is compared with."""

    name: str
    sample: Sample
    compared: str = ""
    note: str = ""


@dataclass
class Section:
    """One benchmark's outcome."""

    name: str
    title: str
    rows: list[Row] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def row(self, name: str, sample: Sample, compared: str = "", note: str = "") -> Sample:
        """Add a line and return its sample."""
        self.rows.append(Row(name, sample, compared, note))
        return sample

    def bar(
        self, name: str, limit: float, value: float | None, unit: str = "", at_most: bool = True, note: str = ""
    ) -> None:
        """Add a promise and what came of it."""
        self.bars.append(Bar(name, limit, unit, at_most, value, note))


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table whose columns stand below each other."""
    widths = [max(len(str(row[i])) for row in [heads, *rows]) for i in range(len(heads))]
    lines = [
        "| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |" for row in [heads, *rows]
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def text(section: Section) -> str:
    """Return a section as Markdown."""
    rows = []
    for row in section.rows:
        if row.sample.values:
            low, high = row.sample.spread
            rows.append(
                [
                    row.name,
                    figure(row.sample.median, row.sample.unit),
                    "%s – %s" % (figure(low), figure(high)),
                    row.compared,
                    row.note,
                ]
            )
        else:
            rows.append([row.name, "not available", "", row.compared, row.note])
    parts = ["### %s\n" % section.title, table(["measured", "median", "least – most", "compared", "note"], rows)]
    parts += ["", *section.notes] if section.notes else []
    return "\n".join(parts) + "\n"


def bars(sections: list[Section]) -> str:
    """Return the promises and what came of them."""
    return table(
        ["bar", "promised", "measured", "", "note"],
        [
            [
                bar.name,
                bar.promise,
                "–" if bar.value is None else figure(bar.value, bar.unit),
                bar.verdict,
                " ".join(bar.note.split())[:120],
            ]
            for section in sections
            for bar in section.bars
        ],
    )


def write(directory: Path, machine: dict, sections: list[Section]) -> None:
    """Write `bench.json`, `bench.md` and one plot a section into the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    data = {
        "machine": machine,
        "sections": [
            {**asdict(section), "bars": [dict(asdict(bar), verdict=bar.verdict) for bar in section.bars]}
            for section in sections
        ],
    }
    (directory / "bench.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = ["- %s: %s" % pair for pair in machine.items()]
    (directory / "bench.md").write_text(
        "\n".join([*lines, "", *map(text, sections), "### Bars\n", bars(sections), ""]), encoding="utf-8"
    )
    (directory / "bench.svg").write_text(plot(sections), encoding="utf-8")


def plot(sections: list[Section]) -> str:
    """Return an SVG with one bar a promise: how far the measured value is from its limit, which is the line at 1."""
    bars_drawn = [bar for section in sections for bar in section.bars if bar.value is not None]
    height, top, left, scale = 22, 40, 430, 150
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="920" height="%d" font-family="sans-serif" font-size="12">'
        % (top + height * len(bars_drawn) + 20),
        '<rect width="100%" height="100%" fill="white"/>',
        '<text x="%d" y="20">measured against its limit (the line is the limit; shorter is better)</text>' % left,
    ]
    for i, bar in enumerate(bars_drawn):
        used = bar.value / bar.limit if bar.at_most else (bar.limit / bar.value if bar.value else 3)
        y = top + i * height
        lines.append('<text x="%d" y="%d" text-anchor="end">%s</text>' % (left - 8, y + 14, html.escape(bar.name)))
        lines.append(
            '<rect x="%d" y="%d" width="%.0f" height="%d" fill="%s"/>'
            % (left, y + 3, max(1, min(used, 3) * scale), height - 7, "#4a90a4" if bar.verdict == "met" else "#c8553d")
        )
        lines.append(
            '<text x="%.0f" y="%d">%s</text>'
            % (left + max(1, min(used, 3) * scale) + 5, y + 14, html.escape(figure(bar.value, bar.unit)))
        )
    lines.append(
        '<line x1="%d" x2="%d" y1="%d" y2="%d" stroke="black"/>'
        % (left + scale, left + scale, top - 6, top + height * len(bars_drawn))
    )
    return "\n".join([*lines, "</svg>", ""])
