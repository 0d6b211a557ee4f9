"""Command-line tools: what reaches the tool, and what is made of what it leaves.

The tool is a program that writes down how it was called; `dbt`, `ansible-playbook` and `terraform` are also run for real where
the tests of services install them.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import Outcome, TaskFailure

TOOL = """#!/bin/sh
printf '%s\\n' "$0" "$@" >> "$CALLS"
echo -- >> "$CALLS"
env > "$CALLS.env"
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tools in front of all others; `calls` in it is what they were told."""
    folder = tmp_path / "tools"
    folder.mkdir()
    names = "ansible-playbook aws az clickhouse-local dbsqlcli dbt dlt gcloud ollama pip redis-cli snow terraform"
    for name in names.split():
        path = folder / name
        path.write_text(TOOL, "utf-8")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(folder / "calls"))
    return folder


def calls(tools: Path) -> list[list[str]]:
    """The words of each call, the name of the tool first."""
    text = (tools / "calls").read_text("utf-8")
    found = [each.strip("\n").split("\n") for each in text.split("--\n") if each.strip()]
    return [[Path(words[0]).name, *words[1:]] for words in found]


def variables(tools: Path) -> dict[str, str]:
    """The variables of the last call."""
    lines = (tools / "calls.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_a_tool_runs_its_commands_in_one_shell(tmp_path: Path, tools: Path) -> None:
    run = FakeRun(tmp_path, name="x")
    outputs = run.run(
        task(
            "terraform.cli.TerraformCLI",
            before_commands=["terraform init"],
            commands=["terraform plan -out=plan", t("terraform apply {{ name }}")],
            input_files={"main.tf": "resource"},
            output_files=["*.tf"],
            env={"TF_VAR_a": "1"},
        )
    )
    assert calls(tools) == [
        ["terraform", "init"],
        ["terraform", "plan", "-out=plan"],
        ["terraform", "apply", "x"],
    ]
    assert variables(tools)["TF_VAR_a"] == "1"
    assert outputs["exitCode"] == 0
    assert run.content(outputs["outputFiles"]["main.tf"]) == "resource"


def test_the_first_command_that_fails_ends_terraform(tmp_path: Path, tools: Path) -> None:
    with pytest.raises(TaskFailure, match="exit code 3"):
        FakeRun(tmp_path).run(
            task("terraform.cli.TerraformCLI", commands=["(exit 3)", "terraform apply"])
        )
    assert not (tools / "calls").exists()


def test_aws_gets_its_credentials_in_variables(tmp_path: Path, tools: Path) -> None:
    FakeRun(tmp_path, key="K'EY").run(
        task(
            "aws.cli.AwsCLI",
            access_key_id=t("{{ key }}"),
            secret_key_id="s",
            region="eu-central-1",
            output_format="TEXT",
            sts_role_arn="arn:a b",
            commands=["aws s3 ls"],
        )
    )
    assert calls(tools) == [
        ["aws", "configure", "set", "role_arn", "arn:a b"],
        ["aws", "s3", "ls"],
    ]
    found = variables(tools)
    assert found["AWS_ACCESS_KEY_ID"] == "K'EY"
    assert found["AWS_DEFAULT_REGION"] == "eu-central-1"
    assert found["AWS_DEFAULT_OUTPUT"] == "text"
    assert "AWS_SESSION_TOKEN" not in found
    assert Path(found["AWS_CONFIG_FILE"]).is_relative_to(tmp_path), "not that of the person"


def test_azure_logs_in_first_and_no_argument_holds_the_password(
    tmp_path: Path, tools: Path
) -> None:
    run = FakeRun(tmp_path)
    run.run(
        task(
            "azure.cli.AzCLI",
            username="me",
            password="p w",
            tenant="T",
            service_principal=True,
            commands=["az group list"],
        )
    )
    login, listed = calls(tools)
    assert login[:3] == ["az", "login", "--service-principal"] and "T" in login
    assert listed == ["az", "group", "list"]
    assert not any("p w" in message for _, message in run.logs)


def test_gcloud_reads_the_key_from_a_file_of_the_run(tmp_path: Path, tools: Path) -> None:
    run = FakeRun(tmp_path)
    outputs = run.run(
        task(
            "gcp.cli.GCloudCLI",
            project_id="p",
            service_account='{"a": 1}',
            commands=["gcloud auth list", 'cp "$GOOGLE_APPLICATION_CREDENTIALS" key.json'],
            output_files=["key.json"],
        )
    )
    assert variables(tools)["CLOUDSDK_CORE_PROJECT"] == "p"
    assert json.loads(run.content(outputs["outputFiles"]["key.json"])) == {"a": 1}


def test_queries_of_databricks_are_arguments_however_they_are_quoted(
    tmp_path: Path, tools: Path
) -> None:
    query = """select "a", '$(b)' from c"""
    FakeRun(tmp_path).run(
        task(
            "databricks.cli.DatabricksSQLCLI",
            host="h",
            http_path="/p",
            token="secret",
            commands=[query],
        )
    )
    (call,) = calls(tools)
    assert call[:5] == ["dbsqlcli", "--hostname", "h", "--access-token", "secret"]
    assert call[5:] == ["--http-path", "/p", "-e", query]


def test_each_command_of_redis_is_a_call_and_one_that_fails_ends_it(
    tmp_path: Path, tools: Path
) -> None:
    FakeRun(tmp_path).run(
        task("redis.cli.RedisCLI", host="h", password="p", commands=["SET a 1", "GET a"])
    )
    assert calls(tools) == [
        ["redis-cli", "-h", "h", "-p", "6379", "-n", "0", "SET", "a", "1"],
        ["redis-cli", "-h", "h", "-p", "6379", "-n", "0", "GET", "a"],
    ]
    assert variables(tools)["REDISCLI_AUTH"] == "p"


DBT = """#!/bin/sh
mkdir -p "$WORKING_DIR/shop/target"
echo '{"nodes": {}}' > "$WORKING_DIR/shop/target/manifest.json"
echo '{"results": []}' > "$WORKING_DIR/shop/target/run_results.json"
echo "$@" > "$WORKING_DIR/called"
cat <<'END'
{"info": {"level": "info", "ts": "T", "thread": "Main", "name": "Found", "msg": "1 model"}, "data": {"stats": {"models": 1}}}
not JSON
::{"outputs": {"rows": 3}}::
END
[ -z "$WARNS" ] || echo '{"info": {"level": "warn", "ts": "T", "thread": "Main", "name": "Old", "msg": "unused"}}'
exit ${CODE:-0}
"""


@pytest.fixture
def dbt(tools: Path) -> Path:
    """A dbt that leaves what dbt leaves."""
    (tools / "dbt").write_text(DBT, "utf-8")
    return tools


def build(run: FakeRun, **properties: Any) -> Any:
    return run.run(
        task(
            "dbt.cli.DbtCLI",
            project_dir="shop",
            commands=["dbt build"],
            **{"profiles": "shop: {}", **properties},
        )
    )


def test_dbt_tells_its_log_and_leaves_its_results(tmp_path: Path, dbt: Path) -> None:
    run = FakeRun(tmp_path)
    outputs = build(run)
    called = (tmp_path / "wd" / "called").read_text().strip()
    assert called == "build --project-dir shop --log-format json --log-path logs"
    assert (tmp_path / "wd" / "profiles.yml").read_text() == "shop: {}"
    assert run.content(outputs["outputFiles"]["manifest.json"]) == '{"nodes": {}}\n'
    assert set(outputs["outputFiles"]) == {"manifest.json", "run_results.json"}
    assert outputs["vars"] == {"rows": 3}
    assert "[Date: T] [Thread: Main] [Type: Found] 1 model " in run.messages("INFO")
    assert "not JSON" in run.messages("INFO")
    assert ("counter", "models", 1) in run.metrics


@pytest.mark.parametrize(("form", "option"), [("TEXT", " --log-format text"), ("NONE", "")])
def test_forms_of_the_log_of_dbt(tmp_path: Path, dbt: Path, form: str, option: str) -> None:
    build(FakeRun(tmp_path), log_format=form)
    called = (tmp_path / "wd" / "called").read_text().strip()
    assert called == f"build --project-dir shop{option} --log-path logs"


def test_a_warning_of_dbt_is_the_state_of_the_run(tmp_path: Path, dbt: Path) -> None:
    found = build(FakeRun(tmp_path), env={"WARNS": "yes"})
    assert isinstance(found, Outcome) and found.state == "WARNING"
    assert found.outputs is not None and found.outputs["exitCode"] == 0


def test_a_dbt_that_fails_leaves_its_results_too(tmp_path: Path, dbt: Path) -> None:
    with pytest.raises(TaskFailure) as caught:
        build(FakeRun(tmp_path), env={"CODE": "2"}, parse_run_results=False)
    assert caught.value.outputs is not None
    assert caught.value.outputs["exitCode"] == 2
    assert set(caught.value.outputs["outputFiles"]) == {"manifest.json"}


def test_the_manifest_of_dbt_goes_through_an_entry(tmp_path: Path, dbt: Path) -> None:
    from flowrt.plugins.cli.dbt import Manifest

    run = FakeRun(tmp_path)
    entry = Manifest(key="m", namespace="a.b")
    build(run, load_manifest=entry)
    assert any("no manifest has been found" in each for each in run.messages("WARN"))
    build(run, store_manifest=entry)
    assert run.kv.get("a.b", "m") == {"nodes": {}}
    again = FakeRun(tmp_path)
    build(again, load_manifest=entry)
    assert not again.messages("WARN")


@pytest.mark.parametrize("directory", ["../x", "/etc"])
def test_a_project_outside_of_the_folder_is_refused(
    tmp_path: Path, dbt: Path, directory: str
) -> None:
    with pytest.raises(TaskFailure, match="inside the current working directory"):
        FakeRun(tmp_path).run(task("dbt.cli.DbtCLI", project_dir=directory, commands=["dbt build"]))


def test_an_early_task_of_dbt_is_one_command(tmp_path: Path, dbt: Path) -> None:
    FakeRun(tmp_path).run(
        task(
            "dbt.cli.Run",
            dbt_path="dbt",
            thread=4,
            full_refresh=True,
            select=["a", "b c"],
            target="prod",
            profiles="p",
        )
    )
    folder = tmp_path / "wd"
    assert (folder / "called").read_text().strip() == (
        f"--log-format json run --profiles-dir {folder}/.profile --threads 4 --full-refresh"
        " --target prod --select a b c"
    )
    assert (folder / ".profile" / "profiles.yml").read_text() == "p"


ANSIBLE = """#!/bin/sh
echo '{"outputs": [{"stdout": "said"}], "plays": [{"name": "all", "tasks": []}]}' >> "$FLOW_OUTPUTS"
echo log > log
"""


def playbook(run: FakeRun, tools: Path, **properties: Any) -> Any:
    (tools / "ansible-playbook").write_text(ANSIBLE, "utf-8")
    return run.run(
        task(
            "ansible.cli.AnsibleCLI",
            commands=["ansible-playbook a.yml", "ansible-playbook b.yml"],
            **properties,
        )
    )


def test_playbooks_report_what_they_did(tmp_path: Path, tools: Path) -> None:
    run = FakeRun(tmp_path)
    outputs = playbook(
        run,
        tools,
        output_log_file=True,
        input_files={"a.yml": t("{% raw %}msg: '{{ found }}'{% endraw %}")},
    )
    assert (tmp_path / "wd" / "a.yml").read_text() == "msg: '{{ found }}'", "rendered once"
    assert outputs["vars"]["outputs"] == [{"stdout": "said"}] * 2
    assert [each["plays"][0]["name"] for each in outputs["playbooks"]] == ["all", "all"]
    assert "log" in outputs["outputFiles"]
    assert "callbacks_enabled = flow_outputs" in (tmp_path / "wd" / "ansible.cfg").read_text()


def test_a_configuration_of_the_flow_stays(tmp_path: Path, tools: Path) -> None:
    run = FakeRun(tmp_path)
    playbook(run, tools, input_files={"ansible.cfg": "mine"})
    assert (tmp_path / "wd" / "ansible.cfg").read_text() == "mine"
    assert any("existing ansible.cfg" in each for each in run.messages("WARN"))


def test_explicit_outputs_hold_no_results_of_hosts(tmp_path: Path, tools: Path) -> None:
    outputs = playbook(FakeRun(tmp_path), tools, outputs_mode="EXPLICIT")
    assert outputs["vars"]["outputs"] == [] and outputs["playbooks"] == []


def test_requirements_are_installed_first(tmp_path: Path, tools: Path) -> None:
    playbook(FakeRun(tmp_path), tools, input_files={"requirements.txt": "x"})
    assert calls(tools) == [["pip", "install", "-r", "requirements.txt"]]
