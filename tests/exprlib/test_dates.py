"""Dates: texts, arithmetic, patterns, zones."""

import pytest

from flowc.front.durations import seconds as front_seconds
from flowrt.expr.filters_date import date, date_add, timestamp, timestamp_milli, timestamp_nano
from flowrt.formats.jsonwrite import to_json
from flowrt.java.errors import RawError
from flowrt.java.time.duration import clock_text, iso_duration
from flowrt.java.time.duration import parse_duration as length
from flowrt.java.time.formatter import formatter
from flowrt.java.time.isoparse import parse_duration, parse_instant, parse_local_date, parse_zoned
from flowrt.java.time.locale import locale_of
from flowrt.java.time.members import member, method
from flowrt.java.time.temporal import UTC, Duration, Instant, LegacyDate, Zoned, zone_of
from flowrt.java.values import MISSING, Long

MOMENT = parse_instant("2024-03-05T06:08:09.123456789Z")


@pytest.mark.parametrize(
    "text, printed",
    [
        ("2024-03-05T10:00:00+02", "2024-03-05T10:00+02:00"),
        ("2024-03-05t10:00:00z", "2024-03-05T10:00Z"),
        ("2024-03-05T10:00:00+02:30[Europe/Paris]", "2024-03-05T08:30+01:00[Europe/Paris]"),
        ("2024-03-31T02:30:00+01:00[Europe/Paris]", "2024-03-31T03:30+02:00[Europe/Paris]"),
        ("+12024-03-05T10:00:00Z", "+12024-03-05T10:00Z"),
    ],
)
def test_zoned_texts(text: str, printed: str) -> None:
    assert str(parse_zoned(text)) == printed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2024-13-01", ": Invalid value for MonthOfYear (valid values 1 - 12): 13"),
        ("2024-02-30", ": Invalid date 'FEBRUARY 30'"),
        # the text is read to its end before anybody asks whether there is such a date
        ("2024-13-01T10", ", unparsed text found at index 10"),
        ("2024-02-30T10:00:00", ", unparsed text found at index 10"),
        ("2024-02-30T25:00:00Z", ", unparsed text found at index 10"),
        ("2024-13-01T10:00:00Z[Nope/Zone]", ", unparsed text found at index 10"),
        ("+10000-13-01T00:00:00Z", ", unparsed text found at index 12"),
        ("x", " at index 0"),
        ("x" * 64, " at index 0"),
    ],
)
def test_what_is_wrong_with_a_date(text: str, said: str) -> None:
    with pytest.raises(RawError) as error:
        date(text)
    assert str(error.value) == f"Text '{text}' could not be parsed{said}"


@pytest.mark.parametrize(("text", "shown"), [("x" * 65, "x" * 64), ("😀" * 40, "😀" * 32)])
def test_a_long_text_that_is_no_date_is_cut(text: str, shown: str) -> None:
    with pytest.raises(RawError) as error:
        date(text)
    assert str(error.value) == f"Text '{shown}...' could not be parsed at index 0"
    with pytest.raises(RawError) as error:
        formatter("yyyy").parse(text)
    assert str(error.value) == f"Text '{shown}...' could not be parsed at index 0"


@pytest.mark.parametrize("text", ["2024-03-05T10+01:00", "2024-03-05T10:00:60Z", "2024-02-30", ""])
def test_texts_that_are_no_zoned_date(text: str) -> None:
    with pytest.raises(RawError):
        parse_zoned(text)


@pytest.mark.parametrize(
    "text, printed",
    [
        ("P1DT2H3M4.5S", "PT26H3M4.5S"),
        ("PT-1.5S", "PT-1.5S"),
        ("P-1DT1H", "PT-23H"),
        ("PT1M-1S", "PT59S"),
        ("PT0S", "PT0S"),
        ("-PT0.5S", "PT-0.5S"),
    ],
)
def test_durations(text: str, printed: str) -> None:
    assert str(parse_duration(text)) == printed


