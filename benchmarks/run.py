"""Measures flowc against its bars: `python benchmarks/run.py [--write] [--quick]`.

What is compared is measured in turn within one run, the best of several rounds counts, and what the bars limit is a
ratio wherever a ratio makes sense: machines differ, ratios hardly do. `--write` puts the table into the README.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [str(ROOT / "compiler"), str(ROOT / "runtime")]
sys.path[:0] = [*SOURCES, str(ROOT / "tools")]

import programs  # noqa: E402

from flowc.driver import Sources, analyse, generate  # noqa: E402
from flowc.source import SourceFile  # noqa: E402

MEBIBYTE = 1024 * 1024


class Row(NamedTuple):
    """One line of the table."""

    what: str
    found: str
    bar: str
    kept: bool


def compiled(text: str) -> str:
    """The module of a flow."""
    return generate(analyse(Sources(SourceFile("flow.yaml", text))).require())


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def best(rounds: int, *works: Callable[[], float]) -> list[float]:
    """The shortest times of several works, measured in turn."""
    found = [[work() for work in works] for _ in range(rounds)]
    return [min(times) for times in zip(*found, strict=True)]


def python(*words: str) -> subprocess.CompletedProcess[str]:
    """A process of this Python that finds the packages, as they are when they were used before: compiled.

    Raises RuntimeError when it fails.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(SOURCES)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise RuntimeError(f"{words} ended with {done.returncode}:\n{done.stderr}")
    return done


def process(*words: str) -> Callable[[], float]:
    """How long such a process takes, as a work to measure."""
    return lambda: seconds(lambda: python(*words))


IN_PROCESS_FLOW = """
import runpy, sys, time
from flowrt.program.main import run
for path in sys.argv[1:]:
    flow = runpy.run_path(path)["flow"]
    start = time.perf_counter()
    code = run(flow, [])
    assert not code, code
print(time.perf_counter() - start)
"""

IN_PROCESS_PLAIN = """
import asyncio, runpy, sys, time
for path in sys.argv[1:]:
    tasks = runpy.run_path(path)["tasks"]
    start = time.perf_counter()
    asyncio.run(tasks())
print(time.perf_counter() - start)
"""

PEAK = """
import resource, subprocess, sys
subprocess.run([sys.executable, *sys.argv[1:]], check=True, stderr=subprocess.DEVNULL)
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit)
"""
"""A process between this one and the measured one: a process inherits the peak of the one that started it."""


def within(script: str, *paths: Path) -> Callable[[], float]:
    """The number that a script prints, as a work to measure."""
    return lambda: float(python("-c", script, *map(str, paths)).stdout.split()[-1])


def per_task(
    folder: Path, rounds: int, count: int, flow: Callable[[int], str], plain: Callable[[int], str]
) -> list[float]:
    """How long many tasks take in a process that has done one before, ours and theirs.

    So what either imports for the first task is not counted: `asyncio` is imported by the plain program before its clock
    starts, the parts of the runtime are only when they are needed.
    """
    paths: dict[bool, list[Path]] = {True: [], False: []}
    for size in (1, count):
        for ours, text in ((True, compiled(flow(size))), (False, plain(size))):
            paths[ours].append(folder / f"{flow.__name__}_{ours}_{size}.py")
            paths[ours][-1].write_text(text, "utf-8")
    return best(
        rounds, within(IN_PROCESS_FLOW, *paths[True]), within(IN_PROCESS_PLAIN, *paths[False])
    )


def ratio(what: str, ours: float, theirs: float, bar: float) -> Row:
    found = f"{ours / theirs:.2f}× ({ours * 1000:.0f} ms to {theirs * 1000:.0f} ms)"
    return Row(what, found, f"≤ {bar:g}×", ours / theirs <= bar)


def chain(folder: Path, rounds: int) -> list[Row]:
    ours, theirs = folder / "chain.py", folder / "plain_chain.py"
    ours.write_text(compiled(programs.chain(1000)), "utf-8")
    theirs.write_text(programs.plain_chain(1000), "utf-8")
    whole = best(rounds, process(str(ours)), process(str(theirs)))
    inside = per_task(folder, rounds, 1000, programs.chain, programs.plain_chain)
    what = "1,000 `Log` tasks against 1,000 asyncio coroutines that log"
    return [
        ratio(f"{what}, whole process", whole[0], whole[1], 8),
        ratio(f"{what}, in a process that has done one before", inside[0], inside[1], 3.5),
    ]


