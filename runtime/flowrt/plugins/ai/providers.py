"""The providers of models that a task names by type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.failures import TaskFailure
from flowrt.plugins.ai.anthropic_api import AnthropicModel
from flowrt.plugins.ai.gemini_api import GeminiModel
from flowrt.plugins.ai.openai_api import OpenAiModel

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.plugins.ai.chat import Model

COMPATIBLE = {
    "OpenAI": "https://api.openai.com/v1",
    "OpenRouter": "https://openrouter.ai/api/v1",
    "DeepSeek": "https://api.deepseek.com/v1",
    "MistralAI": "https://api.mistral.ai/v1",
    "HuggingFace": "https://router.huggingface.co/v1",
    "GitHubModels": "https://models.github.ai/inference",
    "DashScope": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    "ZhiPuAI": "https://open.bigmodel.cn/api/paas/v4",
    "DockerModel": "http://localhost:12434/engines/v1",
    "LocalAI": "",
    "Ollama": "",
    "WorkersAI": "",
}
"""Providers whose interface has OpenAI's form, and its address where the flow gives none."""

_LIMITS = {"OpenAI": "max_completion_tokens"}


def rendered(run: RunContext, given: Any, what: str) -> dict[str, Any]:
    """An object of a task with its texts rendered. Raises TaskFailure when it is no object with a type."""
    found = run.structure(given)
    if not isinstance(found, dict) or not found.get("type"):
        raise TaskFailure(f"`{what}` is an object with a `type`")
    return found


def kind_of(given: dict[str, Any]) -> str:
    """The last part of the type of an object."""
    return str(given["type"]).rpartition(".")[2]


def model_of(run: RunContext, provider: Any) -> Model:
    """The model of a provider. Raises TaskFailure for a provider that cannot be reached from here."""
    given = rendered(run, provider, "provider")
    kind = kind_of(given)
    run.metric("counter", "ai.provider.calls", 1, {"provider": str(given["type"])})
    name = _needed(given, "modelName")
    base = given.get("baseUrl")
    if kind == "Anthropic":
        limit = given.get("maxTokens")
        return AnthropicModel(
            _needed(given, "apiKey"),
            name,
            base or "",
            None if limit is None else int(limit),
        )
    if kind == "GoogleGemini":
        return GeminiModel(_needed(given, "apiKey"), name, base or "")
    if kind == "AzureOpenAI":
        version = given.get("serviceVersion") or "2024-10-21"
        address = str(base or _needed(given, "endpoint")).rstrip("/")
        return OpenAiModel(
            "Azure OpenAI",
            f"{address}/openai/deployments/{name}",
            name,
            {"api-key": _needed(given, "apiKey")},
            f"?api-version={version}",
        )
    if kind in COMPATIBLE:
        return _compatible(kind, given, name)
    raise TaskFailure(f"models of the provider {kind} cannot be reached without a Kestra server")


def _compatible(kind: str, given: dict[str, Any], name: str) -> OpenAiModel:
    base = str(given.get("baseUrl") or COMPATIBLE[kind])
    if kind == "ZhiPuAI" and base.rstrip("/") == "https://open.bigmodel.cn":
        base = COMPATIBLE[kind]
    if kind == "Ollama":
        base = f"{str(given.get('baseUrl') or _needed(given, 'endpoint')).rstrip('/')}/v1"
    elif kind == "WorkersAI" and not base:
        base = f"https://api.cloudflare.com/client/v4/accounts/{_needed(given, 'accountId')}/ai/v1"
    elif not base:
        base = _needed(given, "baseUrl")
    key = given.get("gitHubToken") if kind == "GitHubModels" else given.get("apiKey")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return OpenAiModel(kind, base, name, headers, limit=_LIMITS.get(kind, "max_tokens"))


def _needed(given: dict[str, Any], key: str) -> str:
    value = given.get(key)
    if value is None or value == "":
        raise TaskFailure(f"the provider needs `{key}`")
    return str(value)
