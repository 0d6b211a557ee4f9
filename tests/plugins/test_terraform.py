"""Terraform for real: the one of this machine, and one that a package brings. What has no provider needs no network."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from plugins.servers import ARCHIVES, program
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure

pytestmark = pytest.mark.services
CONFIGURATION = """\
variable "name" {
  type = string
  validation {
    condition     = length(var.name) > 1
    error_message = "A name has two letters or more."
  }
}
variable "token" {
  type      = string
  sensitive = true
}
output "greeting" { value = "hello ${var.name}" }
output "size" { value = length(var.name) }
output "token" {
  value     = var.token
  sensitive = true
}
"""
VARIABLES = {"TF_VAR_name": t("{{ name }}"), "TF_VAR_token": "hush-hush"}


@pytest.fixture(autouse=True, params=["installed", "packaged"])
def terraform(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is found on the path, and asks nobody about newer ones."""
    if request.param == "installed":
        program("terraform")
    else:
        found = ARCHIVES.glob("terraform/lib/*/site-packages/cloudrail/terraform_*/terraform")
        path = next(found, None)
        if path is None:
            pytest.skip("terraform is not there (tools/servers.sh)")
        monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    for name in os.environ:
        if name.startswith("TF_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CHECKPOINT_DISABLE", "1")
    monkeypatch.setenv("TF_IN_AUTOMATION", "1")


def applied(run: FakeRun, *commands: str, **properties: Any) -> Any:
    """What comes of commands in a folder with the configuration, once it is ready."""
    return run.run(
        task(
            "terraform.cli.TerraformCLI",
            before_commands=["terraform init -no-color -input=false"],
            commands=list(commands),
            **{"input_files": {"main.tf": CONFIGURATION}, "env": VARIABLES, **properties},
        )
    )


def test_a_plan_is_applied_and_its_outputs_are_those_of_the_task(tmp_path: Path) -> None:
    run = FakeRun(tmp_path, name="you")
    found = applied(
        run,
        "terraform plan -no-color -input=false -out=saved.plan",
        "terraform apply -no-color -input=false saved.plan",
        "terraform output -json > made.json",
        """printf '::{"outputs": {"greeting": "%s"}}::\\n' "$(terraform output -raw greeting)\"""",
        output_files=["made.json", "*.tfstate"],
    )
    assert found["exitCode"] == 0 and found["vars"] == {"greeting": "hello you"}
    made = json.loads(run.content(found["outputFiles"]["made.json"]))
    assert made["size"]["value"] == 3 and made["token"]["sensitive"]
    state = json.loads(run.content(found["outputFiles"]["terraform.tfstate"]))
    assert state["outputs"]["greeting"]["value"] == "hello you"
    said = "\n".join(text for _, text in run.logs)
    assert "Apply complete!" in said and "hush-hush" not in said
    assert "Error:" not in said


def test_a_state_of_an_earlier_run_is_gone_on_with(tmp_path: Path) -> None:
    apply = "terraform apply -no-color -input=false -auto-approve"
    first = FakeRun(tmp_path / "first", name="you")
    state = applied(first, apply, output_files=["terraform.tfstate"])["outputFiles"]
    kept = first.content(state["terraform.tfstate"])
    again = FakeRun(tmp_path / "again", name="all")
    files = {"main.tf": CONFIGURATION, "terraform.tfstate": again.store(kept)}
    left = applied(again, apply, input_files=files, output_files=["terraform.tfstate"])
    changed = again.content(left["outputFiles"]["terraform.tfstate"])
    before, after = json.loads(kept), json.loads(changed)
    assert after["outputs"]["greeting"]["value"] == "hello all"
    assert after["lineage"] == before["lineage"] and after["serial"] > before["serial"]


def test_the_first_command_that_fails_is_the_end_unless_the_flow_says_otherwise(
    tmp_path: Path,
) -> None:
    plan = "terraform plan -no-color -input=false"
    run = FakeRun(tmp_path, name="x")
    with pytest.raises(TaskFailure, match="exit code 1"):
        applied(run, plan, "echo not here")
    assert any("two letters or more" in each for each in run.messages("ERROR"))
    assert "not here" not in run.messages("INFO")
    with pytest.raises(TaskFailure, match="exit code 2") as caught:
        applied(FakeRun(tmp_path, name="you"), f"{plan} -detailed-exitcode", "true")
    assert caught.value.outputs is not None and caught.value.outputs["exitCode"] == 2
    run = FakeRun(tmp_path, name="x")
    assert applied(run, plan, "echo still here", fail_fast=False)["exitCode"] == 0
    assert "still here" in run.messages("INFO")


def test_a_configuration_that_cannot_be_read(tmp_path: Path) -> None:
    run = FakeRun(tmp_path, name="you")
    with pytest.raises(TaskFailure, match="exit code 1"):
        applied(run, "terraform validate -no-color", input_files={"main.tf": "output {"})
    assert any("Missing name for output" in text for _, text in run.logs)
