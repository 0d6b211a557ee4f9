"""Writes the names of months, days, eras and date styles by locale: `python tools/cldr.py DATES CORE`.

The arguments are the unpacked npm packages `cldr-dates-full` and `cldr-core` of the version named below, which is that of
Java 25 (`npm pack cldr-dates-full@47.0.0 cldr-core@47.0.0`). `--check` compares instead of writing; `--java` writes `cldr-java.json` anew from the table
that is there, for a new version of CLDR whose differences have been looked at.
"""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "runtime" / "flowrt" / "java" / "time" / "localenames.py"
ZONES = TARGET.with_name("zonenames.py")
"""Names of zones are those of CLDR and of the Java library together; they are kept by hand, with the same license."""
VERSION = "47.0.0"

LOCALES = [
    "en",
    "en_GB",
    "en_CA",
    "en_AU",
    "en_IN",
    "fr",
    "fr_CA",
    "fr_CH",
    "de",
    "de_AT",
    "de_CH",
    "es",
    "es_MX",
    "it",
    "pt",
    "pt_PT",
    "nl",
    "nl_BE",
    "sv",
    "da",
    "nb",
    "no",
    "fi",
    "pl",
    "cs",
    "sk",
    "hu",
    "ro",
    "bg",
    "el",
    "tr",
    "ru",
    "uk",
    "ar",
    "he",
    "hi",
    "th",
    "vi",
    "id",
    "ja",
    "ko",
    "zh",
    "zh_TW",
    "ca",
    "hr",
]
"""Those that the table has, in its order; a region after its language."""

CODES = {"zh_TW": "zh-Hant", "pt": "pt", "no": "no"}
"""Where CLDR has a locale under another name."""

MONTHS = [str(number) for number in range(1, 13)]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
QUARTERS = ["1", "2", "3", "4"]
WIDTHS = {4: "wide", 3: "abbreviated", 5: "narrow"}
JAVA = ROOT / "tools" / "cldr-java.json"
"""Where Java has something else than CLDR: names that it keeps of older data, or inherits in another way."""
NOTICE_BEGIN = (
    "# What follows to the end of the notice is the license of the data (Unicode CLDR).\n#\n"
)
NOTICE_END = "# End of the notice.\n"
UNOFFICIAL = frozenset(["AC", "AN", "CP", "CQ", "DG", "EA", "IC", "TA", "XK", "ZZ"])
"""Codes of CLDR that are no regions of ISO 3166."""
BEGIN, END = '_DATA = """\\\n', '"""\n'


