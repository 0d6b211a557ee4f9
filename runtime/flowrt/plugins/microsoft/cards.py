"""Teams: adaptive cards, for a channel or for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonread import JsonError, parse_json
from flowrt.model.declare import STRING, Kind, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins import entra
from flowrt.plugins.microsoft import graph as api
from flowrt.plugins.microsoft.graph import ConnectedTask, Graph, said
from flowrt.plugins.services.service import address
from flowrt.plugins.web import Refused
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text


class CardTask(ConnectedTask):
    """What the tasks share: a card, and that a person may be who sends it."""

    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    card: Text = prop(STRING)

    def _token(self, run: RunContext) -> dict[str, str]:
        user, password = run.text(self.username) or "", run.text(self.password) or ""
        if not (user.strip() and password.strip()):
            return super()._token(run)
        tenant, client = run.text(self.tenant_id) or "", run.text(self.client_id) or ""
        if not (tenant.strip() and client.strip()):
            raise TaskFailure("tenantId and clientId are required for authentication")
        run.log("INFO", "Authentication is using Username/Password (delegated) Credentials")
        fields = {"client_id": client, "username": user, "password": password}
        return entra.bearer_of(run, tenant, api.SCOPE, "password", fields)

    def _message(self, run: RunContext) -> dict[str, Any]:
        """The message that shows the card. Raises TaskFailure for a card that is no JSON."""
        from uuid import uuid4

        card, number = required_text(run, self.card), str(uuid4())
        try:
            parse_json(card)
        except JsonError as error:
            raise TaskFailure(str(error)) from None
        return {
            "body": {"contentType": "html", "content": f'<attachment id="{number}"></attachment>'},
            "attachments": [
                {
                    "id": number,
                    "contentType": "application/vnd.microsoft.card.adaptive",
                    "content": card,
                }
            ],
        }


@task_type("io.kestra.plugin.microsoft365.teams.adaptivecards.Send")
class AdaptiveCardsSend(CardTask):
    """Show a card in a channel."""

    outputs: ClassVar[dict[str, Kind] | None] = {"createdDateTime": STRING, "messageId": STRING}

    team_id: Text = prop(STRING)
    channel_id: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any] | None:
        self._message(run)  # a card that is none fails before anybody is asked
        return super()._work(run)

    def _done(self, run: RunContext, graph: Graph) -> dict[str, Any]:
        team, channel = required_text(run, self.team_id), required_text(run, self.channel_id)
        run.log("INFO", f"Sending Adaptive Card to team '{team}', channel '{channel}'")
        url = address(api.BASE, "teams", team, "channels", channel, "messages")
        try:
            found = graph.ask("POST", url, json=self._message(run))
        except Refused as error:
            raise TaskFailure(
                f"Failed to send Adaptive Card to team '{team}', channel '{channel}' (HTTP {error.code}): {said(error)}. "
                "Verify the teamId/channelId and that the app has ChannelMessage.Send permission"
            ) from None
        run.log("INFO", f"Adaptive Card sent successfully. Message ID: {found['id']}")
        return {"messageId": found["id"], "createdDateTime": found.get("createdDateTime")}


@task_type("io.kestra.plugin.microsoft365.teams.adaptivecards.SendToUser")
class AdaptiveCardsSendToUser(CardTask):
    """Show a card to a person, in the chat with who sends it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"chatId": STRING, "messageId": STRING}

    user_id: Text | None = prop(STRING, default=None)
    user_email: Text | None = prop(STRING, default=None)

    def _people(self, run: RunContext) -> tuple[str, str]:
        """Who sends, and to whom. Raises TaskFailure."""
        number, mail = run.text(self.user_id) or "", run.text(self.user_email) or ""
        if bool(number.strip()) == bool(mail.strip()):
            raise TaskFailure(
                "Exactly one of `userId` or `userEmail` must be set, not both or neither"
            )
        to, caller = number if number.strip() else mail, run.text(self.username) or ""
        if not caller.strip() or not (run.text(self.password) or "").strip():
            raise TaskFailure(
                "SendToUser requires delegated (username/password) authentication: both `username` and `password` must be "
                "set, since creating a 1:1 chat and attributing the caller needs a real user context; app-only "
                "clientSecret/pemCertificate authentication cannot be used here"
            )
        if caller.strip().lower() == to.strip().lower():
            raise TaskFailure(
                f"Cannot open a 1:1 chat with yourself: `userId`/`userEmail` ('{to}') is the same as the authenticated "
                "account's username. The target user must be different from the authenticated account"
            )
        return caller, to

    def _work(self, run: RunContext) -> dict[str, Any] | None:
        self._people(run)
        self._message(run)
        return super()._work(run)

    def _done(self, run: RunContext, graph: Graph) -> dict[str, Any]:
        caller, to = self._people(run)
        run.log("INFO", f"Resolving 1:1 chat with user '{to}'")
        chat = {"chatType": "oneOnOne", "members": [_member(caller), _member(to)]}
        try:
            number = graph.ask("POST", address(api.BASE, "chats"), json=chat)["id"]
        except Refused as error:
            raise TaskFailure(
                f"Failed to create or resolve chat with user '{to}' (HTTP {error.code}): {said(error)}. This often means the "
                "app registration lacks delegated Chat.ReadWrite permission or the account is not authenticated with "
                "delegated (username/password) auth, but it can also mean the chat members are duplicated (self-chat) or "
                "the target user ID/email is invalid"
            ) from None
        run.log("INFO", f"Sending Adaptive Card to chat '{number}'")
        url = address(api.BASE, "chats", number, "messages")
        try:
            found = graph.ask("POST", url, json=self._message(run))
        except Refused as error:
            raise TaskFailure(
                f"Failed to send Adaptive Card to chat '{number}' (HTTP {error.code}): {said(error)}"
            ) from None
        told = f"Chat ID: {number}, Message ID: {found['id']}"
        run.log("INFO", f"Adaptive Card sent successfully. {told}")
        return {"chatId": number, "messageId": found["id"]}


def _member(user: str) -> dict[str, Any]:
    """A member of a chat; quotation marks of OData are doubled."""
    whom = user.replace("'", "''")
    return {
        "@odata.type": "#microsoft.graph.aadUserConversationMember",
        "roles": ["owner"],
        "user@odata.bind": f"https://graph.microsoft.com/v1.0/users('{whom}')",
    }
