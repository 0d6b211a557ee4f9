"""Which class runs which type of Microsoft 365."""

_TYPES = {
    ("dynamics365.businesscentral", "dynamics:BusinessCentral"): (
        *("CreateCustomer", "CreateInvoice", "GetCustomer", "GetInvoice"),
        *("ListCompanies", "ListItems"),
    ),
    ("dynamics365.dataverse", "dynamics:Dataverse"): ("Delete", "Query", "Upsert"),
    ("oneshare", "oneshare:OneShare"): (
        *("Create", "Delete", "Download", "Export", "List", "Upload"),
    ),
    ("outlook", "outlook:Outlook"): ("Get", "List", "Send"),
    ("sharepoint", "sharepoint:SharePoint"): (
        *("Create", "Delete", "Download", "Export", "List", "Move", "Upload"),
    ),
    ("teams.adaptivecards", "cards:AdaptiveCards"): ("Send", "SendToUser"),
}

TYPES = {
    f"io.kestra.plugin.microsoft365.{package}.{name}": f"flowrt.plugins.microsoft.{start}{name}"
    for (package, start), names in _TYPES.items()
    for name in names
}
