"""Types that the runtime has no class for: what the atlas says of them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from flowc import atlas
from flowc.api import check
from flowc.diag.model import Diagnostic

ROOT = Path(__file__).parents[2]
READ = ROOT.parent / "shared" / "reference" / "atlas.json"
QUERY = "io.kestra.plugin.gcp.bigquery.Query"


@pytest.fixture(autouse=True)
def no_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the core has classes, however many plugins have by now."""
    monkeypatch.setattr("flowrt.catalog.PLUGINS", {})


def findings(task: str) -> list[Diagnostic]:
    indented = "\n".join(f"    {line}" for line in task.splitlines()).strip()
    return check(f"id: f\nnamespace: a.b\ntasks:\n  - {indented}\n")


def said(task: str) -> list[tuple[str, str]]:
    """Codes and hints, but for what says that the type cannot be run."""
    return [(each.code, each.hint or "") for each in findings(task) if each.code != "FC501"]


def test_a_known_type_is_refused_and_checked_all_the_same() -> None:
    assert [e.code for e in findings(f"id: q\ntype: {QUERY}\nsql: SELECT 1")] == ["FC501"]
    assert said(f"id: q\ntype: {QUERY}\nsqll: SELECT 1") == [("FC201", "did you mean `sql`?")]
    assert said(f"id: q\ntype: {QUERY}\nsql: x\nfetchType: PLENTY")[0][0] == "FC204"
    assert said(f"id: q\ntype: {QUERY}\nsql: x\ndryRun: perhaps")[0][0] == "FC204"
    assert said(f"id: q\ntype: {QUERY}\nsql: x\nlabels: [a]")[0][0] == "FC204"
    assert said("id: q\ntype: io.kestra.plugin.jdbc.duckdb.Query")[0][0] == "FC202"


def test_what_every_task_has_is_not_foreign_to_a_known_type() -> None:
    retry = "retry: {type: constant, interval: PT1S, maxAttempts: 2}"
    assert (
        said(f"id: q\ntype: {QUERY}\nsql: x\n{retry}\ntimeout: PT1M\nrunIf: '{{{{ true }}}}'") == []
    )


def test_outputs_of_a_known_type() -> None:
    flow = (
        f"id: f\nnamespace: a.b\ntasks:\n  - {{id: q, type: {QUERY}, sql: x}}\n"
        "  - id: log\n    type: io.kestra.plugin.core.log.Log\n    message: '{{ outputs.q.OUTPUT }}'\n"
    )
    assert [e.code for e in check(flow.replace("OUTPUT", "rows"))] == ["FC501"]
    wrong = check(flow.replace("OUTPUT", "rwos"))
    assert [(e.code, e.hint) for e in wrong[1:]] == [("FC308", "did you mean `rows`?")]


@pytest.mark.parametrize(
    ("written", "code", "words"),
    [
        ("io.kestra.plugin.gcp.bigquery.Qurey", "FC205", f"did you mean `{QUERY}`?"),
        ("io.kestra.plugin.core.log.Lgo", "FC205", "did you mean `io.kestra.plugin.core.log.Log`?"),
        ("Log", "FC205", "did you mean `io.kestra.plugin.core.log.Log`?"),
        ("io.kestra.plugin.core.trigger.Schedule", "FC205", "is a trigger"),
        ("io.kestra.plugin.core.flow.Loop", "FC501", "Kestra 2.0"),
        ("io.kestra.plugin.ee.salesforce.Create", "FC501", "Enterprise Edition"),
        ("io.kestra.plugin.zendesk.tickets.Create", "FC501", "does not know"),
        ("com.acme.Greet", "FC501", "does not know"),
        ("greet.Greet", "FC205", "there is no task type"),
    ],
)
def test_names_that_no_class_has(written: str, code: str, words: str) -> None:
    found = findings(f"id: t\ntype: {written}")[0]
    assert found.code == code
    assert words in f"{found.message} {found.hint}"


def test_old_names_of_plugin_types() -> None:
    old = "io.kestra.plugin.notifications.sentry.SentryAlert"
    (found,) = (e for e in findings(f"id: t\ntype: {old}") if e.code in ("FC205", "FC501"))
    assert found.code == "FC501"
    assert old in found.message


def test_triggers_of_plugins_are_checked() -> None:
    flow = (
        "id: f\nnamespace: a.b\ntasks: [{id: t, type: io.kestra.plugin.core.log.Log, message: x}]\n"
        "triggers:\n  - {id: s, type: io.kestra.plugin.jdbc.postgresql.TYPE, sql: SELECT 1, url: x, KEY: x}\n"
    )
    good = flow.replace("TYPE", "Trigger")
    assert check(good.replace("KEY", "username")) == []
    assert [e.code for e in check(good.replace("KEY", "usrname"))] == ["FC201"]
    assert [e.code for e in check(flow.replace("TYPE", "Trgger").replace("KEY", "x"))] == ["FC205"]


def test_an_object_in_a_trigger_may_lack_what_nobody_asks_for() -> None:
    flow = (
        "id: f\nnamespace: a.b\ntasks: [{id: t, type: io.kestra.plugin.core.log.Log, message: x}]\n"
        "triggers:\n  - {id: s, type: io.kestra.plugin.aws.s3.Trigger, bucket: b, action: MOVE, moveTo: {key: k}}\n"
    )
    assert check(flow) == []
    assert [e.code for e in check(flow.replace("key: k", "kye: k"))] == ["FC201"]
    assert [e.code for e in check(flow.replace("bucket: b, ", ""))] == ["FC202"]


def test_every_type_of_the_atlas_becomes_a_class() -> None:
    names = list(atlas.tasks())
    assert len(names) > 800
    for name in names:
        cls = atlas.find(name)
        assert cls is not None and {"id", "timeout"} <= cls.properties.keys()


def test_a_look_at_one_type_decodes_one_plugin() -> None:
    program = (
        "from flowc import atlas; atlas.find('io.kestra.plugin.jdbc.duckdb.Query');"
        "print(atlas._member.cache_info().currsize)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "2\n"  # the index, and the plugin


@pytest.mark.skipif(not READ.is_file(), reason="the atlas as it was read does not lie beside this")
def test_the_archive_is_up_to_date() -> None:
    call = [sys.executable, str(ROOT / "tools" / "atlas.py"), str(READ), "--check"]
    assert subprocess.run(call).returncode == 0


def test_the_archive_is_small_and_names_no_date() -> None:
    path = ROOT / "compiler" / "flowc" / "atlas" / "types.zip"
    assert path.stat().st_size < 150_000
    with zipfile.ZipFile(path) as archive:
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert json.loads(archive.read("index.json"))["aliases"]
