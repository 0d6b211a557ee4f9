"""Ratios of expression speed, measured in one run: `python benchmarks/expressions.py`."""

import sys
import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "compiler"), str(ROOT / "runtime")]

from flowc.gen.python.expr import compile_template, load  # noqa: E402
from flowrt.expr.context import Context  # noqa: E402

VARIABLES = {
    "inputs": {"name": "bob", "flag": "yes", "n": 3},
    "outputs": {"first": {"body": {"region": "eu"}}},
}
CASES = {
    "three lookups and a filter": "{{ outputs.first.body.region | upper }}",
    "comparison": "{{ inputs.flag == 'yes' }}",
    "text with two values": "run {{ inputs.name }} in {{ outputs.first.body.region }}",
    "missing with a default": "{{ outputs.second.value ?? 'none' }}",
}
JINJA = {"missing with a default": "{{ outputs.second.value | default('none') }}"}


def per_call(work: Callable[[], object]) -> float:
    """Seconds for one call, the best of five rounds."""
    number = 2000
    return min(timeit.repeat(work, number=number, repeat=5)) / number


def main() -> None:
    """Prints a table."""
    import jinja2

    environment = jinja2.Environment(undefined=jinja2.ChainableUndefined)
    v = Context(VARIABLES)
    print(f"{'expression':<30}{'flowc':>10}{'jinja2':>10}{'ratio':>8}")
    for name, text in CASES.items():
        ours = load(compile_template(text))
        theirs = environment.from_string(JINJA.get(name, text))
        mine = per_call(partial(ours.text, v))
        other = per_call(partial(theirs.render, VARIABLES))
        print(f"{name:<30}{mine * 1e6:>8.2f}µs{other * 1e6:>8.2f}µs{other / mine:>7.1f}x")
    texts = [
        f"{{{{ inputs.name ?? 'x{n}' | upper }}}} and {{{{ inputs.n > {n} }}}}" for n in range(1000)
    ]
    started = timeit.default_timer()
    for text in texts:
        compile_template(text)
    print(f"compiling 1,000 expressions: {timeit.default_timer() - started:.2f} s")


if __name__ == "__main__":
    main()
