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

# label: (clang's target, directory of the C library's headers, directory of the kernel's asm headers)
ARCHITECTURES = {
    "x86-64": ("x86_64-linux-gnu", "x86_64-linux-gnu", "x86"),
    "i386": ("i686-linux-gnu", "i686-linux-gnu", "x86"),
    "aarch64": ("aarch64-linux-gnu", "aarch64-linux-gnu", "arm64"),
    "arm": ("arm-linux-gnueabihf", "arm-linux-gnueabihf", "arm"),
    "riscv64": ("riscv64-linux-gnu", "riscv64-linux-gnu", "riscv"),
    "ppc64le": ("powerpc64le-linux-gnu", "powerpc64le-linux-gnu", "powerpc"),
    "s390x": ("s390x-linux-gnu", "s390x-linux-gnu", "s390"),
}
NAME = re.compile(r"[A-Z][A-Za-z0-9]*_[A-Za-z0-9_]*|[A-Z][A-Z0-9]+")
# Bulk that no argument of a call can be: codes inside structures, and lengths, shifts and ends of lists.
DULL = re.compile(r"(?:KEY|BTN|ABS|REL|SW|SND|LED|MSC|REP|FF|BUS|INPUT_PROP|V4L2_PIX_FMT|V4L2_CID|V4L2_MPEG|TCA|IFLA|RTA|RTAX|BPF_FUNC|BPF_REG"
                  r"|PERF_COUNT|PERF_MEM|PERF_SAMPLE|SCTP_AUTH|IW_QUAL|IW_ENC|IW_SCAN|ARPHRD|DEVLINK|MODE|V4L2_EVENT|SNDRV_SEQ_EVENT"
                  r"|FE|BTRFS_[A-Z_]*KEY|__\w*)_\w+|\w+_(?:MAX|SHIFT|BIT|BITS|LEN|SIZE|OFFSET)|ATTR_\w+|__\w+")


def clang(root, label, *arguments, source=None):
    target, libc, asm = ARCHITECTURES[label]
    command = ["clang", f"--target={target}", "-w", "-nostdinc", "-D_GNU_SOURCE", "-isystem", resource_directory() + "/include",
               "-isystem", f"{root}/usr/{libc}/include", "-isystem", f"{root}/usr/lib/linux/uapi/{asm}",
               "-isystem", f"{root}/usr/include", "-x", "c", *arguments, "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True)


def resource_directory():
    global _resources
    if _resources is None:
        _resources = subprocess.run(["clang", "-print-resource-dir"], capture_output=True, text=True, check=True).stdout.strip()
    return _resources


_resources = None


def before(kind, first):
    """What must be included for a header to compile by itself."""
    return common(kind) + "".join(f"#include <{h}>\n" for h in first)


def common(kind):
    if kind == "kernel":
        return "#include <stddef.h>\n#include <stdint.h>\n#include <linux/types.h>\n#include <linux/ioctl.h>\n#include <asm/param.h>\n"
    return "#include <stddef.h>\n#include <stdint.h>\n#include <sys/types.h>\n"


def names(root, label, kind, header, first):
    """The names that a header defines."""
    source = before(kind, first) + f"#include <{header}>\n"
    result = clang(root, label, "-E", "-dD", source=source)
    if result.returncode:
        return None
    # Where a definition may stand: the header itself, what it was split into, and the asm headers.
    own = {header}
    folders = ("asm/", "asm-generic/", "bits/") if kind == "libc" else ("asm/", "asm-generic/")
    folders += {"linux/landlock.h": (), "drm/drm.h": ("drm/",), "linux/tty.h": (), "linux/input.h": ("linux/input-event",),
                "linux/videodev2.h": ("linux/v4l2-c",), "linux/if_packet.h": ()}.get(header, ())
    found, enums, file = {}, [], ""
    for line in result.stdout.splitlines():
        if line.startswith("# "):
            path = line.split('"')[1] if '"' in line else ""
            file = re.sub(r"^.*/(?:include|uapi/\w+)/", "", path)
        elif file in own or file.startswith(folders):
            m = re.match(r"#define (\w+) +\S", line)
            if m:
                found[m.group(1)] = None
            elif not line.startswith("#"):
                enums.append(line)
    for body in re.findall(r"\benum\b[^{};]*\{([^}]*)\}", "\n".join(enums)):
        for item in body.split(","):
            m = re.match(r"\s*(\w+)", item)
            if m:
                found[m.group(1)] = None
    return [n for n in found if NAME.fullmatch(n) and not DULL.fullmatch(n)]


def values(root, label, kind, header, *first):
    """Name to value; None where the architecture lacks the header or it cannot be compiled."""
    candidates = names(root, label, kind, header, first)
    if candidates is None:
        return None
    prefix = before(kind, first) + f"#include <{header}>\n#define ONE(x) (x)\n"
    while True:
        source = prefix + "".join(f"const long long v_{n} = (long long) ONE({n});\n" for n in candidates)
        result = clang(root, label, "-S", "-emit-llvm", "-O0", "-ferror-limit=0", "-o", "-", source=source)
        if result.returncode == 0:
            break
        start = prefix.count("\n") + 1
        bad = {int(l) - start for l in re.findall(r"^<stdin>:(\d+):\d+: (?:fatal )?error:", result.stderr, re.M)}
        kept = [n for i, n in enumerate(candidates) if i not in bad]
        if len(kept) == len(candidates):
            sys.exit(f"{label}: {header}:\n{result.stderr[:1000]}")
        candidates = kept
    return {n: int(v) for n, v in re.findall(r"^@v_(\w+) = .*?constant i64 (-?\d+)", result.stdout, re.M)}


def main():
    root, out = sys.argv[1], Path(sys.argv[2])
    headers = []
    for line in (HERE / "constants.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            headers.append(words)
    headers.sort(key=lambda h: h[0] != "kernel")
    resource_directory()
    of = {}
    with ThreadPoolExecutor(2) as pool:
        jobs = [(label, *h) for label in ARCHITECTURES for h in headers]
        results = list(pool.map(lambda j: values(root, *j), jobs))
    origin, missing = {}, {}
    for (label, _, header, *_), result in zip(jobs, results):
        if result is None:
            missing.setdefault(header, []).append(label)
            continue
        known = of.setdefault(label, {})
        for name, value in result.items():
            if known.setdefault(name, value) == value:
                origin.setdefault((label, name), header)
            elif label == "x86-64":
                print(f"{name}: {origin[label, name]} {known[name]}, not {header} {value}", file=sys.stderr)
    for header, labels in missing.items():
        print(f"{header}: not on {' '.join(labels)}", file=sys.stderr)
    shared = {n: v for n, v in of["x86-64"].items() if all(k.get(n) == v for k in of.values())}
    write(out / "common.constants", shared)
    for label, known in of.items():
        write(out / f"{label}.constants", {n: v for n, v in known.items() if n not in shared})
        errors(out / f"{label}.errno", {n: v for n, v in known.items() if is_errno(origin.get((label, n), ""), n, v)})


def is_errno(header, name, value):
    return name.startswith("E") and header in ("linux/errno.h", "errno.h") and 0 < value < 4096


def errors(path, known):
    """A second name of one number is marked, so that a number has one name."""
    aliases = {n for n in ("EWOULDBLOCK", "EDEADLOCK", "ENOTSUP") if list(known.values()).count(known[n]) > 1}
    path.write_text("".join(f"{n} {known[n]}{' alias' if n in aliases else ''}\n" for n in sorted(known)))


def write(path, known):
    path.write_text("".join(f"{n} {known[n]}\n" for n in sorted(known)))


main()
