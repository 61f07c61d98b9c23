# SPDX-License-Identifier: MIT
"""QEMU, a kernel and xdp-tools from Debian's packages: fetched and unpacked into a folder, never installed.

The archive is the one that the machine's own apt sources name. QEMU comes from this release's backports where they
have one (igb needs QEMU 8), the kernel from the backports of Debian 13, which keep several versions: the newest 6.18
(a long-term kernel, and the oldest known to do zero copy on both drivers), else the newest of all.
"""

import json
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
        places = run("apt-get", "indextargets", "--format", "$(REPO_URI)|$(CODENAME)", "Created-By: Packages").split()
        own = [place.split("|") for place in dict.fromkeys(places) if place.split("|")[1].startswith(codename)]
        main = [uri for uri, suite in own if suite == codename]
        if not main:
            raise Missing(f"the machine's apt sources name no archive of {codename}; run 'apt-get update' once")
        suites = {(uri, suite) for uri, suite in own}
        suites |= {(main[0], suite) for suite in (f"{codename}-backports", KERNEL_SUITE)}
        sources = folder / "sources.list"
        sources.write_text("".join(f"deb [signed-by={KEYRING}] {uri} {suite} main\n" for uri, suite in sorted(suites)),
                           encoding="utf-8")
        self.options = ["-q", "-y"]
        for name, value in {
                "Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "-", "Dir::State::lists": folder / "lists",
                "Dir::Cache::archives": folder / "archives", "Dir::Cache::pkgcache": "", "Dir::Cache::srcpkgcache": "",
                "Dir::Etc::preferencesparts": "-", "APT::Sandbox::User": "", "Debug::NoLocking": "1",
                "Acquire::Languages": "none", "Acquire::Retries": "3", "Acquire::http::Timeout": "30"}.items():
            self.options += ["-o", f"{name}={value}"]

    def update(self):
        run("apt-get", *self.options, "update")

    def names(self, start):
        return run("apt-cache", *self.options[2:], "pkgnames", start).split()

    def download(self, *packages):
        """Just these, without what they depend on."""
        before = set((self.folder / "download").iterdir())
        run("apt-get", *self.options, "download", *packages, cwd=self.folder / "download")
        return sorted(set((self.folder / "download").iterdir()) - before)

    def download_with_dependencies(self, package, suite):
        """And what it depends on, as far as this machine has not got it."""
        run("apt-get", *self.options, "--no-install-recommends", "--download-only", "--reinstall", "-t", suite,
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

    def __init__(self, cache):
        facts = json.loads((cache / "packages.json").read_text(encoding="utf-8"))
        self.qemu_root = cache / "qemu"
        self.tools_root = cache / "tools"
        self.kernel_version = facts["kernel"]
        modules = [cache / "kernel" / place / "modules" / self.kernel_version for place in ("usr/lib", "lib")]
        self.modules = next(folder for folder in modules if folder.is_dir())
        images = [cache / "kernel/boot" / f"vmlinuz-{self.kernel_version}", self.modules / "vmlinuz"]
        self.kernel = next(image for image in images if image.is_file())

    @classmethod
    def ensure(cls, cache):
        """From the cache, or fetched. Raises Missing."""
        if not (cache / "packages.json").exists():
            cls.fetch(cache)
        return cls(cache)

    @staticmethod
    def fetch(cache):
        shutil.rmtree(cache, ignore_errors=True)
        codename = release()
        apt = Apt(cache / "apt", codename)
        apt.update()
        version = newest_kernel(apt.names("linux-image-"))
        # From 7.2 on the image package is an empty one that needs these two.
        split = set(apt.names("linux-binary-")) & {f"linux-binary-{version}"}
        kernel = [f"linux-binary-{version}", f"linux-modules-{version}"] if split else [f"linux-image-{version}"]
        backports = f"{codename}-backports"
        unpack(apt.download(*kernel), cache / "kernel")
        unpack(apt.download("xdp-tools"), cache / "tools")
        unpack(apt.download_with_dependencies("qemu-system-x86", backports), cache / "qemu")
        shutil.rmtree(cache / "apt")
        (cache / "packages.json").write_text(json.dumps({"kernel": version}), encoding="utf-8")
