"""Storage, key-value, state and namespace-file tasks."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, t

from flowrt.formats.ion import IonError
from flowrt.java.errors import RawError
from flowrt.java.time.temporal import Duration, Instant, LocalDate
from flowrt.model.failures import TaskFailure
from flowrt.services.folders import (
    LoadNamespaceFiles,
    collect_outputs,
    prepare_folder,
    restore_cache,
    save_cache,
)
from flowrt.tasks import kv, namespace, state, storage


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, n=2)


def contents(run: FakeRun, uris: list[str]) -> list[str]:
    return [run.content(uri) for uri in uris]


def test_write_and_size_and_delete(run: FakeRun) -> None:
    uri = run.run(storage.Write("w", content="é", extension="txt"))["uri"]
    assert uri.startswith("kestra:///a/b/") and uri.endswith(".txt")
    assert run.run(storage.Size("s", uri=uri)) == {"size": 2}
    assert run.run(storage.StorageDelete("d", uri=uri))["deleted"] is True
    assert run.run(storage.StorageDelete("d", uri=uri))["deleted"] is False
    with pytest.raises(TaskFailure, match="Unable to find file"):
        run.run(storage.StorageDelete("d", uri=uri, error_on_missing=True))


def test_concat_puts_the_separator_behind_every_file(run: FakeRun) -> None:
    a, b = run.store("a", "a"), run.store("b", "b")
    for files in ([a, b], f'["{a}", "{b}"]'):
        uri = run.run(storage.Concat("c", files=files, separator="|"))["uri"]
        assert run.content(uri) == "a|b|"


def test_concat_refuses_what_is_no_stored_file(run: FakeRun) -> None:
    with pytest.raises(ValueError, match="Invalid internal storage uri, got uri '/x'"):
        run.run(storage.Concat("c", files=["/x"]))
    with pytest.raises(FileNotFoundError, match=r"gone \(No such file or directory\)"):
        run.run(storage.Concat("c", files=["kestra:///gone"]))
    with pytest.raises(TaskFailure, match=r'"String.length\(\)" because "this.input" is null'):
        run.run(storage.Concat("c", files=[None]))


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"rows": 2}, ["1\n22\n", "333\n"]),
        ({"rows": t("{{ n }}"), "separator": ";"}, ["1;22;", "333;"]),
        ({"partitions": 2}, ["1\n333\n", "22\n"]),
        ({"partitions": 9}, ["1\n", "22\n", "333\n"]),
        ({"bytes": "3"}, ["1\n22\n", "333\n"]),
        ({"bytes": "1kb"}, ["1\n22\n333\n"]),
        ({"regex_pattern": "^(2|3)"}, ["22\n", "333\n"]),
        ({"regex_pattern": "^2"}, []),
        ({"rows": 1, "partitions": 1}, ["1\n22\n333\n"]),
    ],
)
def test_split(run: FakeRun, options: dict[str, Any], parts: list[str]) -> None:
    uri = run.store("1\n22\r\n333", "in.log")
    uris = run.run(storage.Split("s", from_=uri, **options))["uris"]
    assert contents(run, uris) == parts
    assert all(uri.endswith(".log") for uri in uris)


def test_split_needs_a_rule(run: FakeRun) -> None:
    uri = run.store("1")
    with pytest.raises(TaskFailure, match="Invalid configuration with no size"):
        run.run(storage.Split("s", from_=uri))
    for size in ("lots", "3B", "1 KB", "1TB", ""):  # the engine knows KB, MB and GB
        with pytest.raises(TaskFailure, match=f"Invalid size with value '{size}'"):
            run.run(storage.Split("s", from_=uri, bytes=size))


def test_what_is_no_stored_file_is_not_uploaded(run: FakeRun) -> None:
    run.store("there", "a.txt")
    for uri in ("kestra:///no/file", "plain", "file:///etc/hostname"):
        assert run.run(namespace.UploadFiles("u", files_map={"f.txt": uri})) == {}
    with pytest.raises((TaskFailure, ValueError), match="Invalid internal storage uri, got uri ''"):
        run.run(namespace.UploadFiles("u", files_map={"f.txt": ""}))
    assert run.files.paths(run.namespace) == []


def test_reverse(run: FakeRun) -> None:
    uri = run.store("one\ntwo\n\nfour\n")
    reverse = storage.Reverse("r", from_=uri, separator=";")
    assert run.content(run.run(reverse)["uri"]) == "four;;two;one;"


def test_deduplicate_keeps_the_last_row_of_a_key(run: FakeRun) -> None:
    uri = run.store("{k:1,v:1}\n{k:2,v:2}\n{k:1,v:3}\n")
    outputs = run.run(storage.DeduplicateItems("d", from_=uri, expr=t("{{ k }}")))
    assert run.content(outputs.pop("uri")) == "{k:2,v:2}\n{k:1,v:3}\n"
    assert outputs == {"numKeys": 2, "processedItemsTotal": 3, "droppedItemsTotal": 1}


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"error_or_null_behavior": "EXCLUDE"}, "{v:4}\n"),
        ({"error_or_null_behavior": "INCLUDE"}, '{v:"x"}\n{v:4}\n'),
        ({"filter_type": "EXCLUDE", "error_or_null_behavior": "EXCLUDE"}, "{v:1}\n"),
    ],
)
def test_filter(run: FakeRun, options: dict[str, str], kept: str) -> None:
    uri = run.store('{v:1}\n{v:"x"}\n{v:4}\n')
    task = storage.FilterItems("f", from_=uri, filter_condition=t("{{ v % 2 == 0 }}"), **options)
    outputs = run.run(task)
    assert run.content(outputs["uri"]) == kept
    assert outputs["processedItemsTotal"] == 3


def test_filter_fails_on_an_error(run: FakeRun) -> None:
    uri = run.store('{v:"x"}\n')
    with pytest.raises(Exception, match="v % 2"):
        run.run(storage.FilterItems("f", from_=uri, filter_condition=t("{{ v % 2 == 0 }}")))


def test_local_files_and_purge(run: FakeRun) -> None:
    task = storage.LocalFiles("l", inputs={"a/b.txt": "x", "c": None}, outputs_=["a/**"])
    uris = run.run(task)["uris"]
    assert list(uris) == ["a/b.txt"] and uris["a/b.txt"].endswith("-b.txt")
    gone = run.run(storage.PurgeCurrentExecutionFiles("p"))["uris"]
    assert gone[0] == uris["a/b.txt"] and gone[-1] == "kestra:///a/b/my-flow/executions/E1"
    assert not run.storage.exists(uris["a/b.txt"])


def test_input_files_stay_inside(run: FakeRun) -> None:
    for name in ("../x", "/x"):
        with pytest.raises(TaskFailure, match="must be a relative path inside"):
            prepare_folder(run, run.working_dir, {name: "x"}, None)


def test_namespace_files_are_chosen_and_input_files_win(run: FakeRun) -> None:
    for path in ("a.txt", "deep/b.txt", "deep/c.sql"):
        run.files.write("a.b", path, b"ns")
    chosen = LoadNamespaceFiles(include=["a.txt", "deep/**"], exclude=["**/*.sql"])
    prepare_folder(run, run.working_dir, {"a.txt": "mine"}, chosen)
    found = sorted(p.relative_to(run.working_dir).as_posix() for p in run.working_dir.rglob("*.*"))
    assert found == ["a.txt", "deep/b.txt"]
    assert (run.working_dir / "a.txt").read_text() == "mine"
    assert run.messages("INFO")[0].startswith("Loaded 2 namespace files from 'a.b' in 00:00:0")
    with pytest.raises(TaskFailure, match="already exist") as failure:
        prepare_folder(run, run.working_dir, None, LoadNamespaceFiles(if_exists="FAIL"))
    assert isinstance(failure.value.__cause__, FileExistsError)


def test_outputs_by_pattern(run: FakeRun) -> None:
    folder = run.working_dir
    for name in ("a.txt", ".hidden", "out/c d.txt", "out/deep/e.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "link.txt").symlink_to("a.txt")
    found = collect_outputs(run, folder, ["**/*.txt"])
    assert sorted(found) == ["out/c d.txt", "out/deep/e.txt"]
    assert found["out/c d.txt"].endswith("-c+d.txt")
    assert sorted(collect_outputs(run, folder, ["*"])) == [".hidden", "a.txt"]


def test_cache_comes_back_and_goes_by_age(run: FakeRun, tmp_path: Path) -> None:
    (run.working_dir / "m").mkdir()
    (run.working_dir / "m/x").write_text("1")
    save_cache(run, run.working_dir, "wd", ["m/**"], None)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    since = restore_cache(run, fresh, "wd", 3600)
    assert (fresh / "m/x").read_text() == "1"
    save_cache(run, fresh, "wd", ["gone/**"], since)
    assert run.messages("DEBUG")[-1] == "Cache files didn't change, skip updating it"
    assert restore_cache(run, fresh, "wd", -1) is None


def changed(data: bytes) -> Iterator[bytes]:
    """What may have become of a file: each byte another, and every beginning of it."""
    for at in range(len(data)):
        yield bytes((*data[:at], data[at] ^ 0x91, *data[at + 1 :]))
        yield data[:at]


def test_a_damaged_cache_is_made_anew(run: FakeRun, tmp_path: Path) -> None:
    (run.working_dir / "x").write_text("some text " * 9)
    save_cache(run, run.working_dir, "wd", ["x"], None)
    [cache] = (run.storage.path("kestra:///") / "a").rglob("cache.zip")
    seen = 0
    for number, data in enumerate(changed(cache.read_bytes())):
        cache.parent.mkdir(exist_ok=True)
        cache.write_bytes(data)
        fresh = tmp_path / str(number)
        fresh.mkdir()
        if restore_cache(run, fresh, "wd") is None:
            seen += 1
            assert not cache.exists() and not any(fresh.iterdir())
            assert run.messages("WARN")[-1].endswith("is damaged and made anew")
        else:
            assert (fresh / "x").read_text() == "some text " * 9
    assert seen > number / 2


def test_a_damaged_entry_is_told_in_plain_words(run: FakeRun) -> None:
    run.kv.put("a.b", "k", "text", ttl=1000, description="x")
    [entry] = (run.services.root / "kv").rglob("k.ion")
    for file in (entry, entry.with_name("k.ion.metadata")):
        whole = file.read_bytes()
        for data in changed(whole):
            file.write_bytes(data)
            try:
                run.kv.get("a.b", "k", keep_expired=True)
                run.kv.keys("a.b")
            except (ValueError, IonError) as failure:
                said = str(failure)
                assert said.startswith(("Corrupt content", "No content", "The requested")), said
        file.write_bytes(whole)


@pytest.mark.parametrize(
    ("value", "kv_type", "stored"),
    [
        ("12", None, "12"),
        (12, None, "12"),
        (t("{{ n }}", typed=True), None, 2),
        ({"k": t("{{ n }}")}, None, '{"k":"2"}'),
        ("12.50", "NUMBER", 12.5),
        ("YES", "BOOLEAN", False),
        ("2024-01-02T03:04:05Z", "DATETIME", Instant(1704164645 * 10**9)),
        ("2024-01-02T00:00:00Z", "DATE", LocalDate(2024, 1, 2)),
        ("PT1M", "DURATION", Duration(60 * 10**9)),
        ('{"a": [1, null]}', "JSON", {"a": [1, None]}),
        (t("{{ n }}", typed=True), "STRING", "2"),
    ],
)
def test_values_keep_their_kind(
    run: FakeRun, value: Any, kv_type: str | None, stored: object
) -> None:
    run.run(kv.KvSet("s", key="k", value=value, kv_type=kv_type))
    found = run.kv.get("a.b", "k")
    assert found == stored and type(found) is type(stored)


def test_get_gives_what_outputs_hold(run: FakeRun) -> None:
    run.run(kv.KvSet("s", key="k", value="PT1M"))
    assert run.run(kv.KvGet("g", key="k")) == {"value": 60.0}


def test_keys_are_inherited_and_missed(run: FakeRun) -> None:
    run.kv.put("a", "up", 1)
    assert run.run(kv.KvGet("g", key="up")) == {"value": 1}
    assert run.run(kv.KvGetKeys("k")) == {"keys": []}
    assert run.run(kv.KvDelete("d", key="up")) == {"deleted": False}
    assert run.run(kv.KvGet("g", key="gone")) == {"value": None}
    for task in (kv.KvGet, kv.KvDelete):
        with pytest.raises(TaskFailure, match=r"No value found for key 'gone' in namespace 'a.b'"):
            run.run(task("g", key="gone", error_on_missing=True))


def test_sets_that_are_refused(run: FakeRun) -> None:
    for key, message in (("has blank", "must start with"), ("", "cannot be null or empty")):
        with pytest.raises(ValueError, match=message):
            run.run(kv.KvSet("s", key=key, value="x"))
    with pytest.raises(ValueError, match="The namespace 'else' does not exist"):
        run.run(kv.KvSet("s", key="k", value="x", namespace="else"))
    run.run(kv.KvSet("s", key="k", value="x"))
    with pytest.raises(ValueError, match="Key already exists"):
        run.run(kv.KvSet("s", key="k", value="x", overwrite=False))


def test_put_merges_only_what_expressions_give(run: FakeRun) -> None:
    assert kv.merge({"a": 1, "m": {"x": 1}}, {"m": {"y": 2}}) == {"a": 1, "m": {"x": 1, "y": 2}}
    assert kv.merge({"a": 1}, [{"key": "m.z", "value": 3}]) == {"a": 1, "m": {"z": 3}}
    assert kv.merge(5, [{"value": "only"}]) == "only"
    with pytest.raises(TaskFailure, match="non-JSON existing"):
        kv.merge(5, [{"key": "k", "value": 1}])
    run.kv.put("a.b", "k", {"a": 1})
    run.run(kv.KvPut("p", key="k", value={"b": 2}))
    assert run.kv.get("a.b", "k") == '{"b":2}'


def test_state_by_flow_and_loop_value(run: FakeRun) -> None:
    first = run.run(state.StateSet("s", data={"m": {"a": 1}, "l": [1]}))
    assert first == {"count": 2, "key": "my-flow_states_tasks-states_default"}
    run.run(state.StateSet("s", data={"m": {"b": 2}, "l": [1, 2]}))
    data = {"m": {"a": 1, "b": 2}, "l": [1, 2]}
    assert run.run(state.StateGet("g")) == {"count": 2, "data": data}
    run.taskrun.value = "a"
    assert run.run(state.StateGet("g")) == {"count": 0, "data": {}}
    key = run.run(state.StateSet("s", data={"v": 1}))["key"]
    assert key.endswith("_897859f6655555855a890e51483ab5e6")
    assert run.run(state.StateGet("g", taskrun_value=False))["count"] == 2
    assert run.run(state.StateDelete("d")) == {"deleted": True}
    with pytest.raises(TaskFailure, match="Unable to find the state file 'default'"):
        run.run(state.StateDelete("d", error_on_missing=True))
    with pytest.raises(FileNotFoundError, match="State my-flow_states"):
        run.run(state.StateGet("g", error_on_missing=True))


@pytest.mark.parametrize(
    ("flag", "said"),
    [("{{ [1] }}", "Cannot deserialize value"), ("{{ null }}", "No value present")],
)
def test_a_flag_of_states_is_rendered_outside_of_loops(
    tmp_path: Path, flag: str, said: str
) -> None:
    run = FakeRun(tmp_path)
    with pytest.raises(TaskFailure, match=said):
        run.run(state.StateSet("s", data={"a": 1}, taskrun_value=t(flag)))


def test_namespace_files_up_and_down(run: FakeRun) -> None:
    (run.working_dir / "x.txt").write_text("1")
    uri = run.store("2", "y")
    task = namespace.UploadFiles(
        "u", namespace="a.b", files=["*.txt"], files_map={"y.txt": uri}, destination="/d/"
    )
    run.run(task)
    assert run.files.paths("a.b") == ["/d/x.txt", "/d/y.txt"]
    with pytest.raises(TaskFailure, match="conflict is set to ERROR"):
        run.run(
            namespace.UploadFiles(
                "u", namespace="a.b", files=["*.txt"], destination="d", conflict="ERROR"
            )
        )
    files = run.run(namespace.DownloadFiles("l", namespace="a.b", files=["**y.txt"]))["files"]
    assert list(files) == ["/d/y.txt"] and run.content(files["/d/y.txt"]) == "2"
    run.run(namespace.DeleteFiles("d", namespace="a.b", files=["/d/*"], delete_parent_folder=True))
    assert run.files.paths("a.b") == []
    with pytest.raises(TaskFailure, match="files or filesMap is required"):
        run.run(namespace.UploadFiles("u", namespace="a.b"))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\n", ["b", "a"]),
        ("a\n\nb\n", ["b", "", "a"]),
        ("a\r\n\nb", ["b", "a"]),  # the first empty line is passed over, wherever it stands
        ("\na\n", ["a"]),
        ("\n", []),
        ("", []),
        ("one\r\ntwo\rthree é\n", ["three é", "two", "one"]),
    ],
)
@pytest.mark.parametrize("block", [1, 2, 5, 1000])
@pytest.mark.parametrize("charset", ["UTF-8", "UTF-16LE"])
def test_lines_from_the_last_to_the_first(
    text: str, lines: list[str], block: int, charset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowrt.services.lines.BLOCK", block)
    source = BytesIO(text.encode(charset))
    assert [line.decode(charset) for line in storage.reversed_lines(source, charset)] == lines


@pytest.mark.parametrize(
    ("extension", "told"),
    [
        ("/x", "Invalid prefix or suffix"),
        ("a/b", "Invalid prefix or suffix"),
        ("x" * 240, "File name too long"),
        ("x" * 200, None),
        ("/", None),
    ],
)
def test_names_of_temporary_files(run: FakeRun, extension: str, told: str | None) -> None:
    joined = storage.Concat("c", files=[t("{{ none.x }}")], extension=extension)
    with pytest.raises(Exception, match=told or "Unable to find"):
        run.run(joined)  # the file is there before the first address is rendered


@pytest.mark.parametrize(
    ("charset", "refusal"),
    [
        ("UTF-16", "For UTF-16, you need to specify the byte order (use UTF-16BE or UTF-16LE)"),
        ("utf32", "Encoding UTF-32 is not supported yet (feel free to submit a patch)"),
        ("Big5", "Encoding Big5 is not supported yet (feel free to submit a patch)"),
        ("UTF-7", "UTF-7"),
        ("none", "none"),
        *((name, None) for name in ("UTF-16BE", "GBK", "Shift_JIS", "cp500", "ascii", "latin1")),
    ],
)
def test_what_is_reversed(run: FakeRun, charset: str, refusal: str | None) -> None:
    task = storage.Reverse("r", from_=run.put_file(b"a", "a.txt"), charset=charset)
    if refusal is None:
        assert run.run(task)["uri"]
        return
    with pytest.raises(TaskFailure) as caught:
        run.run(task)
    assert str(caught.value) == refusal


@pytest.mark.parametrize("block", [1, 3, 8, 1000])
@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"rows": 2}, ["a\nbb\n", "\nc\n", "d\n"]),
        ({"rows": 3, "separator": "|"}, ["a|bb||", "c|d|"]),
        ({"rows": 9}, ["a\nbb\n\nc\nd\n"]),
        ({"rows": 0}, ["a\n", "bb\n", "\n", "c\n", "d\n"]),
        ({"bytes": "4"}, ["a\nbb\n", "\nc\nd\n"]),
        ({"bytes": "3", "separator": "--"}, ["a--", "bb--", "--c--", "d--"]),
        ({"bytes": "6"}, ["a\nbb\n\n", "c\nd\n"]),
        ({"partitions": 2}, ["a\n\nd\n", "bb\nc\n"]),
    ],
)
def test_split_in_blocks_of_any_size(
    run: FakeRun,
    options: dict[str, Any],
    parts: list[str],
    block: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flowrt.services.lines.BLOCK", block)
    uri = run.put_file(b"a\nbb\r\n\nc\rd", "lines.txt")
    found = run.run(storage.Split("s", from_=uri, **options))["uris"]
    assert [run.content(each) for each in found] == parts


def test_split_by_a_pattern_of_java(run: FakeRun) -> None:
    uri = run.put_file(b"[E] a\nno\n[I] b\n[E] c\n", "lines.txt")
    split = storage.Split("s", from_=uri, regex_pattern="\\[(\\p{Lu})\\]")
    assert contents(run, run.run(split)["uris"]) == ["[E] a\n[E] c\n", "[I] b\n"]
    with pytest.raises(RawError, match="Unclosed group near index 1"):
        run.run(storage.Split("s", from_=uri, regex_pattern="("))


def test_an_expired_entry_goes_when_it_was_read(run: FakeRun) -> None:
    run.kv.put("a.b", "k", "v", ttl=-1)
    for _ in range(2):
        with pytest.raises(ValueError, match="The requested value has expired"):
            run.kv.get("a.b", "k", keep_expired=True)
    with pytest.raises(ValueError, match="The requested value has expired"):
        run.kv.get("a.b", "k")
    with pytest.raises(KeyError):
        run.kv.get("a.b", "k")


def test_what_has_expired_can_be_put_anew(run: FakeRun) -> None:
    run.kv.put("a.b", "k", {"a": 1}, ttl=-1)
    with pytest.raises(ValueError, match="Key already exists and `overwrite` is set to `false`"):
        run.run(kv.KvSet("s", key="k", value="v", overwrite=False))
    said = "No value found for key 'k' in namespace 'a.b' and `errorOnMissing` is set to true"
    with pytest.raises(TaskFailure, match=f"^{said}$"):
        run.run(kv.KvPut("p", key="k", value={"b": 2}, error_on_missing=True))
    assert run.run(kv.KvGet("g", key="k")) == {"value": None}
    run.kv.put("a.b", "k", {"a": 1}, ttl=-1)
    run.run(kv.KvPut("p", key="k", value="v"))
    assert run.run(kv.KvGet("g", key="k")) == {"value": "v"}


def test_a_number_that_json_does_not_have_is_a_text_in_outputs(run: FakeRun) -> None:
    run.run(kv.KvSet("s", key="k", value='{"a": [1e400, 1]}', kv_type="JSON"))
    assert run.run(kv.KvGet("g", key="k")) == {"value": {"a": ["Infinity", 1]}}


def test_a_key_that_no_file_can_have_has_no_value(run: FakeRun) -> None:
    assert run.run(kv.KvGet("g", key="k" * 300)) == {"value": None}


NO_TEXT = (
    "Cannot construct instance of `java.util.LinkedHashMap` (although at least one Creator exists): no String-argument"
    " constructor/factory method to deserialize from String value ('{}')"
)
NO_MAP = (
    "Cannot deserialize value of type `java.util.LinkedHashMap<java.lang.Object,java.lang.Object>` from {} value"
    " (token `JsonToken.{}`)"
)
NO_ION = (
    "class com.fasterxml.jackson.databind.util.TokenBuffer cannot be cast to class"
    " io.kestra.core.serializers.ion.IonGenerator (com.fasterxml.jackson.databind.util.TokenBuffer and"
    " io.kestra.core.serializers.ion.IonGenerator are in unnamed module of loader 'app')"
)
ENDLESS = "Infinite recursion (StackOverflowError)"
NULL = 'Cannot invoke "java.util.Map.size()" because "m" is null'
MISMATCH = "com.fasterxml.jackson.databind.exc.MismatchedInputException: "


@pytest.mark.parametrize(
    ("row", "filtered", "keyed"),
    [
        *(
            (row, said, MISMATCH + said)
            for row, said in (
                ("one", NO_TEXT.format("one")),
                ('"q"', NO_TEXT.format("q")),
                ("12", NO_MAP.format("Integer", "VALUE_NUMBER_INT")),
                ("[1]", NO_MAP.format("Array", "START_ARRAY")),
                ("true", NO_MAP.format("Boolean", "VALUE_TRUE")),
                ("1.5", NO_MAP.format("Floating-point", "VALUE_NUMBER_FLOAT")),
                ("1.5e0", NO_MAP.format("Floating-point", "VALUE_NUMBER_FLOAT")),
            )
        ),
        (
            "2024-01-01",
            NO_ION,
            MISMATCH + NO_MAP.format("Embedded Object", "VALUE_EMBEDDED_OBJECT"),
        ),
        ("null", NULL, NULL),
        ("", NULL, f"{MISMATCH}No content to map due to end-of-input"),
    ],
)
def test_rows_without_fields_are_told_of_as_the_engine_does(
    run: FakeRun, row: str, filtered: str, keyed: str
) -> None:
    uri = run.store(f"{row}\n{{a:1}}\n")
    for task, said in (
        (storage.FilterItems("f", from_=uri, filter_condition="x"), filtered),
        (storage.DeduplicateItems("d", from_=uri, expr="x"), keyed),
    ):
        with pytest.raises(TaskFailure) as failure:
            run.run(task)
        assert str(failure.value) == said
        cause = failure.value.__cause__
        causes = f"{NO_ION}\n{NO_ION}" if said == NO_ION else said.removeprefix(MISMATCH)
        assert str(cause) == causes if said != NULL else cause is None


def test_what_is_kept_for_less_than_no_time_is_not_set(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match=r"^ttl cannot be negative$"):
        run.run(kv.KvSet("k", key="a", value="x", ttl="-PT1S"))
    with pytest.raises(KeyError):
        run.kv.get("a.b", "a")
    run.run(kv.KvSet("k", key="a", value="x", ttl="PT1H"))
    assert run.kv.get("a.b", "a") == "x"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ("[[1]]", "Cannot deserialize value of type `java.lang.String` from Array value"),
        (
            '["a", {"b": 1}]',
            "Cannot deserialize value of type `java.lang.String` from Object value",
        ),
        ("[null]", 'Cannot invoke "String.length()" because "this.input" is null'),
        ("[true]", "Invalid internal storage uri, got uri 'true'"),
        ("1", "`java.util.ArrayList<java.lang.String>` from Integer value"),
    ],
)
def test_a_list_of_files_in_json_has_texts(run: FakeRun, files: str, said: str) -> None:
    with pytest.raises((TaskFailure, RawError, ValueError)) as failure:
        run.run(storage.Concat("c", files=files))
    assert said in str(failure.value)


@pytest.mark.parametrize(
    ("row", "said", "behind"),
    [
        ("{day: 2024-01-01T}", NO_ION, f"{NO_ION}\n{NO_ION}"),
        ("{o: {d: [1, 2024-01-02T10:00:00.000Z]}}", NO_ION, f"{NO_ION}\n{NO_ION}"),
        ("{at: 2024-01-02T10:00:00+01:00}", NO_ION, f"{NO_ION}\n{NO_ION}"),
        ('{t: LocalTime::"10:00:00", u: Duration::"PT1H"}', NO_ION, f"{NO_ION}\n{NO_ION}"),
        ('{t: [OffsetTime::"10:00:00+01:00"]}', NO_ION, f"{NO_ION}\n{NO_ION}"),
        ("{t: a::b::2024T}", NO_ION, f"{NO_ION}\n{NO_ION}"),
        ("{x: a::5}", ENDLESS, f"{ENDLESS}\nnull"),
        ('{x: a::"s", y: {d: LocalDate::"2024-01-01"}}', ENDLESS, f"{ENDLESS}\nnull"),
        ('{u: Duration::"PT1H"}', ENDLESS, f"{ENDLESS}\nnull"),
        ("{x: a::[1], d: 2024T}", ENDLESS, f"{ENDLESS}\nnull"),
        ("x::{id: 1}", ENDLESS, f"{ENDLESS}\nnull"),
        ("{d: 2024T, t: LocalTime::5}", "Unexpected value type: INT", None),
        ("{l: LocalDate::null}", "Unexpected value type: NULL", None),
    ],
)
@pytest.mark.parametrize("behavior", ["FAIL", "INCLUDE", "EXCLUDE"])
def test_rows_that_cannot_be_filtered(
    run: FakeRun, behavior: str, row: str, said: str, behind: str | None
) -> None:
    uri = run.put_file(f"{row}\n".encode(), "rows.ion")
    task = storage.FilterItems(
        "f", from_=uri, filter_condition=t("{{ true }}"), error_or_null_behavior=behavior
    )
    with pytest.raises(TaskFailure) as caught:
        run.run(task)
    cause = caught.value.__cause__
    assert (str(caught.value), cause and str(cause)) == (said, behind)


@pytest.mark.parametrize(
    "row",
    ["{s: sym}", "{b: {{aGVsbG8=}} }", "{d: null.timestamp}", "{d: 1d2, l: [1, 2.50], e: 1e0}"],
)
def test_rows_that_can_be_filtered(run: FakeRun, row: str) -> None:
    uri = run.put_file(f"{row}\n".encode(), "rows.ion")
    found = run.run(storage.FilterItems("f", from_=uri, filter_condition=t("{{ true }}")))
    assert (found["processedItemsTotal"], found["droppedItemsTotal"]) == (1, 0)


def test_rows_with_dates_have_keys(run: FakeRun) -> None:
    uri = run.put_file(b"{id: 1, day: 2024-01-01T}\n{id: 1, x: a::5}\n", "rows.ion")
    found = run.run(storage.DeduplicateItems("d", from_=uri, expr=t("{{ id }}")))
    assert found["numKeys"] == 1
