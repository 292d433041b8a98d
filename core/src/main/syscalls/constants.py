#!/usr/bin/env python3
"""Writes common.constants, ARCH.constants and ARCH.errno: one line a name, sorted by name, "NAME value".

The C compiler says what a name is worth: each header is preprocessed for each architecture, and every name it defines becomes the
initialiser of a long long, so that sizes of structures (ioctl requests hold them) are those of the architecture.

    constants.py ROOT OUT       (ROOT: where linux-libc-dev and the libc6-dev-*-cross packages are unpacked; OUT: directory of resources)
"""
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent

# label: (clang's target, which is also the directory of the C library's headers; directory of the kernel's asm headers)
ARCHITECTURES = {
    "x86-64": ("x86_64-linux-gnu", "x86"),
    "i386": ("i686-linux-gnu", "x86"),
    "aarch64": ("aarch64-linux-gnu", "arm64"),
    "arm": ("arm-linux-gnueabihf", "arm"),
    "riscv64": ("riscv64-linux-gnu", "riscv"),
    "ppc64le": ("powerpc64le-linux-gnu", "powerpc"),
    "s390x": ("s390x-linux-gnu", "s390"),
}
NAME = re.compile(r"[A-Z]\w*_\w*|[A-Z][A-Z0-9]+")
# What no argument of a call is, or is there by accident of a header.
DULL = re.compile(r"PT_\w+|(?:ELF|NT|BPF_FUNC|BPF_REG|AT_VECTOR)_\w+|BASE_VIDIOC_PRIVATE")
ASM = re.compile(r"(?:asm|asm-generic)/(?:errno|errno-base|fcntl|mman|mman-common|hugetlb_encode|socket|sockios|stat|ioctls|termbits|termbits-common"
                 r"|termios|signal|signal-defs|siginfo|resource|prctl|poll|ioctl|ptrace)\.h")
REQUEST = re.compile(r"\b(?:_IO[RW]*|_IOC|DRM_IO[RW]*|_SIO[RW]*)\s*\(")


class Header:
    """A line of constants.txt."""

    def __init__(self, kind, path, *options):
        self.kind, self.path = kind, path
        self.names, self.before = None, ""
        for option in options:
            key, value = option.split("=", 1)
            if key == "names":
                self.names = re.compile(value)
            elif key == "with":
                self.before = f"#include <{value}>\n"
            else:
                sys.exit(f"constants.txt: {option}")

    def source(self):
        types = "#include <sys/types.h>\n" if self.kind == "libc" else "#include <linux/types.h>\n#include <linux/ioctl.h>\n"
        return f"#include <stddef.h>\n#include <stdint.h>\n{types}{self.before}#include <{self.path}>\n"

    def owns(self, file):
        """Whether a definition in this file is the header's own."""
        return (file == self.path or bool(ASM.fullmatch(file)) or self.kind == "libc" and file.startswith("bits/")
                or self.kind == "ioctl" and file.startswith("drm/"))