@pytest.mark.parametrize("text", ["P1W", "PT", "P", "PT.5S", "P1Y", "1h"])
def test_texts_that_are_no_duration(text: str) -> None:
    with pytest.raises(RawError):
        parse_duration(text)


def test_json_forms() -> None:
    assert to_json(Duration(60_000_000_000)) == "60.000000000"
    assert to_json(Duration(1)) == "0.000000001"
    assert to_json(LegacyDate(1709618889120)) == '"2024-03-05T06:08:09.120+00:00"'
    zoned = parse_zoned("2024-03-15T10:11:12.500+01:00")
    assert to_json(zoned) == '"2024-03-15T09:11:12.5Z"'


@pytest.mark.parametrize(
    "pattern, printed",
    [
        ("iso", "2024-03-05T06:08:09.123456Z"),
        ("iso_week_date", "2024-W10-2Z"),
        ("rfc_1123_date_time", "Tue, 5 Mar 2024 06:08:09 GMT"),
        ("yyyy'T'HH", "2024T06"),
        ("w e B", "10 3 in the morning"),
        ("ppd|DDD|QQQ", " 5|065|Q1"),
        ("SSS n A N", "123 123456789 22089123 22089123456789"),
        ("short", "3/5/24, 6:08\u202fAM"),
        ("", ""),
    ],
)
def test_patterns(pattern: str, printed: str) -> None:
    assert date(MOMENT, pattern) == printed


@pytest.mark.parametrize("pattern", ["b", "V", "{", "SSSSSSSSSS", "p", "cc", "ddd", "'"])
def test_malformed_patterns(pattern: str) -> None:
    with pytest.raises(RawError):
        date(MOMENT, pattern)


def test_locales() -> None:
    assert date(MOMENT, "EEEE d MMMM yyyy", locale="fr") == "mardi 5 mars 2024"
    assert date(MOMENT, "EEE e", locale="de_DE") == "Di. 2"
    assert date(MOMENT, "EEEE", locale="de_CH") == "Dienstag"
    assert date(MOMENT, "EEE MMM a", locale="zh_CN") == "周二 3月 上午"
    with pytest.raises(RawError):
        locale_of("french")


def test_zones() -> None:
    assert date(MOMENT, "HH z", "America/New_York") == "01 EST"
    assert date(MOMENT, "HH VV", "UTC+2") == "08 UTC+02:00"
    for name in ("EST", "Nope/Zone", "", "+25"):
        with pytest.raises(RawError):
            zone_of(name)


@pytest.mark.parametrize(
    "text, pattern, printed",
    [
        ("05/03/2024", "dd/MM/yyyy", "2024-03-05T00:00:00.000000Z"),
        ("20240305060809", "yyyyMMddHHmmss", "2024-03-05T06:08:09.000000Z"),
        ("March 5, 2024 6:08 PM", "MMMM d, yyyy h:mm a", "2024-03-05T18:08:00.000000Z"),
        ("2024-W10-2", "YYYY-'W'ww-e", "2024-03-04T00:00:00.000000Z"),
        ("2024-02-30", "yyyy-MM-dd", "2024-02-29T00:00:00.000000Z"),
    ],
)
def test_parsing_with_patterns(text: str, pattern: str, printed: str) -> None:
    assert date(text, existing_format=pattern) == printed


def test_numbers_by_their_length() -> None:
    assert date(Long(5)) == "1970-01-01T00:00:05.000000Z"
    assert date(Long(1709618889123), "iso_milli") == "2024-03-05T06:08:09.123Z"
    assert date(Long(1709618889123456789)) == "2024-03-05T06:08:09.456789Z"
    with pytest.raises(RawError):
        date(1709618889)  # a 32-bit number is no date


