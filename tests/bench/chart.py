# SPDX-License-Identifier: MIT
"""The ratios of the bench as bars, each with its target's mark."""

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  pylint: disable=wrong-import-position

COLOURS = {True: "#2a9d5c", False: "#d1495b", None: "#7a8793"}
SHOWN_UP_TO = 2.0  # a longer bar is cut, and says its figure


def bars(cells):
    """Of each comparison that has a figure."""
    return [(f"{cell.row} {cell.ruler}  {cell.name}\n{comparison.subject} / {comparison.peer}", cell.ratio(comparison),
             comparison, cell.met(comparison))
            for cell in cells for comparison in cell.comparisons if cell.ratio(comparison) is not None]


def draw(cells, path, title):
    shown = bars(cells)
    figure, axes = pyplot.subplots(figsize=(12, 1.4 + 0.46 * max(1, len(shown))), layout="constrained")
    for place, (_, ratio, comparison, met) in enumerate(shown):
        axes.barh(place, min(ratio, SHOWN_UP_TO), color=COLOURS[met], height=0.6)
        axes.text(min(ratio, SHOWN_UP_TO) + 0.02, place, f"{ratio:.2f}", va="center", fontsize=8)
        if comparison.target is not None:
            axes.plot([comparison.target] * 2, [place - 0.42, place + 0.42], color="black", linewidth=2)
    axes.axvline(1, color="black", linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(shown)), [label for label, *_ in shown], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlim(0, SHOWN_UP_TO * 1.08)
    axes.set_xlabel("ratio of medians; | target; green: met, red: missed, grey: without a target")
    axes.set_title(title, fontsize=10)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
