# SPDX-License-Identifier: MIT
"""QEMU, a kernel and xdp-tools from Debian's packages: fetched and unpacked into a folder, never installed.

The archive is the one that the machine's own apt sources name. QEMU comes from this release's backports where they
have one (igb needs QEMU 8), the kernel from the backports of Debian 13, which keep several versions: the newest 6.18
(a long-term kernel, and the oldest known to do zero copy on both drivers), else the newest of all.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess

KERNEL_SUITE = "trixie-backports"
LONG_TERM = "6.18."
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Missing(Exception):
    """A package, or the whole archive, cannot be had."""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise Missing(f"{' '.join(command[:1])} {command[-1]}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def release():
    facts = dict(line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
                 if "=" in line)
    return facts.get("VERSION_CODENAME", "").strip('"')


class Apt:
    """apt with sources and lists of its own: nothing of the machine's is read but where its archive is, or changed."""

    def __init__(self, folder, codename):
        self.folder = folder
        for made in ("lists/partial", "archives/partial", "download"):
            (folder / made).mkdir(parents=True, exist_ok=True)
        listed = run("apt-get", "indextargets", "--format", "$(REPO_URI)|$(CODENAME)|$(ORIGIN)", "Created-By: Packages")
        places = [place.split("|") for place in dict.fromkeys(listed.splitlines())]
        # Debian's own suites: others may have taken a release's name for theirs.
        wanted = {codename, f"{codename}-updates", f"{codename}-security", f"{codename}-backports"}
        own = [(uri, suite) for uri, suite, origin in places if origin.startswith("Debian") and suite in wanted]
        main = [uri for uri, suite in own if suite == codename]
        if not main:
            raise Missing(f"the machine's apt sources name no archive of {codename}; run 'apt-get update' once")
        suites = set(own) | {(main[0], suite) for suite in (f"{codename}-backports", KERNEL_SUITE)}
        sources = folder / "sources.list"
        sources.write_text("".join(f"deb [signed-by={KEYRING}] {uri} {suite} main\n" for uri, suite in sorted(suites)),
                           encoding="utf-8")
        self.options = []
        for name, value in {
                "Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "-", "Dir::State::lists": folder / "lists",
                "Dir::Cache::archives": folder / "archives", "Dir::Cache::pkgcache": "", "Dir::Cache::srcpkgcache": "",
                "Dir::Etc::preferencesparts": "-", "APT::Sandbox::User": "", "Debug::NoLocking": "1",
                "Acquire::Languages": "none", "Acquire::Retries": "3", "Acquire::http::Timeout": "30"}.items():
            self.options += ["-o", f"{name}={value}"]

    def update(self):
        run("apt-get", "-q", *self.options, "update", "-o", "APT::Update::Error-Mode=any")

    def names(self, start):
        return run("apt-cache", *self.options, "pkgnames", start).split()

    def download(self, *packages):
        """Just these, without what they depend on."""
        before = set((self.folder / "download").iterdir())
        run("apt-get", "-q", *self.options, "download", *packages, cwd=self.folder / "download")
        return sorted(set((self.folder / "download").iterdir()) - before)

    def download_with_dependencies(self, package, suite):
        """And what it depends on, as far as this machine has not got it."""
        run("apt-get", "-q", "-y", *self.options, "--no-install-recommends", "--download-only", "--reinstall", "-t", suite,
            "install", package)
        return sorted((self.folder / "archives").glob("*.deb"))


def unpack(debs, folder):
    for deb in debs:
        run("dpkg-deb", "-x", str(deb), str(folder))


def newest_kernel(names):
    """The version string of a linux-image package for any PC."""
    versions = {}
    for name in names:
        match = re.fullmatch(r"linux-image-((\d+)\.(\d+)\.(\d+)\+deb\d+-amd64)", name)
        if match:
            versions[tuple(map(int, match.groups()[1:]))] = match[1]
    if not versions:
        raise Missing(f"{KERNEL_SUITE} has no linux-image package")
    long_term = [version for version in sorted(versions) if versions[version].startswith(LONG_TERM)]
    return versions[long_term[-1] if long_term else max(versions)]


class Packages:
    """What is unpacked in a cache folder."""

    FORMAT = 1
    PARTS = ("apt", "kernel", "tools", "qemu", "packages.json")

    def __init__(self, cache):
        facts = json.loads((cache / "packages.json").read_text(encoding="utf-8"))
        if facts["format"] != self.FORMAT or facts["release"] != release():
            raise ValueError("of another release")
        self.qemu_root = cache / "qemu"
        self.tools_root = cache / "tools"
        self.kernel_version = facts["kernel"]
        modules = [cache / "kernel" / place / "modules" / self.kernel_version for place in ("usr/lib", "lib")]
        self.modules = next(folder for folder in modules if folder.is_dir())
        images = [cache / "kernel/boot" / f"vmlinuz-{self.kernel_version}", self.modules / "vmlinuz"]
        self.kernel = next(image for image in images if image.is_file())
        # The libraries that this machine had when QEMU was fetched may be gone.
        run(str(self.qemu), "--version", env=self.environment())

    @property
    def qemu(self):
        return self.qemu_root / "usr/bin/qemu-system-x86_64"

    def environment(self):
        libraries = [str(self.qemu_root / place) for place in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")]
        return {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}

    @classmethod
    def ensure(cls, cache):
        """From the cache where it is whole, else fetched. Raises Missing."""
        try:
            return cls(cache)
        except (OSError, ValueError, KeyError, StopIteration, Missing):
            cls.fetch(cache)
        return cls(cache)

    @classmethod
    def clear(cls, cache):
        """Only what is ours: the folder may be anybody's."""
        for name in cls.PARTS:
            part = cache / name
            if part.is_dir():
                shutil.rmtree(part)
            else:
                part.unlink(missing_ok=True)

    @classmethod
    def fetch(cls, cache):
        codename = release()
        cache.mkdir(parents=True, exist_ok=True)
        try:
            cls.clear(cache)
        except OSError as error:
            raise Missing(f"the cache {cache} cannot be written: {error.strerror}") from error
        apt = Apt(cache / "apt", codename)
        apt.update()
        version = newest_kernel(apt.names("linux-image-"))
        # From 7.2 on the image package is an empty one that needs these two.
        split = set(apt.names("linux-binary-")) & {f"linux-binary-{version}"}
        kernel = [f"linux-binary-{version}", f"linux-modules-{version}"] if split else [f"linux-image-{version}"]
        unpack(apt.download(*kernel), cache / "kernel")
        unpack(apt.download("xdp-tools"), cache / "tools")
        unpack(apt.download_with_dependencies("qemu-system-x86", f"{codename}-backports"), cache / "qemu")
        shutil.rmtree(cache / "apt")
        # Last, and at once: without it the rest counts for nothing.
        made = cache / "packages.json.new"
        made.write_text(json.dumps({"format": cls.FORMAT, "release": codename, "kernel": version}), encoding="utf-8")
        made.rename(cache / "packages.json")
