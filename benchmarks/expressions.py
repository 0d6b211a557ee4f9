"""Ratios of expression speed, measured in one run: `python benchmarks/expressions.py`."""

import sys
import timeit
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "compiler"), str(ROOT / "runtime")]

from flowc.gen.python.expr import compile_template, load  # noqa: E402
from flowrt.expr.context import Context  # noqa: E402

ROWS = [{"id": n, "name": f"row {n}", "ok": True, "value": n / 2} for n in range(20)]
VARIABLES = {
    "inputs": {
        "name": "bob",
        "flag": "yes",
        "n": 3,
        "csv": "a,b,c,d,e,f",
        "date": "2024-03-05T06:08:09Z",
    },
    "outputs": {"first": {"body": {"region": "eu", "list": [1, 2, {"c": "x"}]}}, "rows": ROWS},
}
CASES = {
    "three lookups and a filter": "{{ outputs.first.body.region | upper }}",
    "comparison": "{{ inputs.flag == 'yes' }}",
    "text with two values": "run {{ inputs.name }} in {{ outputs.first.body.region }}",
    "missing with a default": "{{ outputs.second.value ?? 'none' }}",
    "toJson of a map": "{{ outputs.first | toJson }}",
    "toJson of 20 rows": "{{ outputs.rows | toJson }}",
    "date": "{{ inputs.date | date('yyyy-MM-dd HH:mm') }}",
    "date in a zone": "{{ inputs.date | date('yyyy-MM-dd HH:mm', timeZone='Europe/Paris') }}",
    "dateAdd": "{{ inputs.date | dateAdd(1, 'DAYS') }}",
    "range": "{{ range(0, 20) }}",
    "split": "{{ inputs.csv | split(',') | first }}",
    "jq of a path": "{{ outputs.first | jq('.body.list[2].c') | first }}",
    "jq of 20 rows": "{{ outputs.rows | jq('map(.id)') | first }}",
}
JINJA = {
    "missing with a default": "{{ outputs.second.value | default('none') }}",
    "toJson of a map": "{{ outputs.first | tojson }}",
    "toJson of 20 rows": "{{ outputs.rows | tojson }}",
    "date": "{{ inputs.date | date('%Y-%m-%d %H:%M') }}",
    "date in a zone": "{{ inputs.date | date('%Y-%m-%d %H:%M', 'Europe/Paris') }}",
    "dateAdd": "{{ inputs.date | days(1) }}",
    "range": "{{ range(0, 20) | list }}",
    "split": "{{ (inputs.csv | split(',')) | first }}",
    "jq of a path": "{{ outputs.first.body.list[2].c }}",
    "jq of 20 rows": "{{ outputs.rows | map(attribute='id') | list }}",
}
"""The same in jinja2, where it is written in another way; dates and `split` are filters over Python's library."""


def jinja_date(text: str, form: str, zone: str = "") -> str:
    """A date as Python's library formats it."""
    moment = datetime.fromisoformat(text)
    return (moment.astimezone(ZoneInfo(zone)) if zone else moment).strftime(form)


def jinja_days(text: str, days: int) -> str:
    """A date some days later."""
    return (datetime.fromisoformat(text) + timedelta(days=days)).isoformat()


def per_call(work: Callable[[], object]) -> float:
    """Seconds for one call, the best of five rounds."""
    number = 2000
    return min(timeit.repeat(work, number=number, repeat=5)) / number


def times(name: str) -> tuple[float, float]:
    """Seconds for a case here and in jinja2."""
    import jinja2

    environment = jinja2.Environment(undefined=jinja2.ChainableUndefined)
    environment.filters |= {"date": jinja_date, "days": jinja_days, "split": str.split}
    ours = load(compile_template(CASES[name]))
    theirs = environment.from_string(JINJA.get(name, CASES[name]))
    v = Context(VARIABLES)
    return per_call(partial(ours.text, v)), per_call(partial(theirs.render, VARIABLES))


def compared(name: str) -> float:
    """How many times faster a case is here."""
    mine, other = times(name)
    return other / mine


def main() -> None:
    """Prints a table."""
    print(f"{'expression':<30}{'flowc':>10}{'jinja2':>10}{'ratio':>8}")
    for name in CASES:
        mine, other = times(name)
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
