"""Singer: the files and words that taps and targets get, what becomes of what they say, and what is kept between runs.

The package is one of this test: its programs write down how they were called, and speak as Singer says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure

PROGRAM = """
import json, os, sys

CATALOG = {"streams": [
    {"tap_stream_id": "shop-orders", "stream": "orders", "schema": {"type": "object"}, "metadata": [
        {"breadcrumb": [], "metadata": {"row-count": 2, "replication-key": "old"}},
        {"breadcrumb": ["properties", "id"], "metadata": {"inclusion": "automatic"}},
        {"breadcrumb": ["properties", "secret"], "metadata": {"selected": False}},
    ]},
    {"tap_stream_id": "shop-other", "stream": "other", "schema": {}, "metadata": []},
]}


def note(name):
    with open(name, "w", encoding="utf-8") as file:
        json.dump(sys.argv[1:], file)


def tap():
    assert os.environ["LOGGING_CONF_FILE"] == "logging.conf"
    if "--discover" in sys.argv:
        print(json.dumps(CATALOG))
        return
    note("tap.json")
    with open("state.json", encoding="utf-8") as file:
        begin = json.load(file).get("bookmark", 0)
    print("INFO Syncing", file=sys.stderr)
    print('INFO METRIC: {"type": "counter", "metric": "record_count", "value": 2, "tags": {"Endpoint": "ORDERS", "n": 1}}', file=sys.stderr)
    print("WARNING METRIC: none", file=sys.stderr)
    print("plain words", file=sys.stderr)
    for at in (begin + 1, begin + 2):
        print(json.dumps({"type": "RECORD", "stream": "orders", "record": {"id": at}}))
    print(json.dumps({"type": "STATE", "value": {"bookmark": begin + 2}}))
    with open("config.json", encoding="utf-8") as file:
        sys.exit(json.load(file).get("exit", 0))


def target():
    note("target.json")
    lines = sys.stdin.read().splitlines()
    print(json.dumps({"taken": len(lines)}))
    print("no state")
