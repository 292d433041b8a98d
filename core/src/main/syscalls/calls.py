#!/usr/bin/env python3
"""Writes ARCH.calls for every architecture: one line a system call, sorted by name,

    name number [TAB width argument type]...

from the kernel's system call tables and SYSCALL_DEFINE declarations. Numbers are held against the UAPI headers.

    calls.py LINUX UAPI OUT     (LINUX: kernel source; UAPI: directory of <arch>/asm/unistd*.h; OUT: directory of resources)
"""
import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent

# label: (source directory, table, ABIs of the table, UAPI header with the numbers, 32 bits?)
ARCHITECTURES = {
    "x86-64": ("x86", "arch/x86/entry/syscalls/syscall_64.tbl", "common 64", "x86/asm/unistd_64.h", False),
    "i386": ("x86", "arch/x86/entry/syscalls/syscall_32.tbl", "i386", "x86/asm/unistd_32.h", True),
    "aarch64": ("arm64", "arch/arm64/tools/syscall_64.tbl", "common 64 renameat rlimit memfd_secret", "arm64/asm/unistd_64.h", False),
    "arm": ("arm", "arch/arm/tools/syscall.tbl", "common eabi", "arm/asm/unistd-eabi.h", True),
    "riscv64": ("riscv", "scripts/syscall.tbl", "common 64 riscv rlimit memfd_secret", "riscv/asm/unistd_64.h", False),
    "ppc64le": ("powerpc", "arch/powerpc/kernel/syscalls/syscall.tbl", "common 64 nospu", "powerpc/asm/unistd_64.h", False),
    "s390x": ("s390", "arch/s390/kernel/syscalls/syscall.tbl", "common 64", "s390/asm/unistd_64.h", False),
}

# Directories and files with declarations that no machine of ours runs: user-mode Linux, no MMU, no POSIX timers, 32-bit PowerPC.
FOREIGN = ("arch/x86/um/", "mm/nommu.c", "kernel/time/posix-stubs.c", "arch/powerpc/kernel/pci_32.c",
           "arch/powerpc/kernel/sys_ppc32.c", "arch/powerpc/kernel/signal_32.c")

WIDTHS = {
    "USHORT": "umode_t old_uid_t old_gid_t",
    "INT": "int pid_t key_t mqd_t clockid_t timer_t key_serial_t s32 __s32 rwf_t",
    "UINT": "unsigned|unsigned int|uint|u32|__u32|uid_t|gid_t|qid_t|enum landlock_rule_type",
    "LONG": "long off_t loff_t",
    "ULONG": "unsigned long|size_t|aio_context_t|uintptr_t|u64|__u64|old_sigset_t",
    "POINTER": "__sighandler_t cap_user_header_t cap_user_data_t",
}
WIDTH_OF = {t: w for w, types in WIDTHS.items() for t in (types.split("|") if "|" in types else types.split())}
NARROW = {"LONG": "INT", "ULONG": "UINT", "POINTER": "UINT"}  # on a 32-bit architecture


class Rules:
    """calls.txt."""

    def __init__(self, text):
        self.rename, self.call, self.narrow, self.extra, self.declare, self.none = {}, {}, {}, [], {}, set()
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if not line:
                continue
            word, rest = line.split(None, 1)
            if word == "rename":
                old, new = rest.split()
                self.rename[old] = new
            elif word == "call":
                name, names = rest.split(":")
                self.call[name] = names.split()
            elif word == "narrow":
                name, argument, kind = rest.split(None, 2)
                self.narrow[name, argument] = kind
            elif word == "extra":
                arch, name, number = rest.split()
                self.extra.append((arch, name, int(number)))
            elif word == "declare":
                name, args = re.fullmatch(r"(\w+)\((.*)\)", rest).groups()
                self.declare[name] = [tuple(a.strip().rsplit(None, 1)) for a in args.split(",") if a.strip()]
            elif word == "none":
                self.none.add(rest)
            else:
                sys.exit(f"calls.txt: {line}")


def declarations(linux):
    """SYSCALL_DEFINEs by name: a list of (file, [(type, name)]); SYSCALL32_DEFINEs under "32:name"."""
    found = {}
    for directory, subdirectories, files in os.walk(linux):
        subdirectories.sort()
        for file in sorted(files):
            path = Path(directory, file)
            relative = path.relative_to(linux).as_posix()
            if not file.endswith(".c") or relative.startswith(FOREIGN):
                continue
            text = path.read_text(errors="replace")
            if "_DEFINE" not in text:
                continue
            text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
            for m in re.finditer(r"^[ \t]*SYSCALL(32)?_DEFINE[0-6]\(", text, re.M):
                end, depth = m.end(), 1
                while depth:
                    depth += {"(": 1, ")": -1}.get(text[end], 0)
                    end += 1
                words = re.sub(r"SC_ARG64\((\w+)\)", r"u32, \1_lo, u32, \1_hi", text[m.end():end - 1])
                words = [" ".join(w.split()) for w in words.split(",")]
                arguments = [(tidy(t), n) for t, n in zip(words[1::2], words[2::2])]
                key = ("32:" if m.group(1) else "") + words[0]
                if all(arguments != a or not same(relative, f) for f, a in found.get(key, [])):
                    found.setdefault(key, []).append((relative, arguments))
    return found


