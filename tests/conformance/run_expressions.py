"""Runs a corpus of expression cases: `python run_expressions.py FILE.jsonl [--list] [--area NAME]`.

One JSON object a line: `id`, `template`, `variables`, one expectation (`expected`, `typed`,
`expected_regex`, `error`) and flags. Differences that `docs/differences-expressions.jsonl` names by id
are reported apart. Exit code 1 when anything else differs.
"""

import json
import lzma
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "compiler"), str(ROOT / "runtime")]

from flowc.expressions import value_of  # noqa: E402
from flowrt.expr.context import Context  # noqa: E402
from flowrt.expr.environment import DictEnvironment  # noqa: E402
from flowrt.expr.render import render_text, render_value  # noqa: E402
from flowrt.formats.jsonwrite import to_json  # noqa: E402
from flowrt.java.errors import ExpressionError  # noqa: E402
from flowrt.java.printing import text_of  # noqa: E402
from flowrt.java.time.isoparse import (  # noqa: E402
    parse_duration,
    parse_instant,
    parse_local_date,
    parse_local_date_time,
    parse_local_time,
    parse_zoned,
)
from flowrt.java.time.temporal import LegacyDate  # noqa: E402
from flowrt.java.values import (  # noqa: E402
    BigInteger,
    Byte,
    Char,
    EnumName,
    Float,
    JavaArray,
    JavaObject,
    JavaSet,
    Long,
    Short,
    Uri,
    class_name,
)

DIFFERENCES = ROOT / "docs" / "differences-expressions.jsonl"
STORAGE = "kestra:///company/team/f/executions/exec1/tasks/t/run1/"

SECRETS = {
    "API_KEY": "s3cret-value",
    "JSON": '{"user":"bob","n":3,"o":{"a":1}}',
    "UTF8": "héllo",
    "EMPTY": "",
}
FILES = {
    "company.team": {
        "hello.txt": b"hello world",
        "dir/data.json": b'{"a": [1, 2]}',
        "dir/empty.txt": b"",
        "utf8.txt": "héllo € 😀\nline2\n".encode(),
    },
    "company": {"parent.txt": b"parent file"},
}
STORED = {
    STORAGE + "out.txt": b"task output",
    STORAGE + "empty.txt": b"",
    "kestra:///company/team/other/executions/exec9/tasks/t/run9/x.txt": b"other flow",
    "kestra:///other/ns/g/executions/exec5/tasks/t/run5/y.txt": b"other namespace",
}


def stock(extra: dict[str, str]) -> DictEnvironment:
    """The services every case may reach."""
    entries: dict[str, dict[str, Any]] = {
        "company.team": {
            "str": "hello",
            "num": 42,
            "dec": 1.5,
            "bool": True,
            "json": {"a": [1, "x"]},
            "list": [1, 2, 3],
            "dt": parse_instant("2024-03-05T06:08:09Z"),
            "day": parse_local_date("2024-03-05"),
            "dur": parse_duration("PT36H"),
            "empty": "",
            "tpl": "{{ 1 + 1 }}",
        },
        "company": {"inherited": "from company", "str": "parent value"},
    }
    return DictEnvironment({**SECRETS, **extra}, entries, FILES, dict(STORED))


def array(items: Any) -> JavaArray:
    values = [decode(item) for item in items]
    classes = {class_name(value) for value in values}
    return JavaArray(values, classes.pop() if len(classes) == 1 else "java.lang.Object")


TAGS: dict[str, Any] = {
    "@long": lambda x: Long(x),
    "@short": lambda x: Short(x),
    "@byte": lambda x: Byte(x),
    "@float": lambda x: Float(str(x).replace("Infinity", "inf")),
    "@double": lambda x: float(str(x).replace("Infinity", "inf")),
    "@decimal": lambda x: Decimal(str(x)),
    "@bigint": lambda x: int(x) if int(x) >> 63 not in (0, -1) else BigInteger(x),
    "@zoned": lambda x: parse_zoned(x),
    "@instant": lambda x: parse_instant(x),
    "@local": lambda x: parse_local_date_time(x),
    "@localdate": lambda x: parse_local_date(x),
    "@localtime": lambda x: parse_local_time(x),
    "@date": lambda x: LegacyDate(_millis(x)),
    "@duration": lambda x: parse_duration(x),
    "@uri": lambda x: Uri(x),
    "@state": lambda x: EnumName(x),
    "@enum": lambda x: EnumName(x),
    "@char": lambda x: Char(x),
    "@set": lambda x: JavaSet([decode(item) for item in x]),
    "@array": array,
    "@ints": lambda x: JavaArray(list(x), "int"),
    "@intmap": lambda x: {int(key): decode(value) for key, value in x.items()},
    "@longmap": lambda x: {Long(key): decode(value) for key, value in x.items()},
}