def test_adding() -> None:
    assert date_add("2024-01-31", Long(1), "MONTHS", "yyyy-MM-dd") == "2024-02-29"
    moved = date_add("2024-03-31T00:30:00Z", Long(1), "DAYS", time_zone="Europe/Paris")
    assert moved == "2024-04-01T02:30:00.000000+02:00"


def test_timestamps() -> None:
    assert timestamp(MOMENT) == 1709618889
    assert type(timestamp(MOMENT)) is Long
    assert timestamp_milli("1969-12-31T23:59:59.5Z") == -500
    assert timestamp_nano(MOMENT) == "1709618889123456789"
    assert timestamp_nano("+10000-01-01") == "9223372036854775807"


def test_members() -> None:
    zoned = Zoned.of_instant(MOMENT.epoch_nanos, UTC)
    assert member(zoned, "dayOfWeek") == "TUESDAY"
    assert member(parse_local_date("2024-02-29"), "leapYear") is True
    assert member(zoned, "nope") is MISSING
    assert str(method(MOMENT, "plusSeconds", [Long(60)])) == "2024-03-05T06:09:09.123456789Z"
    assert method(MOMENT, "plusSeconds", [60]) is MISSING  # an int is no long
    assert method(Instant(0), "isBefore", [MOMENT]) is True


def test_a_formatter_prints_what_it_parses() -> None:
    pattern = formatter("yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX")
    zoned = parse_zoned("2024-03-05T06:08:09.123456789+05:30")
    assert pattern.parse(pattern.format(zoned))[2] == zoned


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P1D ", 86400), (" PT1S", 1), ("5", 5), ("-5", -5), ("1.5", 1.5), ("pt1h", 3600), ("PT1,5S", 1.5), ("PT1.S", 1),
        ("+PT1S", 1), ("-PT1S", -1), ("P1DT-1H", 82800), ("PT0S", 0), ("P1DT1H1M1.5S", 90061.5),
    ],
)  # fmt: skip
def test_durations_of_flows(text: str, seconds: float) -> None:
    """Asked of the engine: what saving a flow takes for a retry's interval."""
    assert length(text) == seconds * 1_000_000_000
    assert front_seconds(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "PT.5S", "P1W", "PT", "P", "P1Y", "PT1H1H", "", "P1DT", "1h", "PT1S1M", "PT1.1234567891S", "PT1.5H", "PT.S",
        "PT1H 1M", "PT999999999999999999999S", "1e3", "0x5", "null", "５",
    ],
)  # fmt: skip
def test_texts_that_are_no_duration_of_flows(text: str) -> None:
    assert front_seconds(text) is None
    with pytest.raises(RawError):
        length(text)


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (0, "PT0S"),
        (1, "PT0.000000001S"),
        (-1, "PT-0.000000001S"),
        (1_500_000_000, "PT1.5S"),
        (-1_500_000_000, "PT-1.5S"),
        (-1_000_000_000, "PT-1S"),
        (-500_000_000, "PT-0.5S"),
        (90_000_000_000, "PT1M30S"),
        (-90_000_000_000, "PT-1M-30S"),
        (-60_500_000_000, "PT-1M-0.5S"),
        (3_600_000_000_000, "PT1H"),
        (90_061_000_000_001, "PT25H1M1.000000001S"),
        (-90_061_000_000_000, "PT-25H-1M-1S"),
    ],
)
def test_durations_print_as_java_prints_them(nanos: int, text: str) -> None:
    assert iso_duration(nanos) == text
    if nanos > 0:
        assert length(text) == nanos


@pytest.mark.parametrize(
    ("millis", "text"),
    [
        (0, "00:00:00.000"),
        (999, "00:00:00.999"),
        (59_999, "00:00:59.999"),
        (60_000, "00:01:00.000"),
        (3_723_004, "01:02:03.004"),
        (360_000_000, "100:00:00.000"),
    ],
)
def test_durations_as_a_timeout_says_them(millis: int, text: str) -> None:
    assert clock_text(millis * 1_000_000 + 999_999) == text