"""
ENTRIES = "[console_scripts]\ntap-tiny = tiny_singer:tap\ntarget-tiny = tiny_singer:target\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    """A run that finds the package of this test in a folder, and no other."""
    wheels, about = tmp_path / "wheels", "tiny_singer-1.0.dist-info"
    wheels.mkdir()
    files = {
        "tiny_singer.py": PROGRAM,
        f"{about}/entry_points.txt": ENTRIES,
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: tiny-singer\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with ZipFile(wheels / "tiny_singer-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr(f"{about}/RECORD", "".join(f"{name},,\n" for name in files))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.delenv("FLOWRT_DEPENDENCIES", raising=False)
    return FakeRun(tmp_path / "root", word="s3cret")


def configuration(**properties: Any) -> Any:
    from flowrt.plugins.cli.singer import Streams

    return Streams(**properties)


def read(run: FakeRun, name: str) -> Any:
    return json.loads((run.working_dir / name).read_text("utf-8"))


WANTED = [
    {"stream": "orders", "replication_method": "INCREMENTAL", "replication_keys": "id"},
    {"properties_pattern": ["se.*"], "selected": True},
]


def tap(**more: Any) -> Any:
    wanted = [configuration(**each) for each in WANTED]
    given = {"pip_packages": ["tiny-singer"], "command": "tap-tiny", **more}
    return task("singer.taps.PipelinewiseMysql", host="db", port=3306, username="u",
                password=t("{{ word }}"), streams_configurations=wanted, **given)  # fmt: skip


def test_a_tap_is_installed_and_asked_for_its_streams(run: FakeRun) -> None:
    found = run.run(tap(filter_dbs=["a", "b"]))
    assert found["count"] == 3
    records = [json.loads(line) for line in run.content(found["raw"]).splitlines()]
    assert [each.get("record") for each in records] == [{"id": 1}, {"id": 2}, None]
    assert read(run, "config.json") == {
        "user": "u", "password": "s3cret", "host": "db", "port": 3306, "ssl": False,
        "session_sqls": [
            'SET @@session.time_zone="+0:00"', "SET @@session.wait_timeout=28800",
            "SET @@session.net_read_timeout=3600", "SET @@session.innodb_lock_wait_timeout=3600",
        ],
        "export_batch_rows": 50000, "filter_dbs": "a,b",
    }  # fmt: skip
    assert (run.working_dir / "config.json").stat().st_mode & 0o777 == 0o600
    assert read(run, "tap.json") == [
        "--config", "config.json", "--catalog", "catalog.json", "--state", "state.json",
    ]  # fmt: skip
    orders, other = read(run, "catalog.json")["streams"]
    common = {"selected": True, "selected-by-default": False, "is-view": False}
    assert [each["metadata"] for each in orders["metadata"]] == [
        {**common, "row-count": 2, "replication-method": "INCREMENTAL", "replication-key": "id"},
        {**common, "inclusion": "automatic"},
        common,
    ]
    assert other["metadata"] == []
    assert ("counter", "singer.record.count", 2) in run.metrics
    assert {"endpoint": "orders"} in run.tags
    assert "Syncing" in run.messages("INFO") and "plain words" in run.messages("INFO")
    assert run.messages("WARN") == ["METRIC: none"]
    assert not any("s3cret" in message for _, message in run.logs)


def test_a_tap_goes_on_where_it_ended(run: FakeRun) -> None:
    run.run(tap())
    found = run.run(tap())
    first = json.loads(run.content(found["raw"]).splitlines()[0])
    assert first["record"] == {"id": 3}
    (key,) = run.kv.keys("a.b")
    assert key == "my-flow_states_singer-state_state.json"
    assert json.loads(run.kv.get("a.b", key)) == {"bookmark": 4}


def test_other_databases(run: FakeRun) -> None:
    common = {"host": "db", "port": 1, "username": "u", "password": "p"}
    streams = {"streams_configurations": [configuration()]}
    oracle = task(
        "singer.taps.PipelinewiseOracle", sid="S", filter_schemas="A", **common, **streams
    )
    user = {"user": "u", "password": "p", "host": "db", "port": 1}
    assert oracle._settings(run) == {**user, "sid": "S", "filter_schemas": "A"}
    assert oracle._wanted(run)[0] == ["pipelinewise-tap-oracle"]
    server = task("singer.taps.PipelinewiseSqlServer", database="d", filter_dbs=["x"],
                  tds_version="7.3", character_set="utf8", use_singer_decimal=False,
                  cursor_array_size=5, **common, **streams)  # fmt: skip
    assert server._settings(run) == {
        **user, "database": "d", "use_date_datatype": True, "filter_dbs": "x", "tds_version": "7.3",
        "characterset": "utf8", "use_singer_decimal": False, "cursor_array_size": 5,
    }  # fmt: skip
    assert server._wanted(run)[0] == ["tap-mssql==2.3.1"]


def test_any_tap_and_any_target(run: FakeRun) -> None:
    given = {"pip_packages": ["tiny-singer"], "configs": {"key": t("{{ word }}")}}
    read_ = task("singer.taps.GenericTap", command="tap-tiny", **given,
                 streams_configurations=[configuration(selected=False)])  # fmt: skip
    raw = run.run(read_)["raw"]
    assert read(run, "config.json") == {"key": "s3cret"}
    assert "--properties" in read(run, "tap.json")
    orders = read(run, "properties.json")["streams"][0]["metadata"]
    assert [each["metadata"]["selected"] for each in orders] == [False, False, False]
    written = task("singer.targets.GenericTarget", from_=raw, command="target-tiny",
                   state_name="mine", **given)  # fmt: skip
    assert run.run(written) == {"stateKey": "my-flow_states_mine_state.json"}
    assert json.loads(run.kv.get("a.b", "my-flow_states_mine_state.json")) == {"taken": 3}
    assert "The target said what is no state: no state" in run.messages("WARN")


def test_what_fails(run: FakeRun) -> None:
    streams = {"streams_configurations": [configuration()], "pip_packages": ["tiny-singer"]}
    broken = task("singer.taps.GenericTap", command="tap-tiny", configs={"exit": 3}, **streams)
    with pytest.raises(TaskFailure, match="exit code 3"):
        run.run(broken)
    absent = task("singer.taps.GenericTap", command="tap-none", configs={}, **streams)
    with pytest.raises(TaskFailure, match="exit code 127"):
        run.run(absent)
    silent = task("singer.taps.GenericTap", command="true", configs={}, **streams)
    with pytest.raises(TaskFailure, match="has not told its streams"):
        run.run(silent)
