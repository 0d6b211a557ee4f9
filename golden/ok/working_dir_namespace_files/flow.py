"""The flow company.team.working_dir_namespace_files.

Compiled by flowc 1.0.0 from flow.yaml (sha256 4bc1fc5c082ae8e7).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.tasks import LoadNamespaceFiles, ShellCommands, WorkingDirectory

flow = Flow(id="working_dir_namespace_files", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(working_dir)


@flow.block(
    WorkingDirectory(
        "working_dir",
        namespace_files=LoadNamespaceFiles(
            enabled=True, include=["dir1/*.*"], exclude=["dir2/*.*"]
        ),
    )
)
async def working_dir(run: Run) -> None:
    await run(shell)


shell = flow.task(ShellCommands("shell", commands=["cat dir1/file1.txt"]))


flow.source("flow.yaml", {"working_dir": "4:5", "shell": "13:9"})


if __name__ == "__main__":
    main(flow)
