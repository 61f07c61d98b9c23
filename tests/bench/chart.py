# SPDX-License-Identifier: MIT
"""The ratios of the bench as bars, each with its target's mark; what has no peer is said in words."""

import dataclasses

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  pylint: disable=wrong-import-position

import report  # noqa: E402  pylint: disable=wrong-import-position

COLOURS = {True: "#2a9d5c", False: "#d1495b", None: "#7a8793"}
SHOWN_UP_TO = 2.0  # a longer bar is cut, and says its figure


@dataclasses.dataclass(frozen=True)
class Line:
    label: str
    text: str
    ratio: float | None = None
    target: float | None = None
    met: bool | None = None


def lines_of(cell):
    """One a comparison that has a figure; one in all where none has."""
    name = f"{cell.row} {cell.ruler}  {cell.name}"
    compared = [(comparison, ratio) for comparison in cell.comparisons
                if (ratio := cell.ratio(comparison)) is not None]
    if not compared:
        figures = ", ".join(f"{subject}: {report.number(cell.median(subject))}" for subject, samples in cell.samples.items()
                            if samples)
        return [Line(name, f"{figures} ({cell.unit})")]
    return [Line(f"{name}\n{comparison.subject} / {comparison.peer}", report.ratio(ratio, comparison), ratio,
                 comparison.target,
                 cell.met(comparison)) for comparison, ratio in compared]


def draw(cells, path, title):
    lines = [line for cell in cells for line in lines_of(cell)]
    figure, axes = pyplot.subplots(figsize=(12, 1.4 + 0.4 * max(1, len(lines))), layout="constrained")
    for place, line in enumerate(lines):
        length = 0 if line.ratio is None else min(line.ratio, SHOWN_UP_TO)
        axes.barh(place, length, color=COLOURS[line.met], height=0.6)
        beyond = length + 0.02
        if line.target is not None:
            beyond = max(beyond, line.target + 0.02) if -0.02 < line.target - length < 0.15 else beyond
            axes.plot([line.target] * 2, [place - 0.42, place + 0.42], color="black", linewidth=2)
        axes.text(beyond, place, line.text, va="center", fontsize=8)
    axes.axvline(1, color="black", linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(lines)), [line.label for line in lines], fontsize=7)
    axes.invert_yaxis()
    axes.margins(y=0.005)
    axes.set_xlim(0, SHOWN_UP_TO * 1.08)
    axes.set_xlabel("ratio of medians; | target; green: met, red: missed, grey: without a target")
    axes.set_title(title, fontsize=8)
    figure.savefig(path, dpi=80)
    pyplot.close(figure)
