"""The flow company.team.compress_archive.

Compiled by flowc 1.0.0 from flow.yaml (sha256 299bfd9c828b67fb).
Edit the YAML and recompile.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["flowrt>=1.0,<2"]
# ///
from flowrt import Flow, Run, main
from flowrt.expressions import expr, read, ref
from flowrt.expressions import text as text_
from flowrt.plugins.compress.archives import ArchiveCompress, ArchiveDecompress
from flowrt.tasks import Log, Write

flow = Flow(id="compress_archive", namespace="company.team")


@flow.tasks
async def tasks(run: Run) -> None:
    await run(text)
    await run(pack)
    await run(unpack)
    await run(show)


text = flow.task(Write("text", content="Hello"))
pack = flow.task(
    ArchiveCompress(
        "pack",
        algorithm="TAR",
        compression="GZIP",
        from_={
            expr("docs/{{ flow.id }}.txt", lambda v: f"docs/{text_(v['flow']['id'])}.txt"): ref(
                "outputs", "text", "uri"
            )
        },
    )
)
unpack = flow.task(
    ArchiveDecompress(
        "unpack", algorithm="TAR", compression="GZIP", from_=ref("outputs", "pack", "uri")
    )
)
show = flow.task(
    Log(
        "show",
        message=expr(
            "{{ read(outputs.unpack.files['docs/compress_archive.txt']) }}",
            lambda v: read(v, v["outputs"]["unpack"]["files"]["docs/compress_archive.txt"]),
        ),
    )
)


flow.source(
    "flow.yaml",
    {
        "text": "4:5",
        "pack": "7:5",
        "pack.from": "12:7",
        "unpack": "13:5",
        "unpack.from": "17:11",
        "show": "18:5",
        "show.message": "20:14",
    },
)


if __name__ == "__main__":
    main(flow)
