"""Which class runs which type of language models."""

_COMPLETION = "flowrt.plugins.ai.completion:"
_OPENAI = "flowrt.plugins.ai.openai:"
_GEMINI = "flowrt.plugins.ai.gemini:"
_OTHERS = "flowrt.plugins.ai.others:"
_RAG = "flowrt.plugins.ai.rag:"

TYPES = {
    "io.kestra.plugin.ai.agent.A2AClient": "flowrt.plugins.ai.a2a:A2AClient",
    "io.kestra.plugin.ai.agent.AIAgent": f"{_COMPLETION}AIAgent",
    "io.kestra.plugin.ai.completion.ChatCompletion": f"{_COMPLETION}ChatCompletion",
    "io.kestra.plugin.ai.completion.Classification": f"{_COMPLETION}Classification",
    "io.kestra.plugin.ai.completion.ImageGeneration": f"{_COMPLETION}ImageGeneration",
    "io.kestra.plugin.ai.completion.JSONStructuredExtraction": f"{_COMPLETION}JSONStructuredExtraction",
    "io.kestra.plugin.ai.mcp.CallTool": "flowrt.plugins.ai.mcp:McpCallTool",
    "io.kestra.plugin.ai.mcp.ListTools": "flowrt.plugins.ai.mcp:McpListTools",
    "io.kestra.plugin.ai.rag.ChatCompletion": f"{_COMPLETION}RagChatCompletion",
    "io.kestra.plugin.ai.rag.IngestDocument": f"{_RAG}IngestDocument",
    "io.kestra.plugin.ai.rag.Search": f"{_RAG}RagSearch",
    **{
        f"io.kestra.plugin.anthropic.{name}": f"flowrt.plugins.ai.anthropic_files:Anthropic{name}"
        for name in ("DeleteFile", "GetFile", "ListFiles", "ListModels", "UploadFile")
    },
    "io.kestra.plugin.anthropic.ChatCompletion": "flowrt.plugins.ai.anthropic:AnthropicChatCompletion",
    "io.kestra.plugin.deepseek.ChatCompletion": f"{_OTHERS}DeepSeekChatCompletion",
    "io.kestra.plugin.gemini.ChatCompletion": f"{_GEMINI}GeminiChatCompletion",
    "io.kestra.plugin.gemini.MultimodalCompletion": f"{_GEMINI}GeminiMultimodalCompletion",
    "io.kestra.plugin.gemini.StructuredOutputCompletion": f"{_GEMINI}GeminiStructuredOutputCompletion",
    "io.kestra.plugin.gemini.TextCompletion": f"{_GEMINI}GeminiTextCompletion",
    "io.kestra.plugin.gemini.VideoGeneration": "flowrt.plugins.ai.gemini_video:GeminiVideoGeneration",
    "io.kestra.plugin.huggingface.Inference": f"{_OTHERS}HuggingFaceInference",
    "io.kestra.plugin.mistral.ChatCompletion": f"{_OTHERS}MistralChatCompletion",
    "io.kestra.plugin.mistral.RunWorkflow": "flowrt.plugins.ai.mistral:MistralRunWorkflow",
    "io.kestra.plugin.openai.ChatCompletion": f"{_OPENAI}OpenAiChatCompletion",
    "io.kestra.plugin.openai.CreateImage": f"{_OPENAI}OpenAiCreateImage",
    "io.kestra.plugin.openai.Responses": f"{_OPENAI}OpenAiResponses",
    "io.kestra.plugin.openai.UploadFile": f"{_OPENAI}OpenAiUploadFile",
    "io.kestra.plugin.perplexity.ChatCompletion": f"{_OTHERS}PerplexityChatCompletion",
}
