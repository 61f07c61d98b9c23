# SPDX-License-Identifier: MIT
"""What becomes of figures: ratios, table, JSON, chart, and the page that shows them."""

import json

import pytest

import chart
import guest
import guest_receive
import main
import report
from measured import Comparison, Measured
from wire import Spent

COMPARED = Comparison("quicrx", "peer", 0.6)


def cell(*comparisons, **samples):
    return Measured(4, "T", "upload", "ns a packet", samples, list(comparisons))


@pytest.mark.parametrize("value, shown", [(1234.5, "1,234"), (99.94, "99.9"), (10, "10.0"), (9.994, "9.99"), (0.5, "0.50")])
def test_a_number_has_three_digits_that_count(value, shown):
    assert report.number(value) == shown


def test_a_ratio_is_of_medians_and_the_spread_of_all():
    measured = cell(COMPARED, quicrx=[50, 60, 1000], peer=[90, 100, 101])
    assert measured.ratio(COMPARED) == pytest.approx(0.6) and measured.met(COMPARED)
    assert measured.spread("quicrx") == pytest.approx(950 / 60)
    assert cell(COMPARED, quicrx=[1], peer=[0]).ratio(COMPARED) is None


def test_the_ratio_stands_in_the_peers_line():
    shown = report.table([cell(COMPARED, Comparison("slow", "peer"), quicrx=[61], slow=[200], peer=[100])]).splitlines()
    assert len(shown) == 6 and len({len(line) for line in shown}) == 1
    words = [[word.strip() for word in line.split("|")[1:-1]] for line in shown]
    assert words[2] == ["4", "T", "upload, ns a packet", "quicrx", "61.0", "61.0 to 61.0", "", "", ""]
    assert words[4][3:] == ["peer", "100", "100 to 100", "quicrx: 0.61", "<= 0.60", "missed"]
    assert words[5] == ["", "", "", "", "", "", "slow: 2.00", "", ""]


@pytest.mark.parametrize("ours, shown, met", [(601, "0.6010", False), (600, "0.60", True), (599, "0.5990", True),
                                               (611, "0.61", False)])
def test_a_ratio_beside_its_target_is_told_more_exactly(ours, shown, met):
    table = report.table([cell(COMPARED, quicrx=[ours], peer=[1000])])
    assert f"quicrx: {shown} " in table and ("met" if met else "missed") in table


def test_who_was_not_measured_is_not_shown():
    measured = cell(COMPARED, quicrx=[1], peer=[])
    assert "peer" not in report.table([measured])
    assert [subject["name"] for subject in report.as_json([measured], {})["cells"][0]["subjects"]] == ["quicrx"]


def test_targets_are_counted():
    assert report.summary([cell(COMPARED, Comparison("peer", "quicrx", 0.1), Comparison("quicrx", "peer"), quicrx=[1], peer=[2]),
                           cell(COMPARED, quicrx=[1], peer=[])]) == "targets: 1 met, 1 missed"


def test_the_json_has_every_sample_and_the_process_alone():
    measured = cell(COMPARED, quicrx=[3, 1, 2], peer=[4])
    measured.process = {"quicrx": [0.1, 0.3, 0.2]}
    told = json.loads(json.dumps(report.as_json([measured], {"cpu": "x"})))
    ours, peer = told["cells"][0]["subjects"]
    assert told["machine"] == {"cpu": "x"} and ours["samples"] == [3, 1, 2] and ours["median"] == 2
    assert ours["process_alone"] == {"median": 0.2, "samples": [0.1, 0.3, 0.2]} and "process_alone" not in peer
    assert told["cells"][0]["comparisons"][0] == {"subject": "quicrx", "peer": "peer", "ratio": 0.5, "target": 0.6,
                                                  "lower_is_better": True, "met": True}


def test_the_server_is_its_process_and_the_kernels_thread():
    assert Spent(process=1.0, kernel=0.5).all == 1.5


