"""Scripts that run within GraalVM, beside the objects of Java: refused, since there is no Java here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import ANY, INTEGER, STRING, URI, Kind, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Listing, Mapping, Text


class GraalvmTask(Task):
    """Fails, with the reason."""

    instead: ClassVar[str] = ""

    script: Text = prop(STRING)

    def run(self, run: RunContext) -> dict[str, Any]:
        raise TaskFailure(
            f"{self.type_name} needs GraalVM, whose scripts use objects of Java, and there is no Java here: "
            f"{self.instead}"
        )


class GraalvmEval(GraalvmTask):
    """A script, and the variables that it leaves."""

    outputs: ClassVar[dict[str, Kind] | None] = {"outputs": mapping(), "result": ANY}
    instead = "a task of `io.kestra.plugin.scripts` runs a script as a process"

    outputs_: Listing | None = prop(listing(STRING), default=None, yaml="outputs")


class GraalvmFileTransform(GraalvmTask):
    """A script for each row of a file."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}
    instead = "`io.kestra.plugin.transform.Map` and `transform.jsonata` change rows"

    from_: Text = prop(STRING)
    concurrent: Integer | None = prop(INTEGER, default=None)


@task_type("io.kestra.plugin.graalvm.js.Eval")
class GraalvmJsEval(GraalvmEval):
    """Refused: JavaScript within GraalVM."""


@task_type("io.kestra.plugin.graalvm.js.FileTransform")
class GraalvmJsFileTransform(GraalvmFileTransform):
    """Refused: JavaScript within GraalVM, for each row of a file."""


@task_type("io.kestra.plugin.graalvm.python.Eval")
class GraalvmPythonEval(GraalvmEval):
    """Refused: Python within GraalVM."""

    modules: Mapping | None = prop(mapping(STRING), default=None)


@task_type("io.kestra.plugin.graalvm.python.FileTransform")
class GraalvmPythonFileTransform(GraalvmFileTransform):
    """Refused: Python within GraalVM, for each row of a file."""


@task_type("io.kestra.plugin.graalvm.ruby.Eval")
class GraalvmRubyEval(GraalvmEval):
    """Refused: Ruby within GraalVM."""


@task_type("io.kestra.plugin.graalvm.ruby.FileTransform")
class GraalvmRubyFileTransform(GraalvmFileTransform):
    """Refused: Ruby within GraalVM, for each row of a file."""
