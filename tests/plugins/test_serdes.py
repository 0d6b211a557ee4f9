"""The converters: what they read, what they write, what they refuse."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun

from flowrt.catalog import canonical, find
from flowrt.model.failures import TaskFailure

ROOT = Path(__file__).parents[2]
DATES = (
    '{i:2024-01-02T03:04:05.678Z,d:2024-01-02,t:LocalTime::"03:04:05",l:LocalDateTime::"2024-01-02T03:04:05",'
    'z:ZonedDateTime::"2024-07-02T03:04:05+02:00[Europe/Paris]"}\n'
)


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def convert(run: FakeRun, name: str, content: str | bytes, **properties: Any) -> dict[str, Any]:
    """Run a converter on a content; its outputs."""
    data = content if isinstance(content, bytes) else content.encode()
    cls: Any = find(canonical(f"io.kestra.plugin.serdes.{name}"))
    result: dict[str, Any] = run.run(cls("t", from_=run.put_file(data, "in"), **properties))
    return result


def text(run: FakeRun, name: str, content: str | bytes, **properties: Any) -> str:
    """The text that a converter writes."""
    return run.content(convert(run, name, content, **properties)["uri"])


# ---- CSV ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("csv", "properties", "rows"),
    [
        ("id,name\n1,a\n", {}, '{id:"1",name:"a"}\n'),
        ("\ufeffid\n1\n", {}, '{id:"1"}\n'),
        ('a,b\n"x ""y"", z","1\n2"\n', {}, '{a:"x \\"y\\", z",b:"1\\n2"}\n'),
        ("a;b\r\n'1;2';\\N\r\n", {"field_separator": ";", "text_delimiter": "'"}, '{a:"1;2",b:null}\n'),
        ("1,2\n3\n", {"header": False}, '["1","2"]\n["3"]\n'),
        ("a\n1\n2\n3\n", {"skip_rows": 2}, '{a:"3"}\n'),
        ("a\n1\n\n2\n", {"skip_empty_rows": True}, '{a:"1"}\n{a:"2"}\n'),
        ("a\n1\n\n2\n", {}, '{a:"1"}\n{a:""}\n{a:"2"}\n'),
        ("a,b,\n1,2,3\n", {}, '{a:"1",b:"2"}\n'),
        ("a,,col_1,\n1,2,3,4\n", {"on_empty_header": "RENAME"}, '{a:"1",col_1_2:"2",col_1:"3",col_3:"4"}\n'),
        ("a,b\n1\n1,2\n", {"on_bad_lines": "SKIP"}, '{a:"1",b:"2"}\n'),
        ('a\n"x"y\n', {"allow_extra_chars_after_closing_quote": True}, '{a:"xy"}\n'),
    ],
)  # fmt: skip
def test_csv_becomes_rows(run: FakeRun, csv: str, properties: dict[str, Any], rows: str) -> None:
    assert text(run, "csv.CsvToIon", csv, **properties) == rows


@pytest.mark.parametrize(
    ("csv", "properties", "message"),
    [
        ("a,b\n1\n", {}, "Expected 2, got 1 fields."),
        ('a\n"x"y\n', {}, "characters behind a closing quotation mark"),
        ('a\n"xxxx"\n', {"max_field_size": 3}, "a field of more than 3 characters"),
        ("a\n" + "x" * 50, {"max_buffer_size": 40}, "A line is longer than 40 characters"),
        ("a\n", {"field_separator": ";;"}, "`fieldSeparator` must be one character"),
        ("a\n", {"charset": "klingon"}, "Unknown charset 'klingon'"),
        ("a\n", {"charset": "hex"}, "Unknown charset 'hex'"),
    ],
)
def test_csv_that_is_refused(
    run: FakeRun, csv: str, properties: dict[str, Any], message: str
) -> None:
    with pytest.raises(TaskFailure, match=message):
        convert(run, "csv.CsvToIon", csv, **properties)


def test_bad_lines_are_told_or_left_out(run: FakeRun) -> None:
    outputs = convert(run, "csv.CsvReader", "a,b\n1\n2,3\n", on_bad_lines="WARN")
    assert outputs["size"] == 1
    assert run.messages("WARN") == [
        "Bad line encountered (field count mismatch): Expected 2, got 1 fields."
    ]
    assert ("counter", "records", 1) in run.metrics


@pytest.mark.parametrize(
    ("rows", "properties", "csv"),
    [
        ('{a:1,b:"x"}\n{a:2.5e0,b:null}\n', {}, "a,b\n1,x\n2.5,\n"),
        ('{a:"x,\\"y\\"\\n"}\n', {"header": False}, '"x,""y""\n"\n'),
        ('{a:1,b:"x",c:null}\n', {"always_delimit_text": True}, '"a","b","c"\n"1","x",""\n'),
        ('{a:"1.5",b:"x",c:null}\n', {"quote_mode": "NON_NUMERIC"}, '"a","b","c"\n1.5,"x",\n'),
        ("[1,[2,{k:3}],true]\n", {"header": False}, '1,"[2, {k=3}]",true\n'),
        ("{a:1}\n", {"line_delimiter": "\r\n", "field_separator": ";"}, "a\r\n1\r\n"),
        ('{"a":1}{"a":\n2}', {}, "a\n1\n2\n"),
        (DATES, {"time_zone_id": "Europe/Paris", "header": False},
         "2024-01-02T03:04:05.678Z,2024-01-02,03:04:05,2024-01-02T03:04:05.000,2024-07-02T03:04:05.000+02:00\n"),
        ("", {}, ""),
    ],
)  # fmt: skip
def test_rows_become_csv(run: FakeRun, rows: str, properties: dict[str, Any], csv: str) -> None:
    assert text(run, "csv.IonToCsv", rows, **properties) == csv


def test_rows_that_csv_refuses(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match="Invalid data of type List with header"):
        convert(run, "csv.CsvWriter", "[1]\n")
    with pytest.raises(TaskFailure, match="Corrupt content to decode"):
        convert(run, "csv.IonToCsv", "{a:1")
    with pytest.raises(TaskFailure, match="binary ION"):
        convert(run, "csv.IonToCsv", b"\xe0\x01\x00\xea\x21\x01")


# ---- JSON and YAML --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "properties", "rows"),
    [
        ('{"a":1,"b":null}\n{"a":2.5}\n', {}, "{a:1,b:null}\n{a:2.5e0}\n"),
        ("[1,2]\n", {}, "[1,2]\n"),
        ('[{"a":[1,{"b":"x"}]},\n 2 , "y"]', {"new_line": False}, '{a:[1,{b:"x"}]}\n2\n"y"\n'),
        ('{"a":1}', {"new_line": False}, "{a:1}\n"),
        ("[]", {"new_line": False}, ""),
        ("12", {"new_line": False}, "12\n"),
    ],
)
def test_json_becomes_rows(
    run: FakeRun, document: str, properties: dict[str, Any], rows: str
) -> None:
    assert text(run, "json.JsonToIon", document, **properties) == rows


@pytest.mark.parametrize("document", ["", "[1", "[1 2]", "[tru]", '{"a":}', "[NaN]"])
def test_json_that_is_refused(run: FakeRun, document: str) -> None:
    with pytest.raises(
        TaskFailure, match=r"end-of-input|ends within|Unexpected|Unrecognized|standard"
    ):
        convert(run, "json.JsonToIon", document, new_line=False)


@pytest.mark.parametrize("name", ["json.JsonToIon", "json.JsonToJsonl", "yaml.JsonToYaml"])
@pytest.mark.parametrize("depth", [700, 990, 100_000])
def test_values_that_are_nested_too_deeply(run: FakeRun, name: str, depth: int) -> None:
    document = "[" * depth + "]" * depth
    given = {"new_line": False} if name == "json.JsonToIon" else {}
    try:
        convert(run, name, document, **given)
    except TaskFailure as failure:
        assert "recursion" not in str(failure)


def test_values_longer_than_what_is_read_at_once(run: FakeRun) -> None:
    values = [{"text": "x" * 700_000}, 1234567890, "y" * 300_000]
    outputs = convert(run, "json.JsonToIon", json.dumps(values), new_line=False)
    assert outputs["size"] == 3
    assert run.content(outputs["uri"]).splitlines()[1] == "1234567890"


@pytest.mark.parametrize(
    ("rows", "properties", "document"),
    [
        ("{a:1,b:null}\n{a:1.50}\n", {}, '{"a":1}\n{"a":1.50}\n'),
        ("{a:1}\n{a:2}\n", {"new_line": False}, '[{"a":1},{"a":2}]'),
        ("{a:1}\n", {"new_line": False}, '{"a":1}'),
        ("", {"new_line": False}, ""),
        ("{d:2024-01-02,b:{{aGk=}}}\n", {}, '{"d":"2024-01-02","b":"aGk="}\n'),
        (DATES, {"should_keep_annotations": True, "time_zone_id": "Europe/Paris"},
         '{"i":"2024-01-02T04:04:05.678+01:00[Europe/Paris]","d":"2024-01-02T01:00+01:00[Europe/Paris]",'
         '"t":{"ion_annotations":["LocalTime"],"value":"03:04:05"},'
         '"l":{"ion_annotations":["LocalDateTime"],"value":"2024-01-02T03:04:05"},'
         '"z":{"ion_annotations":["ZonedDateTime"],"value":"2024-07-02T03:04:05+02:00[Europe/Paris]"}}\n'),
    ],
)  # fmt: skip
def test_rows_become_json(
    run: FakeRun, rows: str, properties: dict[str, Any], document: str
) -> None:
    assert text(run, "json.IonToJson", rows, **properties) == document


def test_json_becomes_lines(run: FakeRun) -> None:
    assert text(run, "json.JsonToJsonl", '[{"a":null},\n1]') == '{"a":null}\n1\n'
    assert text(run, "json.JsonToJsonl", '{"a":1}\n{"b":2}') == '{"a":1}\n{"b":2}\n'
    with pytest.raises(TaskFailure, match="Expected JSON array or object"):
        convert(run, "json.JsonToJsonl", "1")


def test_yaml(run: FakeRun) -> None:
    documents = "a: 1\n---\n- x\n- 2.5\n"
    assert text(run, "yaml.YamlToIon", documents) == '{a:1}\n["x",2.5e0]\n'
    assert text(run, "yaml.YamlToJson", documents) == '[{"a":1},["x",2.5]]'
    assert text(run, "yaml.YamlToJson", documents, jsonl=True) == '{"a":1}\n["x",2.5]\n'
    assert text(run, "yaml.YamlToJson", "a: 1") == '{"a":1}'
    assert text(run, "yaml.YamlToJson", "") == "{}"
    assert text(run, "yaml.IonToYaml", "{a:1}\n") == "a: 1\n\n"
    assert text(run, "yaml.IonToYaml", "{a:1}\n{a:2}\n") == "---\na: 1\n\n---\na: 2\n\n"
    assert text(run, "yaml.JsonToYaml", '{"a":[1]}') == "a:\n - 1\n"
    assert text(run, "yaml.JsonToYaml", '{"a":1}\n\n{"a":2}', jsonl=True).count("---") == 2
    with pytest.raises(TaskFailure):
        convert(run, "yaml.YamlToIon", "a: [")


# ---- XML ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xml", "properties", "rows"),
    [
        ('<items><item id="1">t</item><item><a>1.5</a></item></items>', {}, '{id:1,content:"t"}\n{a:1.5}\n'),
        ("<a><b>x</b></a>", {}, '{a:{b:"x"}}\n'),
        ("<a><b/><c>true</c><d>007</d><e> 12 </e></a>", {}, '{a:{b:"",c:true,d:"007",e:12}}\n'),
        ("<c><x/><book><t>A</t></book><book>B</book></c>", {"query": "/c/book"}, '{t:"A"}\n"B"\n'),
        ("<c><p><i>1</i></p><p><i>2</i></p></c>", {"query": "/c/p/i"}, "1\n"),
        ("<c><i>1</i></c>", {"query": "/d/i"}, ""),
        ("", {"query": "/d/i"}, ""),
        ("<a><![CDATA[<x> & y]]></a>", {}, '{a:"<x> & y"}\n'),
    ],
)  # fmt: skip
def test_xml_becomes_rows(run: FakeRun, xml: str, properties: dict[str, Any], rows: str) -> None:
    assert text(run, "xml.XmlToIon", xml, **properties) == rows


def test_elements_that_are_always_lists(run: FakeRun) -> None:
    from flowrt.plugins.serdes.xml import XmlParserConfiguration

    forced = XmlParserConfiguration(force_list=["b"])
    xml = "<a><c><b>1</b></c></a>"
    assert text(run, "xml.XmlToIon", xml, parser_configuration=forced) == "{a:{c:{b:[1]}}}\n"


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "<a>" * 600,
        "<a><b></a>",
        "no xml",
    ],
)
@pytest.mark.parametrize("query", [None, "/a/b"])
def test_xml_that_is_refused(run: FakeRun, xml: str, query: str | None) -> None:
    with pytest.raises(TaskFailure, match="XML"):
        convert(run, "xml.XmlToIon", xml, query=query)


def test_rows_become_xml(run: FakeRun) -> None:
    rows = '{a:"<&>",b:[1,2],c:{d:null}}\n{a:2024-01-02T03:04:05.678Z}\n'
    assert text(run, "xml.IonToXml", rows, root_name="rows") == (
        "<?xml version='1.0' encoding='UTF-8'?>\n<rows>\n"
        "  <item>\n    <a>&lt;&amp;&gt;</a>\n    <b>1</b>\n    <b>2</b>\n    <c>\n      <d/>\n    </c>\n  </item>\n"
        "  <item>\n    <a>2024-01-02T03:04:05.678Z</a>\n  </item>\n</rows>\n"
    )
    assert text(run, "xml.IonToXml", "").endswith("<items/>\n")


@pytest.mark.parametrize("rows", ["{'a b':1}\n", "{'<x>':1}\n", '{a:"\\0"}\n'])
def test_rows_that_xml_cannot_hold(run: FakeRun, rows: str) -> None:
    with pytest.raises(TaskFailure, match="XML"):
        convert(run, "xml.IonToXml", rows)


# ---- Excel ----------------------------------------------------------------------------------------------------------


def excel(run: FakeRun, uri: str, **properties: Any) -> dict[str, str]:
    """The rows of each sheet of a workbook."""
    cls: Any = find("io.kestra.plugin.serdes.excel.ExcelToIon")
    outputs = run.run(cls("t", from_=uri, **properties))
    return {title: run.content(found) for title, found in outputs["uris"].items()}


def test_excel_there_and_back(run: FakeRun) -> None:
    rows = '{n:1,f:1.5,s:"x",b:true,d:2024-01-02,z:null}\n{n:30000000000,f:2,s:"=1+1",b:false,d:null,z:null}\n'
    uri = convert(run, "excel.IonToExcel", rows)["uri"]
    assert excel(run, uri) == {
        "Sheet": '{n:1e0,f:1.5e0,s:"x",b:true,d:"2024-01-02",z:null}\n'
        '{n:3.0e10,f:2e0,s:"=1+1",b:false,d:null,z:null}\n'
    }
    assert excel(run, uri, header=False, skip_rows=2)["Sheet"].startswith('[3.0e10,2e0,"=1+1"')
    assert "d:45293e0" in excel(run, uri, date_time_render="SERIAL_NUMBER")["Sheet"]
    assert 'd:"2024-01-02"' in excel(run, uri, date_time_render="FORMATTED_STRING")["Sheet"]
    assert 'n:"1"' in excel(run, uri, value_render="FORMATTED_VALUE")["Sheet"]
    assert excel(run, uri, sheets_title=["other"]) == {}


def test_a_text_is_no_formula_unless_it_is_marked(run: FakeRun) -> None:
    import openpyxl

    uri = convert(run, "excel.IonToExcel", '{a:"=HYPERLINK(\\"http://x\\")",b:"Formula:1+1"}\n')[
        "uri"
    ]
    book = openpyxl.load_workbook(run.storage.path(uri))
    assert [(cell.data_type, cell.value) for cell in book.active[2]] == [
        ("s", '=HYPERLINK("http://x")'),
        ("f", "=1+1"),
    ]
    book.close()


def test_several_sheets(run: FakeRun) -> None:
    cls: Any = find("io.kestra.plugin.serdes.excel.IonToExcel")
    sheets = {"one": run.store("{a:1}\n", "a"), "two": run.store("[2]\n", "b")}
    with pytest.raises(TaskFailure, match="Invalid data of type List with header"):
        run.run(cls("t", from_=sheets))
    outputs = run.run(cls("t", from_=sheets, header=False))
    assert outputs["size"] == 2
    assert excel(run, outputs["uri"], header=False) == {"one": "[1e0]\n", "two": "[2e0]\n"}


def test_a_damaged_workbook_fails_in_plain_words(run: FakeRun) -> None:
    """Wherever a byte is wrong: the rows, or a failure of the task."""
    cls: Any = find("io.kestra.plugin.serdes.excel.IonToExcel")
    made = run.run(cls("t", from_=run.store("".join(f"{{a:{n},b:x}}\n" for n in range(50)))))
    data = run.open_file(made["uri"])
    for at in range(0, len(data), 37):
        damaged = bytearray(data)
        damaged[at] ^= 0x55
        try:
            convert(run, "excel.ExcelToIon", bytes(damaged))
        except TaskFailure as failure:
            assert "Error" not in str(failure)


def test_workbooks_that_are_refused(run: FakeRun) -> None:
    for data in (b"no zip", zipped({"x": b"y"})):
        with pytest.raises(TaskFailure, match="no Excel workbook"):
            convert(run, "excel.ExcelToIon", data)
    with pytest.raises(TaskFailure, match="taken for a bomb"):
        convert(run, "excel.ExcelToIon", zipped({"xl/workbook.xml": b"\0" * 150_000_000}))
    with pytest.raises(TaskFailure, match="control characters"):
        convert(run, "excel.IonToExcel", '{a:"\\x01"}\n')


def zipped(members: dict[str, bytes]) -> bytes:
    from io import BytesIO

    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


# ---- Avro and Parquet -----------------------------------------------------------------------------------------------

RECORD = (
    '{i:1,l:30000000000,s:"x",d:2024-01-02,b:true,f:1.5e0,n:null,dec:1.5,arr:[1,2],m:{k:"v"},by:{{aGk=}},'
    't:LocalTime::"03:04:05",ldt:LocalDateTime::"2024-01-02T03:04:05"}\n'
)
SCHEMA = json.dumps(
    {
        "type": "record", "name": "r", "fields": [
            {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}},
            {"name": "t", "type": {"type": "long", "logicalType": "timestamp-micros"}},
            {"name": "e", "type": {"type": "enum", "name": "e", "symbols": ["A", "B"]}},
            {"name": "m", "type": {"type": "map", "values": "int"}},
            {"name": "b", "type": ["null", "boolean"], "aliases": ["bool"]},
            {"name": "u", "type": ["int", "string"]},
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize("form", ["avro.{}Avro{}", "parquet.{}Parquet{}"])
def test_records_there_and_back(run: FakeRun, form: str) -> None:
    outputs = convert(run, form.format("IonTo", ""), RECORD * 3)
    assert outputs["size"] == 3
    data = run.storage.read(outputs["uri"])
    assert text(run, form.format("", "ToIon"), data) == RECORD.replace("dec:1.5", 'dec:"1.5"') * 3


@pytest.mark.parametrize("form", ["avro.{}Avro{}", "parquet.{}Parquet{}"])
def test_records_of_a_schema(run: FakeRun, form: str) -> None:
    row = '{d:"12,345",t:"2024-01-02T03:04:05.500000Z",e:"A",m:{x:"1"},bool:"yes",u:"7",more:1}\n'
    outputs = convert(run, form.format("IonTo", ""), row, schema=SCHEMA, decimal_separator=",")
    found = text(run, form.format("", "ToIon"), run.storage.read(outputs["uri"]))
    union = "u:7" if "Avro" in form else "u:{member0:7,member1:null}"
    pairs = "m:{x:1}" if "Avro" in form else 'm:[["x",1]]'
    assert found == f'{{d:12.34,t:2024-01-02T03:04:05.500Z,e:"A",{pairs},b:true,{union}}}\n'


@pytest.mark.parametrize("form", ["avro.IonToAvro", "parquet.IonToParquet"])
def test_records_that_are_refused(run: FakeRun, form: str) -> None:
    schema = '{"type":"record","name":"r","fields":[{"name":"a","type":"int"}]}'
    for row, properties, message in (
        ('{a:"x"}\n', {"schema": schema}, "The field 'a' cannot be converted: \"x\" is no int"),
        ("{a:1,b:2}\n", {"schema": schema, "strict_schema": True}, "more fields than schema"),
        ("{a:1}\n", {"schema": "[]"}, "must be an Avro schema"),
        ("{a:1}\n", {"schema": schema.replace('"int"', '"foo"')}, "schema"),
        ("", {}, "Cannot infer Avro schema"),
        ("1\n", {"schema": schema}, "neither a map nor a list"),
        ("{a:1}\n", {"number_of_rows_to_scan": 0}, "must be greater than 0"),
        (
            '{a:"x"}\n',
            {"schema": schema, "on_bad_lines": "WARN"},
            "does not fit the schema|without null",
        ),
    ):
        with pytest.raises(TaskFailure, match=message):
            convert(run, form, row, **properties)
    assert run.messages("WARN") == ["The field 'a' cannot be converted: \"x\" is no int"]


@pytest.mark.parametrize("form", ["avro.AvroToIon", "parquet.ParquetToIon"])
def test_files_that_are_none(run: FakeRun, form: str) -> None:
    with pytest.raises(TaskFailure, match=r"The file is no (Avro|Parquet) file"):
        convert(run, form, b"PAR1 not at all")


def test_the_schema_of_rows(run: FakeRun) -> None:
    rows = '{a:1,b:[{x:1}],c:null}\n{a:"x",b:[{y:2}],c:1.5}\n'
    outputs = convert(run, "avro.InferAvroSchemaFromIon", rows)
    assert outputs.keys() == {"uri"}
    fields = {
        each["name"]: each["type"] for each in json.loads(run.content(outputs["uri"]))["fields"]
    }
    assert fields["a"] == ["null", "int", "string"]
    assert fields["c"] == ["null", "string"]
    assert [f["name"] for f in fields["b"][0]["items"][0]["fields"]] == ["x", "y"]


def test_lists_at_the_top(run: FakeRun) -> None:
    uri = convert(run, "avro.IonToAvro", "[1,2]\n[3]\n")["uri"]
    assert text(run, "avro.AvroToIon", run.storage.read(uri)) == "[1,2]\n[3]\n"


# ---- Markdown -------------------------------------------------------------------------------------------------------


def test_markdown(run: FakeRun) -> None:
    source = "# Head\n\nSome *soft*\nwords, [a link](http://x).\n\n- one\n- two\n\n<b>raw</b>\n"
    assert text(run, "markdown.MarkdownToHtml", source) == (
        '<h1>Head</h1>\n<p>Some <em>soft</em>\nwords, <a href="http://x">a link</a>.</p>\n'
        "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<p><b>raw</b></p>\n"
    )
    assert text(run, "markdown.MarkdownToText", source) == (
        "Head\nSome soft words, a link.\n- one\n\n- two\n\nraw"
    )
    page = "<h1>Hi</h1><nav>no</nav><p>This is <strong>bold</strong>, <a href='/b'>there</a></p>"
    assert text(
        run, "markdown.HtmlToMarkdown", page, ignore_tags=["nav"], base_uri="http://h/a"
    ) == ("# Hi\n\nThis is **bold**, [there](http://h/b)\n")


# ---- all of them ----------------------------------------------------------------------------------------------------

CHILD = """
import sys
sys.path[:0] = [{runtime!r}, {tests!r}]
from pathlib import Path
from tasks.fake import FakeRun
from flowrt.catalog import find
run = FakeRun(Path({root!r}))
for name in {names!r}:
    task = find('io.kestra.plugin.serdes.' + name)('t', from_={uri!r})
    print(run.run(task)['size'])
peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))
print(int(peak.split()[1]) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs the /proc of Linux")
def test_large_files_cost_constant_memory(run: FakeRun) -> None:
    """In a process of its own: the most memory that it ever had."""
    row = '{"id":1,"text":"' + "x" * 2000 + '"}\n'
    count = 30_000  # 60 MB
    uri = run.store(row * count, "large")
    code = CHILD.format(
        runtime=str(ROOT / "runtime"), tests=str(ROOT / "tests"), root=str(run.root), uri=uri,
        names=["json.JsonToIon", "json.IonToJson", "csv.IonToCsv", "xml.IonToXml"],
    )  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *sizes, peak = map(int, done.stdout.split())
    assert sizes == [count] * 4
    assert peak < 60


def test_a_missing_package_is_told(run: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(
        Exception, match=r"Excel needs the package openpyxl>=3.1.*'flowrt\[excel\]'"
    ):
        convert(run, "excel.ExcelToIon", b"x")
