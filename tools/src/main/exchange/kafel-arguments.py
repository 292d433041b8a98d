#!/usr/bin/env python3
"""Writes kafel.arguments: what kafel calls the arguments of system calls, and how many bytes of each it compares.

Usage: kafel-arguments.py KAFEL-SOURCES > kafel.arguments, with the sources of github.com/google/kafel.
A line is a call and its arguments; where an architecture names them otherwise, a line CALL@ARCH follows. How wide they are on a
32-bit architecture is left out: no argument has more than 32 bits there.
"""
import pathlib
import re
import sys

ARCHES = {"x86-64": "amd64", "aarch64": "aarch64", "riscv64": "riscv64", "i386": "i386", "arm": "arm"}


def calls(path):
    entry = re.compile(r'\{"(\w+)",\s*(?:-?\d+|0x\w+),\s*\{((?:\s*\[ARG_\d\] = \{"\w+", \d\},)*)\s*\}\}', re.S)
    return {
        name: " ".join(f"{argument}:{size}" for argument, size in re.findall(r'\{"(\w+)", (\d)\}', arguments))
        for name, arguments in entry.findall(path.read_text())
    }


def names(arguments):
    return re.sub(r":\d", "", arguments)


def main():
    tables = {
        arch: calls(pathlib.Path(sys.argv[1], "src", "syscalls", f"{file}_syscalls.c")) for arch, file in ARCHES.items()
    }
    print("# Made by kafel-arguments.py: the arguments of calls as kafel names them, with the bytes that it compares.")
    for name in sorted(set().union(*tables.values())):
        usual = next(table[name] for table in tables.values() if name in table)
        if usual:
            print(name, usual)
        for arch, table in tables.items():
            if name in table and names(table[name]) != names(usual):
                print(f"{name}@{arch}", table[name])


main()
