"""The flow company.team.names.

Compiled by flowc 1.0.0 from flow.yaml (sha256 0d194b607f8e83b2).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr
from flowrt.expressions import upper as upper_
from flowrt.tasks import Log as Log_

flow = Flow(id="names", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(class_)
    await run(print_)
    await run(flow_)
    await run(run_)
    await run(Log)
    await run(upper)
    await run(my_task_558702)
    await run(my_task)
    await run(t_1st)
    await run(n__name)


class_ = flow.task(Log_("class", message="a keyword"))
print_ = flow.task(Log_("print", message="a builtin"))
flow_ = flow.task(Log_("flow", message="a name of the module"))
run_ = flow.task(Log_("run", message="the face of the block"))
Log = flow.task(Log_("Log", message="an import"))
upper = flow.task(
    Log_("upper", message=expr("{{ 'a filter' | upper }}", lambda v: upper_("a filter")))
)
my_task_558702 = flow.task(Log_("my-task", message="a dash"))
my_task = flow.task(Log_("my_task", message="the same with an underscore"))
t_1st = flow.task(Log_("1st", message="a digit"))
n__name = flow.task(Log_("n__name", message="underscores"))


flow.source(
    "flow.yaml",
    {
        "class": "4:5",
        "print": "5:5",
        "flow": "6:5",
        "run": "7:5",
        "Log": "8:5",
        "upper": "9:5",
        "upper.message": "9:63",
        "my-task": "10:5",
        "my_task": "11:5",
        "1st": "12:5",
        "n__name": "13:5",
    },
)


if __name__ == "__main__":
    main(flow)