def _millis(text: str) -> int:
    instant: Any = parse_instant(text)
    return int(instant.epoch_nanos // 1_000_000)


def decode(value: Any) -> Any:
    """A value of the corpus as a value expressions compute with."""
    if isinstance(value, dict):
        if len(value) == 1:
            (tag, inner), *_ = value.items()
            if tag in TAGS:
                return TAGS[tag](inner)
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def encode(value: Any) -> Any:
    """A value as the corpus writes it."""
    if isinstance(value, dict):
        return {text_of(key): encode(item) for key, item in value.items()}
    if isinstance(value, JavaArray):
        return {"@ints" if value.component == "int" else "@array": [encode(v) for v in value]}
    if isinstance(value, (list, JavaSet)):
        return [encode(item) for item in value]
    if value is None or type(value) in (bool, str):
        return value
    kind = class_name(value).rpartition(".")[2]
    if kind in ("Integer", "Long"):
        return int(value)
    if kind == "Double":
        text = text_of(value)
        return {"@double": text} if text[-1] in "Ny" else value
    tags = {"Short": "@short", "Byte": "@byte", "Float": "@float", "BigDecimal": "@decimal",
            "BigInteger": "@bigint", "Character": "@char", "ZonedDateTime": "@zoned",
            "Instant": "@instant", "LocalDateTime": "@local", "LocalDate": "@localdate",
            "LocalTime": "@localtime", "Date": "@date", "Duration": "@duration",
            "URI": "@uri"}  # fmt: skip
    if kind == "Date":
        text = to_json(value).strip('"')
    elif isinstance(value, JavaObject):
        text = value.java_text()
    else:
        text = text_of(value)
    return {tags.get(kind, "@enum"): text}


def run(case: dict[str, Any]) -> tuple[str, Any]:
    """(`text` | `typed`, result); raises what rendering raises."""
    v = Context(decode(case["variables"]), stock(case.get("secrets", {})))
    template = case["template"]
    if "property" in case:
        from flowrt.expr.properties import convert_property

        return "typed", convert_property(case["property"], decode(template), v)
    recursive = bool(case.get("recursive"))
    v.env.recursive = recursive
    if case.get("renderTyped"):
        return "typed", value_of(template, v)
    if not isinstance(template, str):
        return "typed", render_value(decode(template), v, recursive)
    return "text", render_text(template, v, recursive) or ""


UP_TO = ("Invalid json:", "Invalid yaml:", "Invalid ion:", "Unable to parse jq value")


def same_json(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same_json(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return type(left) is type(right) and bool(left == right)


def unordered(text: str) -> Any:
    return sorted(text)


def cut_location(message: str) -> str:
    return re.sub(r" \((?:(?!\) \().)*:(?:\d+|\?)\)$", "", message, flags=re.S)


def judge(case: dict[str, Any]) -> tuple[str, Any]:
    """(`equal` or what differs, the result)."""
    try:
        _, result = run(case)
    except ExpressionError as error:
        if "error" not in case:
            return "fails", str(error)
        if "raw" in case:
            return "equal", None
        message = _cut_classes(str(error))
        wanted = case["error"]
        for start in UP_TO:
            if wanted.startswith(start):
                return ("equal" if message.startswith(start) else "message"), message
        if case.get("contains"):
            return ("equal" if wanted in message else "message"), message
        if message == wanted:
            return "equal", message
        if cut_location(message) == cut_location(wanted):
            return "location", message
        return "message", message
    if "error" in case:
        return "does not fail", result
    if "typed" in case:
        found = encode(result)
        if same_json(found, case["typed"]):
            return "equal", None
        if case.get("hash_order") and unordered(str(found)) == unordered(str(case["typed"])):
            return "order", found
        return "value", found
    if "expected_regex" in case:
        matched = re.fullmatch(case["expected_regex"], result, re.S)
        return ("equal" if matched else "value"), result
    if result == case["expected"]:
        return "equal", None
    if case.get("hash_order") and unordered(result) == unordered(case["expected"]):
        return "order", result
    return "value", result


def _cut_classes(message: str) -> str:
    return re.sub(r"^(?:[a-z]+(?:\.[\w$]+)*\.[A-Z][\w$]*: )+", "", message)


def main(arguments: list[str]) -> int:
    listing = "--list" in arguments
    area = arguments[arguments.index("--area") + 1] if "--area" in arguments else ""
    path = next(a for a in arguments if not a.startswith("--") and a != area)
    known: dict[str, str] = {}
    if DIFFERENCES.exists():
        for line in DIFFERENCES.read_text().splitlines():
            entry = json.loads(line)
            known[json.dumps(entry["template"])] = entry["why"]
    counts: dict[str, int] = {}
    total = named = 0
    opened = lzma.open if path.endswith(".xz") else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            if not case["id"].startswith(area):
                continue
            total += 1
            try:
                verdict, found = judge(case)
            except Exception as error:  # a defect of ours, whatever it is
                verdict, found = "defect", f"{type(error).__name__}: {error}"
            if verdict != "equal" and json.dumps(case["template"]) in known:
                named += 1
                verdict = "named"
            counts[verdict] = counts.get(verdict, 0) + 1
            if listing and verdict not in ("equal", "named"):
                wanted = next(
                    case[k] for k in ("expected", "typed", "expected_regex", "error") if k in case
                )
                print(
                    f"{case['id']} [{verdict}] {json.dumps(case['template'], ensure_ascii=False)}"
                )
                print(f"    variables {json.dumps(case['variables'], ensure_ascii=False)[:300]}")
                print(f"    wanted {wanted!r:.600}\n    found  {found!r:.600}")
    for verdict, count in sorted(counts.items()):
        if verdict != "equal":
            print(f"{count} {verdict}")
    equal = counts.get("equal", 0)
    print(f"{equal} of {total} equal")
    return 0 if equal + named == total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
