#!/usr/bin/env python3
"""Writes since.kernel: in which version of the kernel each system call came, one line a call, sorted by name,

    name version [architecture version]...

from the table in syscalls(2), and from since.txt for what that does not say.

    since.py PAGE OUT     (PAGE: syscalls.2.gz; OUT: directory of the resources, with the .calls that calls.py wrote)
"""
import gzip
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
VERSION = re.compile(r"\d+\.\d+(\.\d+)*")


def of_page(page):
    """name -> version, of several the oldest: a call that was given to an older series too."""
    text = gzip.open(page, "rt").read()
    table = text[text.index("System call\tKernel"):text.index("\n.TE")]
    table = "\n".join(line for line in table.split("\n")[2:] if not line.startswith('.\\"'))
    table = re.sub(r"T\{\n(.*?)\nT\}", lambda cell: cell.group(1).replace("\n", " "), table, flags=re.S)
    versions = {}
    for line in table.split("\n"):
        cells = line.split("\t")
        name = re.sub(r"\\f\[[A-Z]*\]|\.BR ", "", cells[0]).split("(")[0].strip()
        found = [match.group() for match in VERSION.finditer(cells[1])] if len(cells) > 1 else []
        if found:
            versions[name] = min(found, key=lambda version: [int(part) for part in version.split(".")])
    return versions


def of_text(path):
    """name -> (version or None, [architecture version]...)"""
    facts = {}
    for line in path.read_text().split("\n"):
        words = line.split("#")[0].split()
        if words:
            plain = [word for word in words[1:] if "=" not in word]
            facts[words[0]] = (plain[0] if plain else None, [word.replace("=", " ") for word in words[1:] if "=" in word])
    return facts


def main():
    page, out = sys.argv[1], Path(sys.argv[2])
    names = {line.split()[0] for path in out.glob("*.calls") for line in path.read_text().splitlines()}
    versions = of_page(page)
    facts = of_text(HERE / "since.txt")
    lines = []
    for name in sorted(names):
        own, others = facts.pop(name, (None, []))
        version = own or versions.get(name)
        if version is None:
            sys.exit(f"{name}: neither syscalls(2) nor since.txt has a version")
        if version != "-":
            lines.append(" ".join([name, version, *others]))
    if facts:
        sys.exit(f"since.txt: no architecture has {', '.join(facts)}")
    (out / "since.kernel").write_text("".join(line + "\n" for line in lines))


main()
