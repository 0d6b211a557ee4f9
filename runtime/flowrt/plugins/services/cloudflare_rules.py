"""Cloudflare: rules of access, for a zone or for an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import BOOLEAN, STRING, Kind, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.services.cloudflare import BASE, CloudflareTask
from flowrt.plugins.services.service import address
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

RULES = ("firewall", "access_rules", "rules")
MODES = ("block", "challenge", "whitelist", "js_challenge", "managed_challenge")
TARGETS = ("ip", "ip_range", "asn", "country")


class RuleTask(CloudflareTask):
    """What tasks of one rule share: the zone or the account that it belongs to."""

    zone_id: Text | None = prop(STRING, default=None)
    account_id: Text | None = prop(STRING, default=None)

    def _rules(self, run: RunContext, *more: str) -> str:
        zone, account = run.text(self.zone_id), run.text(self.account_id)
        if (zone is None) == (account is None):
            raise TaskFailure("Either zoneId or accountId must be provided (but not both).")
        where = ("zones", zone) if zone is not None else ("accounts", account or "")
        return address(run.text(self.base_url) or BASE, *where, *RULES, *more)


def _one_of(run: RunContext, given: Text, what: str, known: tuple[str, ...]) -> str:
    """A word of a property in small letters. Raises TaskFailure for one that Cloudflare does not know."""
    word = required_text(run, given).lower()
    if word not in known:
        raise TaskFailure(f"`{what}` is one of {', '.join(known)}, not {word}")
    return word


@task_type("io.kestra.plugin.cloudflare.waf.accessrules.Create")
class CloudflareWafAccessrulesCreate(RuleTask):
    """Make a rule."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "mode": STRING,
        "ruleId": STRING,
        "target": STRING,
        "value": STRING,
    }

    mode: Text = prop(STRING)
    target: Text = prop(STRING)
    value: Text = prop(STRING)
    notes: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "mode": _one_of(run, self.mode, "mode", MODES),
            "configuration": {
                "target": _one_of(run, self.target, "target", TARGETS),
                "value": required_text(run, self.value),
            },
        }
        notes = run.text(self.notes) or ""
        if notes.strip():
            asked["notes"] = notes
        found = self._result(run, "POST", self._rules(run), asked) or {}
        about = found.get("configuration") or {}
        return {
            "ruleId": found.get("id"),
            "mode": found.get("mode"),
            "target": about.get("target"),
            "value": about.get("value"),
        }


@task_type("io.kestra.plugin.cloudflare.waf.accessrules.Delete")
class CloudflareWafAccessrulesDelete(RuleTask):
    """Delete a rule."""

    outputs: ClassVar[dict[str, Kind] | None] = {"deleted": BOOLEAN, "ruleId": STRING}

    rule_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        name = required_text(run, self.rule_id)
        self._result(run, "DELETE", self._rules(run, name))
        return {"ruleId": name, "deleted": True}


@task_type("io.kestra.plugin.cloudflare.waf.accessrules.List")
class CloudflareWafAccessrulesList(CloudflareTask):
    """The rules of a zone: the first page of them."""

    outputs: ClassVar[dict[str, Kind] | None] = {"rules": listing(mapping())}

    zone_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        found = self._result(run, "GET", self._url(run, required_text(run, self.zone_id), *RULES))
        names = ("target", "value")
        return {
            "rules": [
                {
                    "id": each.get("id"),
                    "mode": each.get("mode"),
                    "configuration": {
                        name: (each.get("configuration") or {}).get(name) for name in names
                    },
                }
                for each in found or ()
            ]
        }
