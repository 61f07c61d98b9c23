# SPDX-License-Identifier: MIT
"""The figures of the bench as a table, as JSON and in docs/performance.md."""

import pathlib
import statistics

BEGIN, END = "<!-- scripts/bench --write-docs: begin -->", "<!-- scripts/bench --write-docs: end -->"
VERDICTS = {True: "met", False: "missed", None: ""}


def number(value):
    """Three digits of it that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(value, comparison):
    """So exact that it can be told from the target."""
    shown = f"{value:.2f}"
    return f"{value:.4f}" if comparison.target not in (None, value) and shown == f"{comparison.target:.2f}" else shown


def target(comparison):
    if comparison.target is None:
        return ""
    return f"{'<=' if comparison.lower_is_better else '>='} {comparison.target:.2f}"


def verdict(cell, comparison):
    """Of a ratio that was measured against a target."""
    return VERDICTS[cell.met(comparison)]


def lines_of(cell):
    """A line a subject; what it is compared with stands at the peer's."""
    by_peer = {}
    for comparison in cell.comparisons:
        by_peer.setdefault(comparison.peer, []).append(comparison)
    lines = []
    for subject, samples in cell.samples.items():
        if not samples:
            continue
        figures = [number(cell.median(subject)), f"{number(min(samples))} to {number(max(samples))}"]
        ratios = by_peer.get(subject, [None])
        for i, comparison in enumerate(ratios):
            value = cell.ratio(comparison) if comparison else None
            compared = ([f"{comparison.subject}: {ratio(value, comparison)}", target(comparison), verdict(cell, comparison)]
                        if value is not None else ["", "", ""])
            shown = [str(cell.row), cell.ruler, f"{cell.name}, {cell.unit}", subject, *figures] if i == 0 else [""] * 6
            lines.append(shown + compared)
    for line in lines[1:]:
        line[:3] = ["", "", ""]
    return lines


HEADINGS = ["row", "ruler", "what", "of", "median", "lowest to highest", "/ this", "target", "verdict"]


def table(cells):
    """Markdown that reads as it stands."""
    rows = [HEADINGS] + [line for cell in cells for line in lines_of(cell)]
    widths = [max(3, *(len(row[i]) for row in rows)) for i in range(len(HEADINGS))]
    shown = ["| " + " | ".join(text.ljust(width) for text, width in zip(row, widths)) + " |" for row in rows]
    shown.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    notes = [f"- {cell.name}: {cell.note}" for cell in cells if cell.note]
    return "\n".join(shown + ([""] + notes if notes else []))


def summary(cells):
    verdicts = [cell.met(comparison) for cell in cells for comparison in cell.comparisons]
    return f"targets: {verdicts.count(True)} met, {verdicts.count(False)} missed"


def subject_as_json(cell, subject):
    told = {"name": subject, "median": cell.median(subject), "spread": cell.spread(subject), "samples": cell.samples[subject]}
    if process := cell.process.get(subject):
        told["process_alone"] = {"median": statistics.median(process), "samples": process}
    return told


def as_json(cells, machine):
    """All samples, so that anything can be worked out again."""
    return {"machine": machine, "cells": [
        {"row": cell.row, "ruler": cell.ruler, "name": cell.name, "unit": cell.unit, "note": cell.note,
         "subjects": [subject_as_json(cell, subject) for subject, samples in cell.samples.items() if samples],
         "comparisons": [{"subject": comparison.subject, "peer": comparison.peer, "ratio": cell.ratio(comparison),
                          "target": comparison.target, "lower_is_better": comparison.lower_is_better,
                          "met": cell.met(comparison)} for comparison in cell.comparisons]}
        for cell in cells]}


def write_between_markers(path: pathlib.Path, text):
    """In place of what the last run wrote."""
    page = path.read_text(encoding="utf-8")
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path}: no place for the table: the comments '{BEGIN}' and '{END}' are to be there")
    path.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", encoding="utf-8")
