# SPDX-License-Identifier: MIT
"""The harness itself: what it does without packages, and with a machine that dies."""

import os
import pathlib
import subprocess
import time
import types

import pytest

import image
import machine
import packages

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def test_the_newest_long_term_kernel_is_chosen():
    names = ["linux-image-6.12.9+deb13-amd64", "linux-image-6.18.5+deb13-amd64", "linux-image-6.18.15+deb13-amd64",
             "linux-image-6.18.20+deb13-cloud-amd64", "linux-image-6.18.21+deb13-amd64-dbg", "linux-image-7.3.4+deb13-amd64"]
    assert packages.newest_kernel(names) == "6.18.15+deb13-amd64"
    assert packages.newest_kernel(names[-1:] + names[:1]) == "7.3.4+deb13-amd64"
    with pytest.raises(packages.Missing):
        packages.newest_kernel(["linux-image-cloud-amd64"])


@pytest.mark.parametrize("ci, status", [(None, 77), ("true", 1)])
def test_missing_packages_are_a_loud_skip_and_under_ci_a_failure(tmp_path, ci, status):
    """An apt that knows no archive."""
    nothing = tmp_path / "apt.conf"
    nothing.write_text(f'Dir::Etc::sourcelist "{tmp_path}/none"; Dir::Etc::sourceparts "-"; Dir::State::lists "{tmp_path}";',
                       encoding="utf-8")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "somebody's").touch()
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"APT_CONFIG": str(nothing)}
    if ci:
        environment["CI"] = ci
    done = subprocess.run([REPOSITORY / "scripts/test-vm", "--cache", tmp_path / "cache"], env=environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert "packages are missing: the machine's apt sources name no archive" in done.stderr
    assert (tmp_path / "cache" / "somebody's").exists(), "the folder may hold other things"
    assert ("SKIPPED: zero copy has not been tested" in done.stderr) == (ci is None)


def pretender(tmp_path, script):
    """A machine whose QEMU is a shell script; $results is where the guest's report goes."""
    qemu = tmp_path / "usr/bin/qemu-system-x86_64"
    qemu.parent.mkdir(parents=True)
    qemu.write_text(f"#!/bin/sh\nresults={tmp_path}/results-x\n{script}\n", encoding="utf-8")
    qemu.chmod(0o755)
    unpacked = types.SimpleNamespace(qemu_root=tmp_path, kernel=tmp_path, qemu=qemu, environment=lambda: dict(os.environ))
    return machine.Machine(unpacked, tmp_path, tmp_path, "igb", "x")


def test_a_cache_that_is_not_whole_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(packages.Packages, "fetch", classmethod(lambda cls, cache: (_ for _ in ()).throw(packages.Missing)))
    for text in ("", "{", '{"format": 0, "release": "x", "kernel": "6.18"}',
                 f'{{"format": 1, "release": "{packages.release()}", "kernel": "6.18"}}'):
        (tmp_path / "packages.json").write_text(text, encoding="utf-8")
        with pytest.raises(packages.Missing):
            packages.Packages.ensure(tmp_path)


def test_a_guest_killed_by_a_signal_is_told(tmp_path):
    assert pretender(tmp_path, "printf '\\nEXIT -9\\n' >$results").run("run_tests", 10, on_line=print)[1] == -9


def test_qemu_dies_with_its_parent(tmp_path):
    """Also where the parent is killed."""
    child = tmp_path / "child"
    program = (f"import sys; sys.path.insert(0, {str(REPOSITORY / 'tests/vm')!r}); import machine, subprocess\n"
               f"subprocess.Popen(['sh', '-c', 'echo $$ > {child}; exec sleep 60'], preexec_fn=machine.die_with_parent).wait()")
    parent = subprocess.Popen(["/usr/bin/python3", "-c", program])
    limit = time.monotonic() + 10
    while not child.exists() or not child.read_text(encoding="ascii").strip():
        assert time.monotonic() < limit
        time.sleep(0.01)
    parent.kill()
    parent.wait()
    while os.path.exists(f"/proc/{child.read_text(encoding='ascii').strip()}/cwd"):
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.mark.parametrize("script, why", [("echo panic; exit 3", "exit status is 3"), ("exit 0", "exit status is 0"),
                                         ("exec sleep 60", "longer than 2 s"), ("echo '<xml' >$results", "exit status is 0")])
def test_a_machine_that_dies_is_no_success(tmp_path, script, why):
    with pytest.raises(machine.Died, match=why):
        pretender(tmp_path, script).run("run_tests", 2, on_line=lambda line: None)


def test_the_guests_report_and_status_come_back(tmp_path):
    lines = []
    report, status = pretender(tmp_path, "echo hello; printf '<xml/>\\nEXIT 5\\n' >$results").run(
        "run_tests", 10, on_line=lines.append)
    assert (report, status, lines) == ("<xml/>", 5, ["hello"])


def test_archive_has_the_kernels_format(tmp_path):
    made = image.Image(tmp_path / "root")
    (made.folder / "file").write_bytes(b"12345")
    made.write(tmp_path / "archive")
    data = (tmp_path / "archive").read_bytes()
    at, names = 0, []
    while "TRAILER!!!" not in names:
        assert data[at:at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        size, name_bytes = fields[6], fields[11]
        names.append(data[at + 110:at + 110 + name_bytes - 1].decode())
        start = at + (110 + name_bytes + 3 & ~3)
        if names[-1] == "file":
            assert data[start:start + size] == b"12345"
        at = start + (size + 3 & ~3)
    assert at == len(data)
    assert "file" in names and "dev" in names