def start(folder: Path, rounds: int) -> list[Row]:
    ours, theirs = folder / "hello.py", folder / "plain_hello.py"
    ours.write_text(compiled(programs.HELLO_FLOW), "utf-8")
    theirs.write_text(programs.plain_chain(1), "utf-8")
    found = best(rounds * 3, process(str(ours)), process(str(theirs)))
    what = "`python hello.py` against a plain asyncio program that logs"
    peak = min(within(PEAK, ours)() for _ in range(rounds)) / MEBIBYTE
    return [
        ratio(what, found[0], found[1], 1.3),
        Row("`python hello.py`, peak memory", f"{peak:.1f} MB", "≤ 13 MB", peak <= 13),
    ]


def loop(folder: Path, rounds: int) -> list[Row]:
    found = per_task(folder, rounds, 2000, programs.for_each, programs.plain_each)
    what = "`ForEach` over 2,000 values against a loop in asyncio that logs"
    return [ratio(f"{what}, in a process that has done one before", found[0], found[1], 4)]


def durable(folder: Path, rounds: int) -> list[Row]:
    ours, theirs = folder / "durable.py", folder / "plain_durable.py"
    ours.write_text(compiled(programs.chain(1000)), "utf-8")
    theirs.write_text(programs.plain_durable(1000), "utf-8")
    flow = process(str(ours), "--store", str(folder / "durable"))
    found = best(rounds, flow, process(str(theirs)))
    what = "1,000 `Log` tasks with a store against asyncio with SQLite, whole process"
    return [ratio(what, found[0], found[1], 2)]


def check(folder: Path, rounds: int) -> list[Row]:
    rows = []
    small = programs.varied(20)
    for what, text, bar in (
        (f"`flowc check` of a flow of {len(small) / 1000:.1f} kB, whole process", small, 0.150),
        ("`flowc check` of 2,000 tasks, whole process", programs.varied(2000), 2.0),
    ):
        path = folder / "checked.yaml"
        path.write_text(text, "utf-8")
        (found,) = best(rounds, process("-m", "flowc", "check", str(path)))
        rows.append(Row(what, f"{found * 1000:.0f} ms", f"≤ {bar * 1000:g} ms", found <= bar))
    return rows


def scripts(folder: Path, rounds: int) -> list[Row]:
    ours, theirs = folder / "shell.py", folder / "plain_shell.py"
    ours.write_text(compiled(programs.shell(200)), "utf-8")
    theirs.write_text(programs.plain_shell(200), "utf-8")
    found = best(min(rounds, 3), process(str(ours)), process(str(theirs)))
    what = "200 `shell` tasks against `asyncio.create_subprocess_exec`, whole process"
    return [ratio(what, found[0], found[1], 2)]


def growth(rounds: int) -> list[Row]:
    sizes = (200, 400, 800, 1600)
    compiled(programs.varied(40))
    times = best(
        rounds,
        *(lambda size=size: seconds(lambda: compiled(programs.varied(size))) for size in sizes),
    )
    each = [time / size * 1000 for time, size in zip(times, sizes, strict=True)]
    what = "compile time of a task at " + ", ".join(f"{size:,}" for size in sizes) + " tasks"
    found = ", ".join(f"{time:.2f}" for time in each) + " ms"
    return [Row(what, found, "last ≤ 1.3× first", each[-1] <= 1.3 * each[0])]


def scale(rounds: int) -> list[Row]:
    from growth import BAR, FLOWS, SIZES, measured

    os.environ["FLOWRT_MAX_DEPTH"] = str(2 * SIZES[-1])
    rows = []
    for name in FLOWS:
        found = measured(name, rounds)
        times = " to ".join(f"{time:.0f}" for time in (found.each[0], found.each[-1]))
        what = f"cost of one among {SIZES[-1]:,} against {SIZES[0]:,}: {found.what}"
        text = f"{found.ratio:.2f}× ({times} µs)"
        rows.append(Row(what, text, f"≤ {BAR:g}×", found.ratio <= BAR))
    return rows


def memory(folder: Path) -> list[Row]:
    path = folder / "for_each.py"
    path.write_text(compiled(programs.for_each(100_000)), "utf-8")
    rows = []
    for more, words in (
        ("", []),
        (", with the document", ["--execution", str(folder / "out.json")]),
    ):
        found = float(python("-c", PEAK, str(path), *words).stdout)
        what = f"`ForEach` over 100,000 values, peak memory of the process{more}"
        kept = found <= 40 * MEBIBYTE
        rows.append(Row(what, f"{found / MEBIBYTE:.0f} MB", "≤ 40 MB", kept))
    return rows


FILE_TASKS = {
    "FILE input and `Size`": ("storage.Size", 'uri: "{{ inputs.data }}"'),
    "`Split`": ("storage.Split", 'from: "{{ inputs.data }}"\n    rows: 1000000'),
    "`Reverse`": ("storage.Reverse", 'from: "{{ inputs.data }}"'),
    "`UploadFiles`": ("namespace.UploadFiles", 'filesMap: {x: "{{ inputs.data }}"}'),
}


