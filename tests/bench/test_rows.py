# SPDX-License-Identifier: MIT
"""What of the rows is mere reckoning."""

import time

import pytest

import growth
import held_memory
import main
import report
from measured import Comparison, Measured


def cell(comparison, **samples):
    return Measured(5, "T", "handshakes", "a CPU-second", samples, [comparison])


@pytest.mark.parametrize("ours, lower, met", [(129, False, False), (130, False, True), (131, True, False), (130, True, True)])
def test_a_target_is_kept_on_its_side(ours, lower, met):
    comparison = Comparison("quicrx", "peer", 1.3, lower_is_better=lower)
    measured = cell(comparison, quicrx=[1, ours, 999], peer=[90, 100, 110])
    assert measured.ratio(comparison) == pytest.approx(ours / 100)
    assert measured.met(comparison) is met
    shown = report.table([measured])
    assert ("<= 1.30" if lower else ">= 1.30") in shown
    assert ("met" if met else "missed") in shown


def test_what_was_not_measured_has_no_verdict():
    comparison = Comparison("quicrx", "peer", 1.3)
    assert cell(comparison, quicrx=[1], peer=[]).met(comparison) is None
    assert cell(Comparison("quicrx", "peer"), quicrx=[1], peer=[1]).met(Comparison("quicrx", "peer")) is None


def test_growth_has_one_percent_at_work_but_someone():
    assert [growth.active_of(count) for count in growth.SIZES] == [1, 1, 100]
    assert [growth.name_of(count) for count in growth.SIZES] == ["1 open", "100 open", "10,000 open"]


def test_the_peak_is_the_most_that_was_seen():
    now = [3]
    with held_memory.Peak(lambda: now[0]) as peak:
        now[0] = 9
        time.sleep(held_memory.LOOK * 20)
        now[0] = 5
    assert peak.most == 9
    with held_memory.Peak(lambda: 7) as peak:
        pass
    assert peak.most == 7


def test_a_row_is_chosen_by_its_number_and_ruler():
    def modules(*words):
        return [part.module for part in main.parts_of(main.parse(words))]
    assert modules("--row", "7", "--row", "8") == ["held_memory", "growth"]
    assert modules("--ruler", "V") == ["guest_receive", "guest"]
    assert "guest" not in modules("--quick") and {"handshake_rate", "request_latency"} <= set(modules("--quick"))
    with pytest.raises(SystemExit):
        modules("--rounds", "0")