class Clang:
    def __init__(self, root):
        self.root = root
        directory = subprocess.run(["clang", "-print-resource-dir"], capture_output=True, text=True, check=True).stdout.strip()
        self.builtin = f"{directory}/include"

    def run(self, label, source, *arguments):
        target, asm = ARCHITECTURES[label]
        folders = (self.builtin, f"{self.root}/usr/{target}/include", f"{self.root}/usr/lib/linux/uapi/{asm}", f"{self.root}/usr/include")
        command = ["clang", f"--target={target}", "-w", "-nostdinc", "-D_GNU_SOURCE", *(w for f in folders for w in ("-isystem", f)), "-x", "c"]
        return subprocess.run([*command, *arguments, "-"], input=source, capture_output=True, text=True)

    def names(self, label, header):
        """The names that a header defines; None where it cannot be preprocessed: the architecture lacks it."""
        result = self.run(label, header.source(), "-E", "-dD")
        if result.returncode:
            return None
        texts, everywhere, enumerations, file = {}, {}, [], ""
        for line in result.stdout.splitlines():
            if line.startswith("# "):
                file = re.sub(r"^.*/(?:include|uapi/\w+)/", "", line.split('"')[1]) if '"' in line else ""
                continue
            m = re.match(r"#define (\w+) +(\S.*)", line)
            if m:
                everywhere[m.group(1)] = m.group(2)
            if header.owns(file):
                if m:
                    texts[m.group(1)] = m.group(2)
                elif not line.startswith("#"):
                    enumerations.append(line)
        for body in re.findall(r"\benum\b[^{};]*\{([^}]*)\}", "\n".join(enumerations)):
            for item in body.split(","):
                m = re.match(r"\s*(\w+)", item)
                if m:
                    texts.setdefault(m.group(1), "")
        return [n for n in texts if NAME.fullmatch(n) and not DULL.fullmatch(n) and self.wanted(n, texts[n], everywhere, header)]

    @staticmethod
    def wanted(name, text, everywhere, header):
        if header.names and header.names.fullmatch(name):
            return True
        if header.kind == "ioctl":
            return bool(REQUEST.search(everywhere.get(text, text)))  # or a second name for a request
        return header.names is None

    def values(self, label, header):
        """Name to value; None where the architecture lacks the header."""
        candidates = self.names(label, header)
        if candidates is None:
            return None
        prefix = header.source() + "#define ONE(x) (x)\n"
        while True:
            source = prefix + "".join(f"const long long v_{n} = (long long) ONE({n});\n" for n in candidates)
            result = self.run(label, source, "-S", "-emit-llvm", "-O0", "-ferror-limit=0", "-o", "-")
            if result.returncode == 0:
                break
            start = prefix.count("\n") + 1
            bad = {int(l) - start for l in re.findall(r"^<stdin>:(\d+):\d+: (?:fatal )?error:", result.stderr, re.M)}
            kept = [n for i, n in enumerate(candidates) if i not in bad]
            if len(kept) == len(candidates):
                sys.exit(f"{label}: {header.path}:\n{result.stderr[:1000]}")
            candidates = kept
        return {n: int(v) for n, v in re.findall(r"^@v_(\w+) = .*?constant i64 (-?\d+)", result.stdout, re.M)}


def main():
    clang, out = Clang(sys.argv[1]), Path(sys.argv[2])
    lines = [line.split("#")[0].split() for line in (HERE / "constants.txt").read_text().splitlines()]
    headers = sorted((Header(*words) for words in lines if words), key=lambda h: h.kind == "libc")
    jobs = [(label, header) for label in ARCHITECTURES for header in headers]
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda job: clang.values(*job), jobs))
    of, origin, lacking, fruitful = {label: {} for label in ARCHITECTURES}, {}, {}, set()
    for (label, header), result in zip(jobs, results):
        if result is None:
            lacking.setdefault(header.path, []).append(label)
            continue
        if result:
            fruitful.add(header.path)
        for name, value in result.items():
            known = of[label].setdefault(name, value)
            first = origin.setdefault((label, name), header.path)
            if known != value and label == "x86-64":
                print(f"{name}: {known} as in {first}, not {value} as in {header.path}", file=sys.stderr)
    for path, labels in lacking.items():
        print(f"{path}: not on {' '.join(labels)}", file=sys.stderr)
    for header in headers:
        if header.path not in fruitful:
            sys.exit(f"constants.txt: nothing in {header.path}")
    shared = {n: v for n, v in of["x86-64"].items() if all(k.get(n) == v for k in of.values())}
    write(out / "common.constants", shared)
    for label, known in of.items():
        write(out / f"{label}.constants", {n: v for n, v in known.items() if n not in shared})
        errors(out / f"{label}.errno", {n: v for n, v in known.items() if n[0] == "E" and origin[label, n] in ("linux/errno.h", "errno.h")})


def errors(path, known):
    """A second name of one number is marked, so that a number has one name."""
    second = ("EWOULDBLOCK", "EDEADLOCK", "ENOTSUP", "EFSBADCRC", "EFSCORRUPTED")
    aliases = {n for n in second if list(known.values()).count(known.get(n)) > 1}
    if len({known[n] for n in known if n not in aliases}) != len(known) - len(aliases):
        sys.exit(f"{path.name}: an error has two names")
    path.write_text("".join(f"{n} {known[n]}{' alias' if n in aliases else ''}\n" for n in sorted(known)))


def write(path, known):
    path.write_text("".join(f"{n} {known[n]}\n" for n in sorted(known)))


main()