def files(folder: Path, rounds: int) -> list[Row]:
    from flowrt.services.split import by_rows

    data, store = folder / "data.txt", folder / "store"
    programs.lines(str(data), 1024 * MEBIBYTE)
    rows = []
    for what, (task, properties) in FILE_TASKS.items():
        path = folder / "over_file.py"
        path.write_text(compiled(programs.over_file(task, properties)), "utf-8")
        words = ("--store", str(store), "--input", f"data=@{data}")
        found = float(python("-c", PEAK, str(path), *words).stdout.split()[-1])
        shutil.rmtree(store)
        text = f"{found / MEBIBYTE:.0f} MB"
        rows.append(Row(f"{what} of 1 GB, peak memory", text, "≤ 40 MB", found <= 40 * MEBIBYTE))
    parts = folder / "parts"

    def split(work: Callable[[], object]) -> float:
        parts.mkdir()
        try:
            return seconds(work)
        finally:
            shutil.rmtree(parts)

    tool = ["split", "-l", "1000000", str(data), str(parts / "part")]
    ours, theirs = best(
        min(rounds, 3),
        lambda: split(lambda: by_rows(data, 1_000_000, parts)),
        lambda: split(lambda: subprocess.run(tool, check=True)),
    )
    return [*rows, ratio("splitting 1 GB by lines against `split`", ours, theirs, 2)]


def clusters() -> list[Row]:
    """Where `make test-engines` has made their environments; the others are left out by name."""
    rows = []
    for cluster in ("dask", "ray"):
        own = ROOT / f".venv-{cluster}" / "bin" / "python"
        if not own.exists():
            print(f"left out: {cluster}, since there is no {own.parent}", file=sys.stderr)
            continue
        words = [str(own), str(ROOT / "benchmarks" / "clusters.py"), cluster, "--ratio"]
        found = float(subprocess.check_output(words, text=True))
        what = f"200 tasks of 0.5 s on 4 processes of {cluster.capitalize()} against the ideal"
        rows.append(Row(what, f"{found:.2f}×", "≤ 1.3×", found <= 1.3))
    return rows


def expression() -> list[Row]:
    import jinja2
    from expressions import CASES, VARIABLES, compared, per_call

    from flowc.gen.python.expr import compile_template, load
    from flowrt.expr.context import Context

    text = CASES["three lookups and a filter"]
    ours, v = load(compile_template(text)), Context(VARIABLES)
    theirs = jinja2.Environment().from_string(text)
    faster = per_call(lambda: theirs.render(VARIABLES)) / per_call(lambda: ours.text(v))
    texts = [
        f"{{{{ inputs.name ?? 'x{n}' | upper }}}} {{{{ inputs.n > {n} }}}}" for n in range(1000)
    ]
    took = seconds(lambda: [compile_template(text) for text in texts])
    others = [
        Row(f"{what}: against jinja2's form", f"{other:.1f}× as fast", "≥ 1×", other >= 1)
        for what, other in ((what, compared(what)) for what in CASES)
    ]
    return [
        *others,
        Row(
            "`{{ outputs.first.body.region \\| upper }}` against the same in jinja2",
            f"{faster:.0f}× faster",
            "≥ 10×",
            faster >= 10,
        ),
        Row("compiling 1,000 expressions", f"{took * 1000:.0f} ms", "< 1000 ms", took < 1),
    ]


def table(rows: list[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| What | Measured | Bar | |", "|---|---|---|---|"]
    lines += [f"| {r.what} | {r.found} | {r.bar} | {'✓' if r.kept else '✗'} |" for r in rows]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument(
        "--only",
        default="",
        help="one part: chain, start, loop, durable, scripts, check, growth, scale, memory, files, clusters, expression",
    )
    arguments = parser.parse_args()
    rounds = 3 if arguments.quick else 7
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts: dict[str, Callable[[], list[Row]]] = {
            "chain": lambda: chain(folder, rounds),
            "start": lambda: start(folder, rounds),
            "loop": lambda: loop(folder, rounds),
            "durable": lambda: durable(folder, rounds),
            "scripts": lambda: scripts(folder, rounds),
            "check": lambda: check(folder, rounds),
            "growth": lambda: growth(2 if arguments.quick else 3),
            "scale": lambda: scale(2),
            "memory": lambda: memory(folder),
            "files": lambda: files(folder, rounds),
            "clusters": clusters,
            "expression": expression,
        }
        for part, measured in parts.items():
            if arguments.only in ("", part):
                rows += measured()
    print(table(rows), end="")
    if arguments.write:
        from readme_tables import write_section

        write_section(ROOT / "README.md", "benchmarks", table(rows))
    return 0 if all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
