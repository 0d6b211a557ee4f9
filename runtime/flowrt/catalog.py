"""Which class runs which task type: one table of texts, imported class by class when a flow names it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrt.model.task import Task

GROUP = "flowrt.tasks"
"""The group of entry points by which a package offers task types: the name is the type, the value `module:Class`."""

CORE = "io.kestra.plugin.core."
SCRIPTS = "io.kestra.plugin.scripts."

TASKS: dict[str, str] = {
    "io.kestra.core.tasks.scripts.Bash": "flowrt.tasks.legacy_scripts:Bash",
    "io.kestra.core.tasks.scripts.Node": "flowrt.tasks.legacy_scripts:Node",
    "io.kestra.core.tasks.scripts.Python": "flowrt.tasks.legacy_scripts:Python",
    f"{CORE}debug.Echo": "flowrt.tasks.debug:Echo",
    f"{CORE}debug.Return": "flowrt.tasks.debug:Return",
    f"{CORE}execution.Assert": "flowrt.tasks.execution:Assert",
    f"{CORE}execution.Count": "flowrt.tasks.archive:Count",
    f"{CORE}execution.Exit": "flowrt.tasks.execution:Exit",
    f"{CORE}execution.Fail": "flowrt.tasks.execution:Fail",
    f"{CORE}execution.Labels": "flowrt.tasks.execution:Labels",
    f"{CORE}execution.PurgeExecutions": "flowrt.tasks.archive:PurgeExecutions",
    f"{CORE}execution.Resume": "flowrt.tasks.resuming:Resume",
    f"{CORE}execution.SetVariables": "flowrt.tasks.execution:SetVariables",
    f"{CORE}execution.UnsetVariables": "flowrt.tasks.execution:UnsetVariables",
    f"{CORE}flow.AllowFailure": "flowrt.control.allow_failure:AllowFailure",
    f"{CORE}flow.Dag": "flowrt.control.dag:Dag",
    f"{CORE}flow.EachParallel": "flowrt.control.each:EachParallel",
    f"{CORE}flow.EachSequential": "flowrt.control.each:EachSequential",
    f"{CORE}flow.ForEach": "flowrt.control.each:ForEach",
    f"{CORE}flow.ForEachItem": "flowrt.control.for_each_item:ForEachItem",
    f"{CORE}flow.ForEachItem$ForEachItemExecutable": "flowrt.control.for_each_item:Items",
    f"{CORE}flow.ForEachItem$ForEachItemMergeOutputs": "flowrt.control.for_each_item:Merge",
    f"{CORE}flow.ForEachItem$ForEachItemSplit": "flowrt.control.for_each_item:Split",
    f"{CORE}flow.If": "flowrt.control.if_:If",
    f"{CORE}flow.LoopUntil": "flowrt.control.loop_until:LoopUntil",
    f"{CORE}flow.Parallel": "flowrt.control.parallel:Parallel",
    f"{CORE}flow.Pause": "flowrt.control.pause:Pause",
    f"{CORE}flow.Sequential": "flowrt.control.sequential:Sequential",
    f"{CORE}flow.Sleep": "flowrt.tasks.sleep:Sleep",
    f"{CORE}flow.Subflow": "flowrt.control.subflow:Subflow",
    f"{CORE}flow.Switch": "flowrt.control.switch:Switch",
    f"{CORE}flow.Template": "flowrt.control.template:Template",
    f"{CORE}flow.WorkingDirectory": "flowrt.control.working_directory:WorkingDirectory",
    f"{CORE}http.Download": "flowrt.tasks.http:HttpDownload",
    f"{CORE}http.Request": "flowrt.tasks.http:HttpRequest",
    f"{CORE}http.SseRequest": "flowrt.tasks.http:SseRequest",
    f"{CORE}kv.Delete": "flowrt.tasks.kv:KvDelete",
    f"{CORE}kv.Get": "flowrt.tasks.kv:KvGet",
    f"{CORE}kv.GetKeys": "flowrt.tasks.kv:KvGetKeys",
    f"{CORE}kv.PurgeKV": "flowrt.tasks.purging:PurgeKv",
    f"{CORE}kv.Put": "flowrt.tasks.kv:KvPut",
    f"{CORE}kv.Set": "flowrt.tasks.kv:KvSet",
    f"{CORE}log.Fetch": "flowrt.tasks.logfetch:Fetch",
    f"{CORE}log.Log": "flowrt.tasks.log:Log",
    f"{CORE}log.PurgeLogs": "flowrt.tasks.archive:PurgeLogs",
    f"{CORE}metric.Publish": "flowrt.tasks.metric:Publish",
    f"{CORE}namespace.DeleteFiles": "flowrt.tasks.namespace:DeleteFiles",
    f"{CORE}namespace.DownloadFiles": "flowrt.tasks.namespace:DownloadFiles",
    f"{CORE}namespace.PurgeFiles": "flowrt.tasks.purging:PurgeFiles",
    f"{CORE}namespace.UploadFiles": "flowrt.tasks.namespace:UploadFiles",
    f"{CORE}output.OutputValues": "flowrt.tasks.output:OutputValues",
    f"{CORE}state.Delete": "flowrt.tasks.state:StateDelete",
    f"{CORE}state.Get": "flowrt.tasks.state:StateGet",
    f"{CORE}state.Set": "flowrt.tasks.state:StateSet",
    f"{CORE}storage.Concat": "flowrt.tasks.storage:Concat",
    f"{CORE}storage.DeduplicateItems": "flowrt.tasks.storage:DeduplicateItems",
    f"{CORE}storage.Delete": "flowrt.tasks.storage:StorageDelete",
    f"{CORE}storage.FilterItems": "flowrt.tasks.storage:FilterItems",
    f"{CORE}storage.LocalFiles": "flowrt.tasks.storage:LocalFiles",
    f"{CORE}storage.PurgeCurrentExecutionFiles": "flowrt.tasks.storage:PurgeCurrentExecutionFiles",
    f"{CORE}storage.PurgeStorage": "flowrt.tasks.purging:PurgeStorage",
    f"{CORE}storage.Reverse": "flowrt.tasks.storage:Reverse",
    f"{CORE}storage.Size": "flowrt.tasks.storage:Size",
    f"{CORE}storage.Split": "flowrt.tasks.storage:Split",
    f"{CORE}storage.Write": "flowrt.tasks.storage:Write",
    f"{CORE}templating.TemplatedTask": "flowrt.tasks.templating:TemplatedTask",
    f"{CORE}trigger.Toggle": "flowrt.tasks.toggle:Toggle",
    f"{SCRIPTS}bun.Commands": "flowrt.tasks.script_languages:BunCommands",
    f"{SCRIPTS}bun.Script": "flowrt.tasks.script_languages:BunScript",
    f"{SCRIPTS}deno.Commands": "flowrt.tasks.script_languages:DenoCommands",
    f"{SCRIPTS}deno.Script": "flowrt.tasks.script_languages:DenoScript",
    f"{SCRIPTS}dotnet.Commands": "flowrt.tasks.script_languages:DotnetCommands",
    f"{SCRIPTS}dotnet.Script": "flowrt.tasks.script_languages:DotnetScript",
    f"{SCRIPTS}go.Commands": "flowrt.tasks.script_languages:GoCommands",
    f"{SCRIPTS}go.Script": "flowrt.tasks.script_languages:GoScript",
    f"{SCRIPTS}groovy.Commands": "flowrt.tasks.script_languages:GroovyCommands",
    f"{SCRIPTS}groovy.Script": "flowrt.tasks.script_languages:GroovyScript",
    f"{SCRIPTS}jbang.Commands": "flowrt.tasks.script_languages:JbangCommands",
    f"{SCRIPTS}jbang.Script": "flowrt.tasks.script_languages:JbangScript",
    f"{SCRIPTS}julia.Commands": "flowrt.tasks.script_languages:JuliaCommands",
    f"{SCRIPTS}julia.Script": "flowrt.tasks.script_languages:JuliaScript",
    f"{SCRIPTS}lua.Commands": "flowrt.tasks.script_languages:LuaCommands",
    f"{SCRIPTS}lua.Script": "flowrt.tasks.script_languages:LuaScript",
    f"{SCRIPTS}node.Commands": "flowrt.tasks.scripts:NodeCommands",
    f"{SCRIPTS}node.Script": "flowrt.tasks.scripts:NodeScript",
    f"{SCRIPTS}perl.Commands": "flowrt.tasks.script_languages:PerlCommands",
    f"{SCRIPTS}perl.Script": "flowrt.tasks.script_languages:PerlScript",
    f"{SCRIPTS}php.Commands": "flowrt.tasks.script_languages:PhpCommands",
    f"{SCRIPTS}php.Script": "flowrt.tasks.script_languages:PhpScript",
    f"{SCRIPTS}powershell.Commands": "flowrt.tasks.script_languages:PowerShellCommands",
    f"{SCRIPTS}powershell.Script": "flowrt.tasks.script_languages:PowerShellScript",
    f"{SCRIPTS}python.Commands": "flowrt.tasks.scripts:PythonCommands",
    f"{SCRIPTS}python.Script": "flowrt.tasks.scripts:PythonScript",
    f"{SCRIPTS}r.Commands": "flowrt.tasks.script_languages:RCommands",
    f"{SCRIPTS}r.Script": "flowrt.tasks.script_languages:RScript",
    f"{SCRIPTS}ruby.Commands": "flowrt.tasks.script_languages:RubyCommands",
    f"{SCRIPTS}ruby.Script": "flowrt.tasks.script_languages:RubyScript",
    f"{SCRIPTS}shell.Commands": "flowrt.tasks.scripts:ShellCommands",
    f"{SCRIPTS}shell.Script": "flowrt.tasks.scripts:ShellScript",
}
"""Current type names, and where their classes live."""

_AZURE = "azure"
_BROKERS = "brokers"
_CONTAINERS = "containers"
_FILES = "files"
_GOOGLE = "google"
_MESSAGES = "messages"
_MICROSOFT = "microsoft"
_AI = "ai"
_AWS = "aws"
_CLI = "cli"
_SERVICES = "services"
_STORES = "stores"
_TRANSFORM = "transform"
_COMPRESS = "compress"
_GIT = "git"
_JDBC = "jdbc"
_SERDES_TYPES = "serdes"

PLUGINS: dict[str, str] = {
    "io.kestra.plugin.ai": _AI,
    "io.kestra.plugin.airbyte": _SERVICES,
    "io.kestra.plugin.airflow": _SERVICES,
    "io.kestra.plugin.airtable": _SERVICES,
    "io.kestra.plugin.algolia": _SERVICES,
    "io.kestra.plugin.amqp": _BROKERS,
    "io.kestra.plugin.ansible": _CLI,
    "io.kestra.plugin.anthropic": _AI,
    "io.kestra.plugin.apify": _SERVICES,
    "io.kestra.plugin.argocd": _SERVICES,
    "io.kestra.plugin.aws": _AWS,
    "io.kestra.plugin.aws.cli": _CLI,
    "io.kestra.plugin.azure": _AZURE,
    "io.kestra.plugin.azure.cli": _CLI,
    "io.kestra.plugin.beam": _CLI,
    "io.kestra.plugin.cassandra": _STORES,
    "io.kestra.plugin.cloudflare": _SERVICES,
    "io.kestra.plugin.cloudquery": _CLI,
    "io.kestra.plugin.compress": _COMPRESS,
    "io.kestra.plugin.confluence": _SERVICES,
    "io.kestra.plugin.couchbase": _STORES,
    "io.kestra.plugin.crypto": _COMPRESS,
    "io.kestra.plugin.databricks": _SERVICES,
    "io.kestra.plugin.databricks.cli": _CLI,
    "io.kestra.plugin.dataform": _CLI,
    "io.kestra.plugin.datagen": _TRANSFORM,
    "io.kestra.plugin.dbt.cli": _CLI,
    "io.kestra.plugin.dbt.cloud": _SERVICES,
    "io.kestra.plugin.deepseek": _AI,
    "io.kestra.plugin.discord": _MESSAGES,
    "io.kestra.plugin.dlt": _CLI,
    "io.kestra.plugin.docker": _CONTAINERS,
    "io.kestra.plugin.documentdb": _STORES,
    "io.kestra.plugin.dropbox": _FILES,
    "io.kestra.plugin.elasticsearch": _STORES,
    "io.kestra.plugin.email": _MESSAGES,
    "io.kestra.plugin.fivetran": _SERVICES,
    "io.kestra.plugin.fs": _FILES,
    "io.kestra.plugin.gcp": _GOOGLE,
    "io.kestra.plugin.gcp.cli": _CLI,
    "io.kestra.plugin.gemini": _AI,
    "io.kestra.plugin.git": _GIT,
    "io.kestra.plugin.github": _SERVICES,
    "io.kestra.plugin.gitlab": _SERVICES,
    "io.kestra.plugin.googleworkspace.calendar": _GOOGLE,
    "io.kestra.plugin.googleworkspace.chat": _MESSAGES,
    "io.kestra.plugin.googleworkspace.drive": _GOOGLE,
    "io.kestra.plugin.googleworkspace.mail": _GOOGLE,
    "io.kestra.plugin.googleworkspace.sheets": _GOOGLE,
    "io.kestra.plugin.graphql": _SERVICES,
    "io.kestra.plugin.hightouch": _SERVICES,
    "io.kestra.plugin.hubspot": _SERVICES,
    "io.kestra.plugin.huggingface": _AI,
    "io.kestra.plugin.influxdb": _STORES,
    "io.kestra.plugin.jdbc": _JDBC,
    "io.kestra.plugin.jenkins": _SERVICES,
    "io.kestra.plugin.jira": _SERVICES,
    "io.kestra.plugin.kafka": _BROKERS,
    "io.kestra.plugin.kestra": _SERVICES,
    "io.kestra.plugin.klaviyo": _SERVICES,
    "io.kestra.plugin.kubernetes": _CONTAINERS,
    "io.kestra.plugin.kvm": _CONTAINERS,
    "io.kestra.plugin.ldap": _STORES,
    "io.kestra.plugin.line": _MESSAGES,
    "io.kestra.plugin.linear": _SERVICES,
    "io.kestra.plugin.meilisearch": _STORES,
    "io.kestra.plugin.microsoft.fabric": _SERVICES,
    "io.kestra.plugin.microsoft365": _MICROSOFT,
    "io.kestra.plugin.microsoft365.teams": _MESSAGES,
    "io.kestra.plugin.microsoft365.teams.adaptivecards": _MICROSOFT,
    "io.kestra.plugin.minio": _AWS,
    "io.kestra.plugin.mistral": _AI,
    "io.kestra.plugin.modal": _CLI,
    "io.kestra.plugin.mongodb": _STORES,
    "io.kestra.plugin.mqtt": _BROKERS,
    "io.kestra.plugin.n8n": _SERVICES,
    "io.kestra.plugin.nats": _BROKERS,
    "io.kestra.plugin.neo4j": _STORES,
    "io.kestra.plugin.notifications.messenger": _MESSAGES,
    "io.kestra.plugin.notifications.squadcast": _MESSAGES,
    "io.kestra.plugin.notifications.whatsapp": _MESSAGES,
    "io.kestra.plugin.notifications.x": _MESSAGES,
    "io.kestra.plugin.notion": _SERVICES,
    "io.kestra.plugin.odoo": _SERVICES,
    "io.kestra.plugin.ollama.cli": _CLI,
    "io.kestra.plugin.openai": _AI,
    "io.kestra.plugin.opsgenie": _MESSAGES,
    "io.kestra.plugin.pagerduty": _MESSAGES,
    "io.kestra.plugin.perplexity": _AI,
    "io.kestra.plugin.prefect": _SERVICES,
    "io.kestra.plugin.pulsar": _BROKERS,
    "io.kestra.plugin.redis": _STORES,
    "io.kestra.plugin.redis.cli": _CLI,
    "io.kestra.plugin.resend": _SERVICES,
    "io.kestra.plugin.sentry": _MESSAGES,
    "io.kestra.plugin.serdes": _SERDES_TYPES,
    "io.kestra.plugin.servicenow": _SERVICES,
    "io.kestra.plugin.slack": _MESSAGES,
    "io.kestra.plugin.singer": _CLI,
    "io.kestra.plugin.soda": _CLI,
    "io.kestra.plugin.spark": _CLI,
    "io.kestra.plugin.sqlmesh": _CLI,
    "io.kestra.plugin.surrealdb": _STORES,
    "io.kestra.plugin.telegram": _MESSAGES,
    "io.kestra.plugin.templates": _SERVICES,
    "io.kestra.plugin.tencent": _MESSAGES,
    "io.kestra.plugin.terraform": _CLI,
    "io.kestra.plugin.tika": _CLI,
    "io.kestra.plugin.transform": _TRANSFORM,
    "io.kestra.plugin.trivy": _CLI,
    "io.kestra.plugin.twilio.notify": _MESSAGES,
    "io.kestra.plugin.twilio.segment": _SERVICES,
    "io.kestra.plugin.twilio.sendgrid": _MESSAGES,
    "io.kestra.plugin.typesense": _STORES,
    "io.kestra.plugin.weaviate": _STORES,
    "io.kestra.plugin.zapier": _SERVICES,
    "io.kestra.plugin.zendesk": _SERVICES,
    "io.kestra.plugin.zenduty": _MESSAGES,
    "io.kestra.plugin.zulip": _MESSAGES,
}
"""Packages of types of Kestra's plugins, and the module whose `TYPES` is the table of those below: like `TASKS`, but read
only when a flow names one."""

_RENAMED: dict[str, str] = {
    "io.kestra.plugin.redis.Delete": "io.kestra.plugin.redis.string.Delete",
    "io.kestra.plugin.redis.Get": "io.kestra.plugin.redis.string.Get",
    "io.kestra.plugin.redis.Set": "io.kestra.plugin.redis.string.Set",
    "io.kestra.plugin.redis.ListPop": "io.kestra.plugin.redis.list.ListPop",
    "io.kestra.plugin.redis.ListPush": "io.kestra.plugin.redis.list.ListPush",
    "io.kestra.plugin.redis.Publish": "io.kestra.plugin.redis.pubsub.Publish",
    **{
        f"io.kestra.plugin.nats.{name}": f"io.kestra.plugin.nats.core.{name}"
        for name in ("Consume", "Produce", "Request")
    },
    "io.kestra.plugin.astradb.Query": "io.kestra.plugin.cassandra.astradb.Query",
    "io.kestra.plugin.cassandra.Query": "io.kestra.plugin.cassandra.standard.Query",
    "io.kestra.plugin.datagen.Generate": "io.kestra.plugin.datagen.core.Generate",
    "io.kestra.plugin.kubernetes.PodCreate": "io.kestra.plugin.kubernetes.core.PodCreate",
    "io.kestra.plugin.gitlab.MergeRequest": "io.kestra.plugin.gitlab.mergerequests.Create",
    "io.kestra.core.tasks.flows.Flow": f"{CORE}flow.Subflow",
    "io.kestra.core.tasks.flows.Worker": f"{CORE}flow.WorkingDirectory",
    "io.kestra.plugin.core.flow.WaitFor": f"{CORE}flow.LoopUntil",
    "io.kestra.core.tasks.executions.Counts": f"{CORE}execution.Count",
    "io.kestra.core.tasks.storages.Purge": f"{CORE}execution.PurgeExecutions",
    "io.kestra.plugin.core.storage.Purge": f"{CORE}execution.PurgeExecutions",
    "io.kestra.core.tasks.storages.PurgeExecution": f"{CORE}storage.PurgeCurrentExecutionFiles",
    "io.kestra.plugin.core.storage.PurgeExecution": f"{CORE}storage.PurgeCurrentExecutionFiles",
    "io.kestra.core.models.conditions.types.VariableCondition": f"{CORE}condition.Expression",
    "io.kestra.core.models.tasks.runners.types.ProcessTaskRunner": f"{CORE}runner.Process",
    "io.kestra.plugin.scripts.runner.docker.DockerTaskRunner": (
        "io.kestra.plugin.scripts.runner.docker.Docker"
    ),
    **{
        f"io.kestra.plugin.langchain4j.{name}": f"io.kestra.plugin.ai.completion.{name}"
        for name in (
            "ChatCompletion",
            "Classification",
            "ImageGeneration",
            "JSONStructuredExtraction",
        )
    },
}
"""Old names that kept neither their last part nor a package of the table below."""

_MOVED: dict[str, str] = {
    "io.kestra.core.tasks.flows": f"{CORE}flow",
    "io.kestra.core.tasks.executions": f"{CORE}execution",
    "io.kestra.core.tasks.log": f"{CORE}log",
    "io.kestra.core.tasks.debugs": f"{CORE}debug",
    "io.kestra.core.tasks.states": f"{CORE}state",
    "io.kestra.core.tasks.storages": f"{CORE}storage",
    "io.kestra.core.tasks.templating": f"{CORE}templating",
    "io.kestra.core.tasks.trigger": f"{CORE}trigger",
    "io.kestra.core.models.triggers.types": f"{CORE}trigger",
    "io.kestra.core.models.conditions.types": f"{CORE}condition",
    "io.kestra.plugin.fs.http": f"{CORE}http",
    "io.kestra.plugin.meta.messenger": "io.kestra.plugin.notifications.messenger",
    "io.kestra.plugin.meta.whatsapp": "io.kestra.plugin.notifications.whatsapp",
    "io.kestra.plugin.notifications.slack": "io.kestra.plugin.slack.notifications",
    "io.kestra.plugin.slack": "io.kestra.plugin.slack.notifications",
    "io.kestra.plugin.notifications.discord": "io.kestra.plugin.discord",
    "io.kestra.plugin.segment.reverseetl": "io.kestra.plugin.twilio.segment.reverseetl",
    "io.kestra.plugin.notifications.teams": "io.kestra.plugin.microsoft365.teams",
    "io.kestra.plugin.notifications.google": "io.kestra.plugin.googleworkspace.chat",
    "io.kestra.plugin.notifications.line": "io.kestra.plugin.line",
    "io.kestra.plugin.notifications.mail": "io.kestra.plugin.email",
    "io.kestra.plugin.notifications.opsgenie": "io.kestra.plugin.opsgenie",
    "io.kestra.plugin.notifications.pagerduty": "io.kestra.plugin.pagerduty",
    "io.kestra.plugin.notifications.sentry": "io.kestra.plugin.sentry",
    "io.kestra.plugin.notifications.telegram": "io.kestra.plugin.telegram",
    "io.kestra.plugin.notifications.zenduty": "io.kestra.plugin.zenduty",
    "io.kestra.plugin.notifications.zulip": "io.kestra.plugin.zulip",
    "io.kestra.plugin.notifications.sendgrid": "io.kestra.plugin.twilio.sendgrid",
    "io.kestra.plugin.notifications.twilio": "io.kestra.plugin.twilio.notify",
    "io.kestra.plugin.docker": "io.kestra.plugin.docker.cli",
    "io.kestra.plugin.langchain4j": "io.kestra.plugin.ai",
    "io.kestra.plugin.langchain4j.completion": "io.kestra.plugin.ai.completion",
    "io.kestra.plugin.langchain4j.embeddings": "io.kestra.plugin.ai.embeddings",
    "io.kestra.plugin.langchain4j.provider": "io.kestra.plugin.ai.provider",
    "io.kestra.plugin.langchain4j.rag": "io.kestra.plugin.ai.rag",
    "io.kestra.plugin.langchain4j.tool": "io.kestra.plugin.ai.tool",
}
"""Packages whose classes moved as they were."""

_WITH_SUFFIX = frozenset({"FlowCondition", "FlowNamespaceCondition"})
"""Conditions that kept `Condition` in their names."""


def canonical(name: str) -> str:
    """The current name of a type; a name that is current or unknown comes back as it is."""
    found = _RENAMED.get(name)
    if found is not None:
        return found
    package, _, last = name.rpartition(".")
    package = _MOVED.get(package, package)
    if package == f"{CORE}condition" and last.endswith("Condition") and last not in _WITH_SUFFIX:
        last = last.removesuffix("Condition") if last != "MultipleCondition" else last
    elif package.startswith("io.kestra.plugin.serdes."):
        last = _serdes(package.rpartition(".")[2], last)
    return f"{package}.{last}" if package else name


_SERDES = {"csv": "Csv", "json": "Json", "avro": "Avro", "parquet": "Parquet", "xml": "Xml"}


def _serdes(form: str, last: str) -> str:
    """`CsvReader` reads CSV into ION, `CsvWriter` writes it."""
    stem = _SERDES.get(form, "")
    if stem and last == f"{stem}Reader":
        return f"{stem}ToIon"
    if stem and last == f"{stem}Writer":
        return f"IonTo{stem}"
    return last


@cache
def _table(family: str) -> Mapping[str, str]:
    from importlib import import_module

    table: Mapping[str, str] = import_module(f"flowrt.plugins.{family}").TYPES
    return table


def place(name: str) -> str | None:
    """Where the class of a type of this package lives, as `module:Class`, by its current name; None when there is none."""
    found = TASKS.get(name)
    package = name
    while found is None and (package := package.rpartition(".")[0]):
        family = PLUGINS.get(package)
        if family is not None:
            return _table(family).get(name)
    return found


def places() -> dict[str, str]:
    """Where each type of this package lives, those of all plugins too."""
    found = dict(TASKS)
    for family in dict.fromkeys(PLUGINS.values()):
        found.update(_table(family))
    return found


class Own(NamedTuple):
    """A task type that is no part of this package: where its class lives, and the distribution that brings it."""

    place: str
    distribution: str = ""


_lent: dict[str, Own] = {}


def lend(places: Mapping[str, str]) -> None:
    """Add types for the life of the process, as `module:Class` by name; they go before all others."""
    _lent.update({name: Own(place) for name, place in places.items()})


@cache
def installed() -> dict[str, Own]:
    """The types that installed packages offer."""
    from importlib.metadata import entry_points

    return {
        each.name: Own(each.value, each.dist.name if each.dist is not None else "")
        for each in entry_points(group=GROUP)
    }


def own(name: str) -> Own | None:
    """What is known of a type that is lent or installed; None for a type of this package, and for one that is nowhere."""
    found = _lent.get(name)
    if found is None and place(name) is None:
        found = installed().get(name)
    return found


def own_modules() -> frozenset[str]:
    """The top modules of all types that are lent or installed."""
    return frozenset(
        each.place.partition(":")[0].partition(".")[0]
        for each in (*_lent.values(), *installed().values())
    )


def find(name: str) -> type[Task] | None:
    """The class that runs a type, by its current name; None when there is none.

    Raises:
        ImportError, AttributeError: the class is not where the table, or a package, says.
    """
    extra = own(name)
    where = place(name) if extra is None else extra.place
    if where is None:
        return None
    module, _, attribute = where.partition(":")
    from importlib import import_module

    found: type[Task] = getattr(import_module(module), attribute)
    return found
