# SPDX-License-Identifier: MIT
"""An initramfs: the programs under test and what drives them, with the shared libraries they need."""

import lzma
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import sysconfig

# In the order in which they load: each after those it needs.
MODULES = ["failover", "net_failover", "virtio_net", "dca", "i2c-algo-bit", "igb", "veth", "xsk_diag"]
PROGRAMS = ["ip", "ping", "stty", "ethtool", "nsenter", "openssl", "gtlsclient", "sh"]
PROGRAM_FOLDERS = ("/bin", "/usr/bin", "/sbin", "/usr/sbin")
PYTHON_LEFT_OUT = {"test", "tests", "idlelib", "tkinter", "lib2to3", "ensurepip", "distutils", "pydoc_data", "turtledemo",
                   "__pycache__", "venv"}
PYTEST = ["_pytest", "pytest", "py", "pluggy", "iniconfig", "packaging", "attr", "attrs"]


class Image:
    """A folder that becomes a root file system."""

    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        for made in ("dev", "proc", "sys", "run", "tmp", "etc", "usr/bin", "usr/sbin", "usr/lib", "var"):
            (folder / made).mkdir(parents=True)
        for name in ("bin", "sbin", "lib"):
            (folder / name).symlink_to(f"usr/{name}")
        (folder / "lib64").symlink_to("usr/lib64")
        (folder / "usr/lib64").mkdir()

    def place(self, path):
        """Where an absolute path of the guest lies here; the links above are followed by hand."""
        return self.folder / re.sub(r"^/(bin|sbin|lib|lib64)/", r"/usr/\1/", str(path)).lstrip("/")

    def add(self, source, at=None):
        """A file, and the libraries it is linked with."""
        place = self.place(at or source)
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, place)
        with open(source, "rb") as file:
            if file.read(4) == b"\x7fELF":
                self.add_libraries(source)

    def add_libraries(self, program):
        listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(/\S+) \(0x", listed):
            self.add(library)

    def add_program(self, name):
        for folder in PROGRAM_FOLDERS:
            source = pathlib.Path(folder) / name
            if source.exists():
                self.add(os.path.realpath(source), f"/usr/bin/{name}")
                return
        sys.exit(f"tests/vm: {name} is not installed; run scripts/setup")

    def add_tree(self, source, at=None, left_out=frozenset()):
        for root, folders, files in os.walk(source):
            folders[:] = [name for name in folders if name not in left_out]
            for name in files:
                path = pathlib.Path(root) / name
                self.add(path, pathlib.Path(at or source) / path.relative_to(source))

    def add_python(self):
        """Debian's interpreter and pytest, compiled: a guest without hardware help would compile for seconds."""
        version = subprocess.run(["/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                                 capture_output=True, text=True, check=True).stdout.strip()
        self.add(os.path.realpath("/usr/bin/python3"), "/usr/bin/python3")
        library = f"/usr/lib/python{version}"
        self.add_tree(library, left_out=PYTHON_LEFT_OUT | {f"config-{version}-x86_64-linux-gnu"})
        for package in PYTEST:
            source = pathlib.Path("/usr/lib/python3/dist-packages") / package
            if source.is_dir():
                self.add_tree(source, left_out={"__pycache__"})
            elif source.with_suffix(".py").exists():
                self.add(source.with_suffix(".py"))
        subprocess.run(["/usr/bin/python3", "-m", "compileall", "-q", "-j", "2", "--invalidation-mode",
                        "unchecked-hash", "-s", str(self.folder), str(self.place(library)),
                        str(self.place("/usr/lib/python3"))], check=True)

    def add_modules(self, folder):
        """Unpacked, in the order in which they are to be loaded."""
        order = []
        for name in MODULES:
            found = [path for path in folder.rglob(f"{name}.ko*")]
            if not found:
                continue  # built in
            data = found[0].read_bytes()
            place = self.folder / "modules" / f"{name}.ko"
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(lzma.decompress(data) if found[0].suffix == ".xz" else data)
            order.append(place.name)
        (self.folder / "modules/order").write_text("\n".join(order), encoding="utf-8")

    def write(self, archive):
        """As the kernel wants it: kernel, Documentation/driver-api/early-userspace/buffer-format.rst."""
        with open(archive, "wb") as out:
            number = 0
            for path in sorted(self.folder.rglob("*")):
                number += 1
                write_entry(out, path, str(path.relative_to(self.folder)), number)
            write_entry(out, None, "TRAILER!!!", 0)


def write_entry(out, path, name, number):
    """One file in cpio's "newc" format: a header of hexadecimal words, the name and the data, each padded to 4."""
    mode, size, data = 0, 0, b""
    if path is not None:
        status = os.lstat(path)
        mode = status.st_mode
        if stat.S_ISLNK(mode):
            data = os.readlink(path).encode()
        elif stat.S_ISREG(mode):
            data = path.read_bytes()
        size = len(data)
    fields = [number, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, len(name) + 1, 0]
    out.write(b"070701" + b"".join(b"%08x" % field for field in fields))
    out.write(name.encode() + b"\0")
    out.write(bytes(-(110 + len(name) + 1) % 4))
    out.write(data + bytes(-size % 4))


def build(work, packages, repository, quicrx_build, more=()):
    """The guest's root: the repository's layout under /quicrx, so that its tests find things where they do here."""
    image = Image(work / "root")
    for name in PROGRAMS:
        image.add_program(name)
    image.add_python()
    triplet = sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu"
    for folder in (f"/usr/lib/{triplet}/bpf", "/usr/lib/bpf"):
        image.add_tree(folder)  # libxdp's dispatcher
    image.add_tree(packages.tools_root / "usr/lib", "/usr/lib")
    for name in ("xdp-loader", "xdp-filter"):
        image.add(packages.tools_root / "usr/sbin" / name, f"/usr/bin/{name}")
    image.add("/usr/lib/ssl/openssl.cnf")
    image.add(quicrx_build / "userspace/quicrx", "/quicrx/build/userspace/quicrx")
    image.add(quicrx_build / "tests/foreign.bpf.o", "/quicrx/build/tests/foreign.bpf.o")
    image.add_tree(repository / "tests/netns", "/quicrx/tests/netns", left_out={"__pycache__"})
    image.add_tree(repository / "tests/vm/guest", "/quicrx/tests/vm/guest", left_out={"__pycache__"})
    for program in more:
        image.add(program, f"/usr/bin/{pathlib.Path(program).name}")
    image.add_modules(packages.modules)
    init = image.folder / "init"
    shutil.copy2(repository / "tests/vm/guest/init.py", init)
    init.chmod(0o755)
    image.write(work / "initrd")
    return work / "initrd"
