"""The flow company.team.git_sync.

Compiled by flowc 1.0.0 from flow.yaml (sha256 e3a7215c54b93f0b).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, read, secret, text
from flowrt.plugins.git.clone import GitClone
from flowrt.plugins.git.sync import GitSyncNamespaceFiles
from flowrt.tasks import Log, ShellCommands, WorkingDirectory

flow = Flow(id="git_sync", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(work)
    await run(files)
    await run(show)


@flow.block(WorkingDirectory("work"))
async def work(run: Run) -> None:
    await run(clone)
    await run(script)


clone = flow.task(GitClone("clone", url="https://github.com/example/scripts", branch="main"))
script = flow.task(
    ShellCommands(
        "script",
        commands=[
            expr(
                './run.sh "{{ outputs.clone.directory }}"',
                lambda v: f'./run.sh "{text(v["outputs"]["clone"]["directory"])}"',
            )
        ],
    )
)
files = flow.task(
    GitSyncNamespaceFiles(
        "files",
        url="https://github.com/example/scripts",
        username="bot",
        password=expr("{{ secret('TOKEN') }}", lambda v: secret(v, "TOKEN")),
        git_directory="files",
        dry_run=True,
    )
)
show = flow.task(
    Log(
        "show",
        message=expr(
            "{{ read(outputs.files.files) }}", lambda v: read(v, v["outputs"]["files"]["files"])
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "work": "4:5",
        "clone": "7:9",
        "script": "11:9",
        "script.commands": "14:11",
        "files": "15:5",
        "files.password": "19:15",
        "show": "22:5",
        "show.message": "24:14",
    },
)


if __name__ == "__main__":
    main(flow)
