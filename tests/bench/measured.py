# SPDX-License-Identifier: MIT
"""A figure of the bench: what was measured, of whom, and what it is compared with."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Comparison:
    """`subject` divided by `peer`, and the ratio that the project aims at (None: shown without a verdict)."""
    subject: str
    peer: str
    target: float | None = None
    lower_is_better: bool = True


@dataclasses.dataclass
class Measured:
    """Samples by subject, one a round, taken in turn (A B A B) in the same run."""
    row: int
    ruler: str  # "T": CPU time on this machine; "V": instructions in the virtual machine
    name: str  # "upload, 1 connection"
    unit: str  # "ns a packet"
    samples: dict[str, list[float]]
    comparisons: list[Comparison] = dataclasses.field(default_factory=list)
    note: str = ""  # one sentence, where the name cannot say it
    process: dict[str, list[float]] = dataclasses.field(default_factory=dict)  # the process's part of samples, for the JSON

    def median(self, subject):
        return statistics.median(self.samples[subject])

    def spread(self, subject):
        """Lowest to highest, as a part of the median."""
        samples = self.samples[subject]
        median = self.median(subject)
        return (max(samples) - min(samples)) / median if median else 0.0

    def ratio(self, comparison):
        """Of the medians; None where either was not measured."""
        if not self.samples.get(comparison.subject) or not self.samples.get(comparison.peer):
            return None
        below = self.median(comparison.peer)
        return self.median(comparison.subject) / below if below else None

    def met(self, comparison):
        """True or False; None where there is no target, or nothing to compare."""
        ratio = self.ratio(comparison)
        if ratio is None or comparison.target is None:
            return None
        return ratio <= comparison.target if comparison.lower_is_better else ratio >= comparison.target