def same(a, b):
    """Whether two files belong to the same architecture, or both to none."""
    return home(a) == home(b)


def home(path):
    return path.split("/")[1] if path.startswith("arch/") else ""


def tidy(kind):
    """A type without address spaces and without the const of the parameter itself."""
    kind = re.sub(r"\b__user\b", " ", kind)
    kind = re.sub(r"\s*\*\s*", " * ", kind)
    kind = re.sub(r"\* (?=\*)", "*", " ".join(kind.split()))
    if "*" not in kind:
        kind = re.sub(r"^const ", "", kind)
    return re.sub(r"\* const$", "*", kind)


def pick(candidates, entry, label, source):
    """The declaration that this architecture compiles."""
    own = [a for f, a in candidates if home(f) == source]
    some = own or [a for f, a in candidates if home(f) == ""]
    if entry == "clone":  # CONFIG_CLONE_BACKWARDS, _BACKWARDS2
        order = {"x86-64": "flags stack parent child tls", "s390x": "stack flags parent child tls"}.get(label, "flags stack parent tls child")
        short = {"clone_flags": "flags", "newsp": "stack", "parent_tidptr": "parent", "child_tidptr": "child", "tls": "tls"}
        some = [a for a in some if " ".join(short.get(n, n) for _, n in a) == order]
    if entry == "sigsuspend":  # CONFIG_OLD_SIGSUSPEND3, _OLD_SIGSUSPEND
        some = [a for a in some if len(a) == (1 if label == "ppc64le" else 3)]
    if len(some) != 1:
        sys.exit(f"{label}: {entry}: {len(some)} declarations")
    return some[0]


def width(kind, narrow):
    w = "POINTER" if "*" in kind else WIDTH_OF.get(kind)
    if w is None:
        sys.exit(f"unknown type: {kind}")
    return NARROW.get(w, w) if narrow else w


def halves(arguments, label):
    """64-bit arguments of a 32-bit architecture as two words; ARM puts them into an even pair of registers."""
    out = []
    for kind, name in arguments:
        if kind in ("loff_t", "u64", "__u64"):
            if label == "arm" and len(out) % 2:
                out.append(("u32", "unused"))
            out += [("u32", name + "_lo"), ("u32", name + "_hi")]
        else:
            out.append((kind, name))
    return out


def table(path, abis):
    for line in path.read_text().splitlines():
        words = line.split("#")[0].split()
        if len(words) >= 3 and words[1] in abis:
            yield int(words[0]), words[2], words[3] if len(words) > 3 else "sys_ni_syscall"


def numbers(header):
    pairs = re.findall(r"#define __NR_(\w+)\s+(?:\(__NR_SYSCALL_BASE \+ )?(\d+)", header.read_text())
    return {name: int(number) for name, number in pairs if name not in ("syscalls", "SYSCALL_BASE")}


def main():
    linux, uapi, out = map(Path, sys.argv[1:])
    rules = Rules((HERE / "calls.txt").read_text())
    declared = declarations(linux)
    used = set()
    for label, (source, tbl, abis, header, narrow) in ARCHITECTURES.items():
        calls = {}
        for number, name, entry in table(linux / tbl, abis.split()):
            calls[name] = (number, entry.removeprefix("sys_"))
        if {n: c[0] for n, c in calls.items()} != numbers(uapi / header):
            sys.exit(f"{label}: table and header disagree: {set((n, c[0]) for n, c in calls.items()) ^ set(numbers(uapi / header).items())}")
        for arch, name, number in rules.extra:
            if arch == label:
                calls[name] = (number, name)
        lines = []
        for name, (number, entry) in calls.items():
            implemented = entry != "ni_syscall"
            if not implemented:
                entry = name
            key = "32:" + entry if label == "i386" and "32:" + entry in declared else entry
            if key in declared and (key.startswith("32:") or any(home(f) in ("", source) for f, _ in declared[key])):
                arguments = pick(declared[key], entry, label, source)
            elif entry in rules.declare:
                arguments = rules.declare[entry]
            elif not implemented and (entry in rules.none or entry in declared):
                arguments = []
            else:
                sys.exit(f"{label}: {name}: no declaration of {entry}")
            arguments = [(t, rules.rename.get(n, n)) for t, n in arguments]
            names = rules.call.get(entry)
            if names and not key.startswith("32:"):
                if len(names) != len(arguments):
                    sys.exit(f"calls.txt: call {entry}: {len(arguments)} arguments")
                arguments = [(t, n if o == "-" else o) for (t, n), o in zip(arguments, names)]
            if narrow:
                arguments = halves(arguments, label)
            if len(arguments) > 6 or len({n for _, n in arguments}) != len(arguments):
                sys.exit(f"{label}: {name}: {arguments}")
            used.add(entry)
            fields = [f"{name} {number}"]
            for kind, argument in arguments:
                w = width(rules.narrow.get((entry, argument), kind), narrow)
                fields.append(f"{w} {argument} {kind}")
            lines.append("\t".join(fields) + "\n")
        lines.sort()
        (out / f"{label}.calls").write_text("".join(lines))
    for name in [*rules.call, *(n for n, _ in rules.narrow), *rules.declare, *rules.none]:
        if name not in used:
            sys.exit(f"calls.txt: {name}: no such call")


main()
