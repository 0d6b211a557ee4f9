"""Which class runs which type of git."""

_GIT = "io.kestra.plugin.git."
_HERE = "flowrt.plugins.git."

TYPES = {
    f"{_GIT}Clone": f"{_HERE}clone:GitClone",
    f"{_GIT}NamespaceSync": f"{_HERE}refused:GitNamespaceSync",
    f"{_GIT}Push": f"{_HERE}push:GitPush",
    f"{_GIT}PushDashboards": f"{_HERE}refused:GitPushDashboards",
    f"{_GIT}PushExecutionFiles": f"{_HERE}push:GitPushExecutionFiles",
    f"{_GIT}PushFlows": f"{_HERE}push:GitPushFlows",
    f"{_GIT}PushNamespaceFiles": f"{_HERE}push:GitPushNamespaceFiles",
    f"{_GIT}Sync": f"{_HERE}refused:GitSync",
    f"{_GIT}SyncDashboards": f"{_HERE}refused:GitSyncDashboards",
    f"{_GIT}SyncFlow": f"{_HERE}sync:GitSyncFlow",
    f"{_GIT}SyncFlows": f"{_HERE}sync:GitSyncFlows",
    f"{_GIT}SyncNamespaceFiles": f"{_HERE}sync:GitSyncNamespaceFiles",
    f"{_GIT}TenantSync": f"{_HERE}refused:GitTenantSync",
}