def test_only_what_is_between_the_markers_is_replaced(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    for text in ("one", "two"):
        report.write_between_markers(page, text)
        assert page.read_text(encoding="utf-8") == f"before\n{report.BEGIN}\n{text}\n{report.END}\nafter\n"


@pytest.mark.parametrize("page", ["", report.BEGIN, report.END, f"{report.END}\n{report.BEGIN}"])
def test_a_page_without_a_place_is_left_as_it_is(tmp_path, page):
    path = tmp_path / "page.md"
    path.write_text(page, encoding="utf-8")
    with pytest.raises(ValueError, match="no place for the table"):
        report.write_between_markers(path, "new")
    assert path.read_text(encoding="utf-8") == page


def test_the_docs_have_a_place_for_the_table():
    text = (main.REPOSITORY / "docs/performance.md").read_text(encoding="utf-8")
    assert text.count(report.BEGIN) == text.count(report.END) == 1


def test_table_and_chart_go_into_the_docs(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs/performance.md"
    page.write_text(f"# Title\n{report.BEGIN}\n{report.END}\nwhy\n", encoding="utf-8")
    monkeypatch.setattr(main, "REPOSITORY", tmp_path)
    facts = {"command": "scripts/bench --write-docs", "date": "2026-01-02", "commit": "abc", "cpus": 2, "cpu": "a CPU",
             "kernel": "6.18", "versions": {"gtlsserver": "1.11.0_1", "Caddy": "2.6.2_5"}, "rounds": 5, "seconds": 7}
    main.write([cell(COMPARED, quicrx=[1], peer=[2])], facts, main.parse(["--write-docs", "--out", str(tmp_path / "out")]))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Title\n") and text.endswith("\nwhy\n")
    assert ("`scripts/bench --write-docs`, 2026-01-02, commit abc: 2 CPUs, a CPU, Linux 6.18; gtlsserver 1.11.0, Caddy 2.6.2; "
            "medians of 5; 7 s") in text
    assert "| upload, ns a packet | quicrx |" in text and "](performance.png)" in text
    assert (tmp_path / "docs/performance.png").read_bytes() == (tmp_path / "out/bench.png").read_bytes()
    assert (tmp_path / "out/bench.png").read_bytes().startswith(b"\x89PNG")


def test_a_package_version_is_in_its_folders_name():
    assert main.unpacked_version("/x_1/.cache/ngtcp2-server_1.11.0_1_bpo12+1/usr/sbin/gtlsserver") == "1.11.0_1_bpo12+1"
    assert main.unpacked_version("/x_1/.cache/caddy_2.6.2_5") == "2.6.2_5"


def test_the_chart_has_every_row():
    bars = chart.lines_of(cell(COMPARED, Comparison("quicrx", "gone"), quicrx=[1], peer=[2], gone=[]))
    assert bars == [chart.Line("4 T  upload\nquicrx / peer", "0.50", 0.5, 0.6, True)]
    assert chart.lines_of(cell(quicrx=[37], peer=[])) == [chart.Line("4 T  upload", "quicrx: 37.0 (ns a packet)")]


def test_figures_of_the_virtual_machine_become_cells():
    transfers = guest.cells([{"workload": "upload of 20 MiB", "server": guest.ZERO_COPY, "units": 20, "samples": [80e6]},
                             {"workload": "upload of 20 MiB", "server": guest.PEER, "units": 20, "samples": [200e6]},
                             {"workload": "20 handshakes", "server": guest.ZERO_COPY, "units": 20, "samples": [60e6]}])
    assert [(one.row, one.ruler, one.samples) for one in transfers] == [
        (4, "V", {guest.ZERO_COPY: [4], guest.PEER: [10]}), (5, "V", {guest.ZERO_COPY: [3]})]
    assert [one.target for one in transfers[0].comparisons] == [0.35] and not transfers[1].comparisons
    receiving = guest_receive.cells([{"bytes": 1400, "subject": guest_receive.OURS, "samples": [1]},
                                     {"bytes": 1400, "subject": guest_receive.SOCKETS, "samples": [5]}])
    assert [(one.row, one.name) for one in receiving] == [(1, "receive alone, 1,400 bytes")]
    assert [receiving[0].met(comparison) for comparison in receiving[0].comparisons] == [None, True, None]
