"""Compares with the real engine and writes the numbers into the README: `python tools/readme_conformance.py [FOLDER]`.

FOLDER is a folder of corpora (by default `../shared/conformance`, where it is there): `recorded` and `flows` hold
recorded executions, `expressions.jsonl` cases of expressions. The corpus of the project is compared in any case.
"""

from __future__ import annotations

import re
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

from readme_tables import ROOT, write_section

COMMANDS = ROOT / "tests" / "conformance"
RECORDED = ROOT / "tests" / "recorded"
SHARED = ROOT.parent / "shared" / "conformance"


def compared(command: str, *paths: Path) -> tuple[int, int]:
    """How many cases are equal, of how many. Raises RuntimeError when the command does not come to its end."""
    words = [sys.executable, str(COMMANDS / command), *map(str, paths)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = re.fullmatch(r"(\d+) of (\d+) equal", done.stdout.strip().rpartition("\n")[2])
    if found is None:
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
    return int(found[1]), int(found[2])


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=SHARED)
    shared = parser.parse_args().folder
    corpora = [("recorded executions in this repository", "run_recorded.py", COMMANDS / "corpus")]
    corpora += [
        (what, command, shared / name)
        for what, command, name in (
            (
                "all recorded executions: flow control, data, life cycle",
                "run_recorded.py",
                "recorded",
            ),
            ("flows of Kestra's own tests", "run_recorded.py", "flows"),
        )
        if (shared / name).exists()
    ]
    corpora.append(("expressions", "run_expressions.py", RECORDED / "expressions.jsonl.xz"))
    lines = ["| Corpus | Cases | Equal | |", "|---|---|---|---|"]
    for what, command, path in corpora:
        equal, total = compared(command, path)
        lines.append(f"| {what} | {total:,} | {equal:,} | {equal / total:.1%} |")
        print(lines[-1])
    write_section(ROOT / "README.md", "conformance", "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