def calendar(dates: Path, locale: str) -> dict[str, Any]:
    """The Gregorian calendar of a locale."""
    code = CODES.get(locale, locale.replace("_", "-"))
    text = (dates / "main" / code / "ca-gregorian.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)["main"][code]["dates"]["calendars"]["gregorian"]
    return found


def zones(dates: Path, locale: str) -> dict[str, Any]:
    """The names of zones of a locale."""
    code = CODES.get(locale, locale.replace("_", "-"))
    text = (dates / "main" / code / "timeZoneNames.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)["main"][code]["dates"]["timeZoneNames"]
    return found


def entries(dates: Path, periods: dict[str, Any], locale: str) -> dict[str, str]:
    """All entries of a locale, in the keys of the table."""
    found = calendar(dates, locale)
    table: dict[str, str] = {}
    for letters, name, keys in (
        ("ML", "months", MONTHS),
        ("Ec", "days", DAYS),
        ("Qq", "quarters", QUARTERS),
    ):
        for letter, use in zip(letters, ("format", "stand-alone"), strict=True):
            for count, width in WIDTHS.items():
                names = found[name][use][width]
                table[letter * count] = "|".join(names[key] for key in keys)
    for key, width in (("G", "eraAbbr"), ("GGGG", "eraNames"), ("GGGGG", "eraNarrow")):
        table[key] = "|".join(found["eras"][width][era] for era in ("0", "1"))
    names = found["dayPeriods"]["format"]["abbreviated"]
    table["a"] = f"{names['am']}|{names['pm']}"
    for style in ("full", "long", "medium", "short"):
        date, time = found["dateFormats"][style], found["timeFormats"][style]
        table[style.upper()] = both(found["dateTimeFormats"][style], pattern(date), pattern(time))
    language = CODES.get(locale, locale).partition("_")[0].partition("-")[0]
    rules = periods.get(language, {})
    for key, width in (("B", "wide"), ("BBBB", "wide"), ("BBBBB", "narrow")):
        table[key] = day_periods(rules, found["dayPeriods"]["format"][width])
    table["GMT"] = zones(dates, locale).get("gmtFormat", "GMT{0}").replace("{0}", "")
    utc = zones(dates, locale).get("metazone", {}).get("UTC") or zones(dates, locale)["zone"].get(
        "Etc", {}
    ).get("UTC", {})
    if "long" in utc and "standard" in utc["long"]:
        table["UTC"] = utc["long"]["standard"]
    return table


def pattern(found: Any) -> str:
    """A pattern, which some locales write with a numbering system."""
    return str(found["_value"] if isinstance(found, dict) else found)


def both(joined: Any, date: str, time: str) -> str:
    """A pattern of a date and a time."""
    return pattern(joined).replace("{1}", date).replace("{0}", time).replace("''", "")


def day_periods(rules: dict[str, Any], names: dict[str, str]) -> str:
    """`midnight|noon|HOUR:name|…`; a language without rules has AM and PM."""
    if not any("_from" in rule for rule in rules.values()):
        return f"||0:{names['am']}|12:{names['pm']}"
    begins: dict[int, str] = {}
    for name, rule in rules.items():
        if "_from" not in rule:
            continue
        start, end = (int(str(rule[key]).partition(":")[0]) for key in ("_from", "_before"))
        begins[start] = names[name]
        if start > end > 0:
            begins.setdefault(0, names[name])
    hours = sorted(begins)
    ordered = "|".join(
        f"{hour}:{begins[hour]}"
        for before, hour in zip([None, *hours], hours, strict=False)
        if before is None or begins[before] != begins[hour]
    )
    midnight = names.get("midnight", "") if "midnight" in rules else ""
    noon = names.get("noon", "") if "noon" in rules else ""
    return f"{midnight}|{noon}|{ordered}"


def tables(dates: Path, core: Path) -> dict[str, dict[str, str]]:
    """The table of each locale, as Java has it."""
    periods = json.loads((core / "supplemental" / "dayPeriods.json").read_text("utf-8"))
    rules = periods["supplemental"]["dayPeriodRuleSet"]
    java = json.loads(JAVA.read_text("utf-8"))
    return {locale: entries(dates, rules, locale) | java.get(locale, {}) for locale in LOCALES}


ALIASES = {
    "LLLL": "MMMM", "LLL": "MMM", "LLLLL": "MMMMM", "cccc": "EEEE", "ccc": "EEE", "ccccc": "EEEEE", "qqqq": "QQQQ",
    "qqqqq": "QQQQQ", "GGGG": "G", "GGGGG": "G", "BBBB": "B", "BBBBB": "B",
}  # fmt: skip
"""What is often the same as another entry."""


def sections(found: dict[str, dict[str, str]], root: str) -> str:
    """The data of the module: what a region adds to its language, and a language to the root."""
    text = f"@\n{root}"
    plain = dict(line.split("=", 1) for line in root.splitlines())
    written: dict[str, dict[str, str]] = {"": plain}
    for locale, table in found.items():
        language, _, region = locale.partition("_")
        behind = plain | (written[language] if region else {})
        own = {}
        for key, value in table.items():
            shown = f"^{ALIASES[key]}" if key in ALIASES and table[ALIASES[key]] == value else value
            before = behind.get(key)
            same = before == shown or (before == value and shown[:1] != "^")
            if not same:
                own[key] = shown
        written[locale] = own
        text += f"@{locale}\n" + "".join(f"{key}={value}\n" for key, value in own.items())
    return text


def weeks(core: Path) -> dict[str, str]:
    """First day of the week (1 = Monday) and minimal days of the first week → regions; others: Sunday, 1."""
    data = json.loads((core / "supplemental" / "weekData.json").read_text("utf-8"))
    found = data["supplemental"]["weekData"]
    territories = json.loads((core / "supplemental" / "territoryInfo.json").read_text("utf-8"))
    regions = sorted(
        {*territories["supplemental"]["territoryInfo"], *found["firstDay"], *found["minDays"]}
    )
    rules: dict[str, list[str]] = {}
    for region in regions:
        if len(region) != 2 or region in UNOFFICIAL:
            continue
        first = DAYS.index(found["firstDay"].get(region, found["firstDay"]["001"])) + 1
        least = found["minDays"].get(region, found["minDays"]["001"])
        if (first, least) != (7, "1"):
            rules.setdefault(f"{first}{least}", []).append(region)
    return {rule: " ".join(rules[rule]) for rule in sorted(rules)}


def noticed(text: str, dates: Path) -> str:
    """A module with the license of its data in front of its imports."""
    lines = (dates / "LICENSE").read_text("utf-8").splitlines()
    notice = NOTICE_BEGIN + "".join(f"# {line}".rstrip() + "\n" for line in lines) + NOTICE_END
    if NOTICE_BEGIN in text:
        end = text.index(NOTICE_END) + len(NOTICE_END)
        return text[: text.index(NOTICE_BEGIN)] + notice + text[end:]
    at = text.index("from __future__")
    return f"{text[:at]}{notice}\n{text[at:]}"


def module(text: str, dates: Path, core: Path) -> str:
    """The module with its data written anew."""
    start = text.index(BEGIN) + len(BEGIN)
    end = text.index(END, start)
    root = text[start:end].partition("@\n")[2].partition("@en\n")[0]
    body = sections(tables(dates, core), root)
    tail = text[end:]
    first = tail.index("_WEEKS = {")
    last = tail.index("}\n", first) + 2
    rows = "".join(
        f'    "{rule}": "' + ' "\n    "'.join(textwrap.wrap(regions, 106)) + '",\n'
        for rule, regions in weeks(core).items()
    )
    before = text[:start]
    return before + body + tail[:first] + "_WEEKS = {\n" + rows + "}\n" + tail[last:]


def main(words: list[str]) -> int:
    dates, core = (Path(word) for word in words if not word.startswith("--"))
    if json.loads((dates / "package.json").read_text("utf-8"))["version"] != VERSION:
        print(f"version {VERSION} is needed")
        return 2
    if "--java" in words:
        sys.path.insert(0, str(ROOT / "runtime"))
        from flowrt.java.time.localenames import locale_table

        JAVA.write_text("{}\n")
        other: dict[str, dict[str, str]] = {}
        for locale, table in tables(dates, core).items():
            have = locale_table(*locale.partition("_")[::2])
            for key, value in table.items():
                if have.get(key) != value:
                    other.setdefault(locale, {})[key] = have[key]
        JAVA.write_text(json.dumps(other, ensure_ascii=False, indent=1) + "\n", "utf-8")
    text = TARGET.read_text("utf-8")
    made = noticed(module(text, dates, core), dates)
    if "--check" in words:
        print("the same" if made == text else "differs")
        return int(made != text)
    TARGET.write_text(made, "utf-8")
    ZONES.write_text(noticed(ZONES.read_text("utf-8"), dates), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
