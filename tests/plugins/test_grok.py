"""Grok: what patterns capture. The expected values are those of the matcher that Kestra's plugin uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from plugins.service import rows
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.transform import grok
from flowrt.plugins.transform.grok_patterns import PATTERNS


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="%{WORD:w}")


def value(run: FakeRun, text: str, pattern: Any = None, **more: Any) -> Any:
    given = {"pattern": pattern, **more} if pattern is not None else more
    return run.run(task("transform.grok.TransformValue", from_=text, **given))["value"]


LINE = "2024-02-29T01:02:03.456+01:00 WARN [main-1] com.acme.Foo: took 12.5ms"
ACCESS = '10.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif?x=1 HTTP/1.0" 200 2326'
SYSLOG = "Feb  9 12:34:56 myhost.example.com sshd[1234]: Accepted publickey"


@pytest.mark.parametrize(
    ("text", "pattern", "found"),
    [
        (LINE, r"%{TIMESTAMP_ISO8601:ts} %{LOGLEVEL:level} \[%{DATA:thread}\] %{NOTSPACE:c}: %{GREEDYDATA:m}",
         {"ts": "2024-02-29T01:02:03.456+01:00", "level": "WARN", "thread": "main-1", "c": "com.acme.Foo",
          "m": "took 12.5ms"}),
        (ACCESS, r"%{IPORHOST:ip} %{USER} %{USER:u} \[%{HTTPDATE:d}\] %{QS:r} %{NUMBER:s:int} (?:%{NUMBER:b}|-)",
         {"ip": "10.0.0.1", "u": "frank", "d": "10/Oct/2000:13:55:36 -0700",
          "r": '"GET /a.gif?x=1 HTTP/1.0"', "s": "200", "b": "2326"}),
        (SYSLOG, r"^%{SYSLOGTIMESTAMP:t} %{SYSLOGHOST:h} %{PROG:p}(?:\[%{POSINT:pid}\])?: %{GREEDYDATA:m}$",
         {"t": "Feb  9 12:34:56", "h": "myhost.example.com", "p": "sshd", "pid": "1234",
          "m": "Accepted publickey"}),
        ("user.name+tag@example.co.uk", "%{EMAILADDRESS:e}", {"e": "user.name+tag@example.co.uk"}),
        ("at ::ffff:192.168.1.1", "%{IP:ip}", {"ip": "::ffff:192"}),
        ("https://u:p@host.example.org:8080/a?q=1#f", "%{URI:u}",
         {"u": "https://u:p@host.example.org:8080/a?q=1#f"}),
        (r"C:\Windows\System32", "%{PATH:p}", {"p": r"C:\Windows\System32"}),
        ("Mon, 25 Dec 1995 13:30:00 +0430", "%{DATESTAMP_RFC2822:d}",
         {"d": "Mon, 25 Dec 1995 13:30:00 +0430"}),
        ("550e8400-e29b-41d4-a716-446655440000 00:1B:44:11:3A:B7", "%{UUID:u} %{MAC:m}",
         {"u": "550e8400-e29b-41d4-a716-446655440000", "m": "00:1B:44:11:3A:B7"}),
        ("März 2", "%{MONTH:m} %{MONTHDAY:d}", {"m": "März", "d": "2"}),
        ("März", "%{WORD:w}", {}),  # words are of ASCII, their boundaries are not
        ("12-31-99 x", "%{DATE:d}", {"d": "12-31-99"}),
        ("12", "%{INT:INT:int}", {"INT": 12}),  # a type counts for a name that is that of the pattern
        ("12", "%{INT:n:int}", {"n": "12"}),
        ("first abc", r"(?<a>\d+)|%{WORD:a} %{WORD:b}", {"a": "first", "b": "abc"}),
        ("beef", r"(?<h>\h+)", {"h": "beef"}),
        ("a\nb", r"^(?<x>b)\z", {"x": "b"}),
        ("nothing", "%{INT:n}", {}),
    ],
)  # fmt: skip
def test_what_is_captured(run: FakeRun, text: str, pattern: str, found: dict[str, Any]) -> None:
    assert value(run, text, pattern) == found


def test_several_patterns(run: FakeRun) -> None:
    given = ["%{INT:n}", t("{{ word }}"), "%{LOGLEVEL:l}"]
    assert value(run, "12 WARN", patterns=given) == {"n": "12"}
    both = value(run, "12 WARN", patterns=given, break_on_first_match=False)
    assert both == {"n": "12", "w": "12", "l": "WARN"}
    assert value(run, "x", patterns=["%{INT:n}", "%{WORD:w}"]) == {"w": "x"}


def test_captures_of_nothing(run: FakeRun) -> None:
    assert value(run, "a", "%{WORD:w}%{SPACE:s}(?<x>b)?") == {"w": "a"}
    kept = value(run, "a", "%{WORD:w}%{SPACE:s}(?<x>b)?", keep_empty_captures=True)
    assert kept == {"w": "a", "s": ""}
    every = value(run, "1.2.3.4:80", "%{HOSTPORT}", named_captures_only=False)
    assert every == {"HOSTPORT": "1.2.3.4:80", "IPORHOST": "1.2.3.4", "IP": "1.2.3.4", "IPV4": "1.2.3.4",
                     "POSINT": "80"}  # fmt: skip


def test_patterns_of_the_flow(run: FakeRun) -> None:
    folder = run.working_dir / "own"
    folder.mkdir()
    (folder / "a").write_text("# of mine\nHASH  [0-9a-f]{4}\n\nlower x\nTAG <%{WORD:name}>\n")
    more = {"patterns_dir": ["own"], "pattern_definitions": {"ID": "%{HASH:hash}-%{INT:n}"}}
    assert value(run, "is beef-7 <b>", "%{ID:id} %{TAG}", **more) == {
        "id": "beef-7", "hash": "beef", "n": "7", "name": "b",
    }  # fmt: skip
    assert value(run, "1", "%{INT:n}", patterns_dir=["none"]) == {"n": "1"}
    assert run.messages("ERROR") == [
        f"Can't read pattern from {run.working_dir}/none - not a directory"
    ]
    with pytest.raises(TaskFailure):
        value(run, "1", "%{INT:n}", patterns_dir=["../../etc"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "either `pattern` or `patterns` properties must not be empty"),
        ({"pattern": "%{NOPE:x}"}, "No pattern definition found for syntax: NOPE"),
        ({"pattern": "("}, r"The pattern '\(' cannot be used"),
        ({"pattern": "%{A}", "pattern_definitions": {"A": "%{A}"}}, "name each other without an end"),
        ({"pattern": "%{A}", "pattern_definitions": {
            chr(65 + n): f"%{{{chr(66 + n)}}}" * 20 for n in range(6)} | {"G": "x" * 9}}, "is longer than"),
        ({"pattern": "%{WORD:WORD:int}"}, "'abc' of 'WORD' is no int"),
    ],
)  # fmt: skip
def test_patterns_that_cannot_be(run: FakeRun, given: dict[str, Any], said: str) -> None:
    with pytest.raises(TaskFailure, match=said):
        value(run, "abc", **given)


def test_a_pattern_that_takes_for_ever(run: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grok, "SECONDS", 0.1)
    with pytest.raises(TaskFailure, match="interrupted before completion"):
        value(run, "a" * 40 + "!", "^((a|a)+)+$(?<x>b)")


def test_rows_of_a_file(run: FakeRun) -> None:
    source = run.store('"1 a"\n"nothing"\n"2 b"\n3\n', "a.ion")
    items = task("transform.grok.TransformItems", from_=source, pattern="^%{INT:n}(?: %{WORD:w})?$")
    found = run.run(items)
    assert found["processedItemsTotal"] == 3
    assert rows(run, found["uri"]) == [{"n": "1", "w": "a"}, {"n": "2", "w": "b"}, {"n": "3"}]
    wrong = run.store("{a:1}\n", "b.ion")
    with pytest.raises(TaskFailure, match=r"Cannot deserialize value of type `java\.lang\.String`"):
        run.run(task("transform.grok.TransformItems", from_=wrong, pattern="%{INT:n}"))


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_every_pattern_compiles(run: FakeRun, name: str) -> None:
    assert isinstance(value(run, "x", f"%{{{name}:v}}"), dict)
