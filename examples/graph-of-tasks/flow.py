"""The flow shop.site.build_site.

Compiled by flowc 1.0.0 from flow.yaml (sha256 4b0baeaeef543d9d).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, after, main
from flowrt.tasks import Dag, Log

flow = Flow(id="build_site", namespace="shop.site")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(build)


@flow.block(Dag("build"))
async def build(run: Run) -> None:
    await run.all(fetch, after(styles, fetch), after(pages, fetch), after(publish, styles, pages))


fetch = flow.task(Log("fetch", message="fetch the sources"))
styles = flow.task(Log("styles", message="build the styles"))
pages = flow.task(Log("pages", message="build the pages"))
publish = flow.task(Log("publish", message="publish"))


flow.source(
    "flow.yaml",
    {"build": "4:5", "fetch": "7:15", "styles": "8:15", "pages": "10:15", "publish": "12:15"},
)


if __name__ == "__main__":
    main(flow)
