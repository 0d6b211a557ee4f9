"""Gemini: videos, which take minutes to be made."""

from __future__ import annotations

import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from flowrt import packages
from flowrt.model.declare import (
    BOOLEAN,
    DURATION,
    INTEGER,
    STRING,
    Kind,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.ai import gemini_api
from flowrt.plugins.ai.vendor import VendorTask
from flowrt.plugins.google.auth import CLOUD, Google
from flowrt.plugins.web import ask, download, without_nulls
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text

VERTEX = "https://{location}-aiplatform.googleapis.com/v1"
SHORTEST, LONGEST = 1, 60
PAUSE = 1.0
"""Seconds between two looks at a video."""
_NAME = re.compile(r"[A-Za-z0-9._:-]+")


class Maker(Protocol):
    """An interface that makes videos."""

    def begin(self, prompt: str, settings: dict[str, Any]) -> Any:
        """Begin one: what is known of it."""

    def look(self, operation: Any) -> Any:
        """What is known by now."""

    def found(self, operation: Any) -> dict[str, Any] | None:
        """The video, by `uri` and `mimeType`."""


class Gemini:
    """The interface of a key."""

    def __init__(self, run: RunContext, key: str, model: str) -> None:
        self.run = run
        self.headers = {"x-goog-api-key": key}
        self.model = model.removeprefix("models/")

    def begin(self, prompt: str, settings: dict[str, Any]) -> Any:
        url = f"{gemini_api.URL}/models/{self.model}:predictLongRunning"
        json = {"instances": [{"prompt": prompt}], "parameters": settings}
        return ask(self.run, "Gemini", "POST", url, headers=self.headers, json=json)

    def look(self, operation: Any) -> Any:
        url = f"{gemini_api.URL}/{operation['name']}"
        return ask(self.run, "Gemini", "GET", url, headers=self.headers)

    def found(self, operation: Any) -> dict[str, Any] | None:
        response = (operation.get("response") or {}).get("generateVideoResponse") or {}
        for each in response.get("generatedSamples") or ():
            video = each.get("video") or {}
            return {"uri": video.get("uri"), "mimeType": video.get("encoding")}
        return None


class Vertex:
    """The interface of a project of Google Cloud."""

    def __init__(self, run: RunContext, project: str, location: str, model: str) -> None:
        self.google = Google(run, None, [CLOUD])
        for name in (project, location, model):
            if not _NAME.fullmatch(name):
                raise TaskFailure(f"`{name}` is no name that an address can hold")
        base = VERTEX.format(location=location)
        where = f"projects/{project}/locations/{location}"
        self.url = f"{base}/{where}/publishers/google/models/{model}"

    def begin(self, prompt: str, settings: dict[str, Any]) -> Any:
        json = {"instances": [{"prompt": prompt}], "parameters": settings}
        return self.google.ask("POST", f"{self.url}:predictLongRunning", json=json)

    def look(self, operation: Any) -> Any:
        json = {"operationName": operation["name"]}
        return self.google.ask("POST", f"{self.url}:fetchPredictOperation", json=json)

    def found(self, operation: Any) -> dict[str, Any] | None:
        for video in (operation.get("response") or {}).get("videos") or ():
            return {"uri": video.get("gcsUri"), "mimeType": video.get("mimeType")}
        return None


@task_type("io.kestra.plugin.gemini.VideoGeneration")
class GeminiVideoGeneration(VendorTask):
    """Make a video, and put it into the working folder, or into a bucket."""

    packages: ClassVar[tuple[str, ...]] = (packages.CRYPTOGRAPHY,)
    outputs: ClassVar[dict[str, Kind] | None] = {
        "metadata": mapping(),
        "mimeType": STRING,
        "videoUri": STRING,
    }

    api_key: Text = prop(STRING)
    model: Text = prop(STRING)
    prompt: Text = prop(STRING)
    negative_prompt: Text | None = prop(STRING, default=None)
    duration_in_seconds: Integer = prop(INTEGER, default=10)
    include_audio: Flag = prop(BOOLEAN, default=False)
    timeout: Text | None = prop(DURATION, default="PT5M")
    seed: Integer | None = prop(INTEGER, default=None)
    number_of_videos: Integer = prop(INTEGER, default=1)
    vertex_ai: Flag = prop(BOOLEAN, default=False, yaml="vertexAI")
    output_gcs_uri: Text | None = prop(STRING, default=None)
    project: Text | None = prop(STRING, default=None)
    location: Text | None = prop(STRING, default=None)
    download_file_path: Text | None = prop(STRING, default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        vertex, bucket = run.flag(self.vertex_ai), run.text(self.output_gcs_uri)
        seconds = run.integer(self.duration_in_seconds)
        if seconds is not None and not SHORTEST <= seconds <= LONGEST:
            raise TaskFailure(f"Duration must be between {SHORTEST} and {LONGEST} seconds")
        if vertex and not bucket:
            raise TaskFailure("outputGcsUri is required when using Vertex AI.")
        prompt, model = required_text(run, self.prompt), required_text(run, self.model)
        settings = {
            "sampleCount": run.integer(self.number_of_videos) or 1,
            "seed": run.integer(self.seed),
            "negativePrompt": (run.text(self.negative_prompt) or "").strip() or None,
        }
        maker: Maker
        key = required_text(run, self.api_key)
        if vertex:
            settings["durationSeconds"] = seconds
            settings["generateAudio"] = run.flag(self.include_audio)
            settings["storageUri"] = bucket
            where = required_text(run, self.project), required_text(run, self.location)
            maker = Vertex(run, *where, model)
        else:
            maker = Gemini(run, key, model)
        run.log("INFO", f"Starting video generation with prompt: {prompt}")
        begin = partial(maker.begin, prompt, without_nulls(settings))
        begun = operation = await run.in_thread(begin)
        started, most = time.monotonic(), run.duration(self.timeout)
        while not operation.get("done"):
            if most is not None and time.monotonic() - started > most:
                raise TaskFailure(f"Video generation timed out after {int(most // 60)} minutes.")
            await run.sleep(PAUSE)
            run.log("INFO", "Waiting for operation to complete...")
            operation = await run.in_thread(partial(maker.look, operation))
        if not operation.get("response"):
            raise TaskFailure(
                "No video was generated. Possible reasons: content policy violations or model limitations. "
                f"Error ::{(operation.get('error') or {}).get('message')}"
            )
        video = maker.found(operation)
        if video is None:
            raise TaskFailure("No video generated")
        if not video["uri"]:
            raise TaskFailure("Generated video URI is null or empty")
        if not vertex:
            await run.in_thread(partial(self._taken, run, str(video["uri"]), key))
        return {
            "videoUri": video["uri"],
            "mimeType": video["mimeType"],
            "metadata": begun.get("metadata"),
        }

    def _target(self, run: RunContext, name: str) -> Path:
        """A file of the working folder. Raises TaskFailure for a name that leads out of it."""
        from flowrt.services.paths import Outside, resolve

        try:
            return resolve(run.working_dir, name)
        except Outside as error:
            raise TaskFailure(f"`downloadFilePath`: {error}") from None

    def _taken(self, run: RunContext, uri: str, key: str) -> None:
        """Put the video into the working folder; that it cannot be had is logged. The key goes to Google alone."""
        name = run.text(self.download_file_path) or f"genai_video_{int(time.time() * 1000)}.mp4"
        target = self._target(run, name)
        own = uri.startswith(gemini_api.URL.removesuffix("v1beta"))
        headers = {"x-goog-api-key": key} if own else {}
        try:
            download(run, "Gemini", "GET", uri, target, headers=headers)
        except TaskFailure as error:
            target.unlink(missing_ok=True)
            run.log("ERROR", f"An error occurred while downloading the video: {error}")
