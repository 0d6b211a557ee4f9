"""Which class runs which type of the chat services."""

_WEBHOOKS = "flowrt.plugins.chat.webhooks:"

TYPES = {
    "io.kestra.plugin.discord.DiscordIncomingWebhook": f"{_WEBHOOKS}DiscordIncomingWebhook",
    "io.kestra.plugin.googleworkspace.chat.GoogleChatIncomingWebhook": f"{_WEBHOOKS}GoogleChatIncomingWebhook",
    "io.kestra.plugin.microsoft365.teams.TeamsIncomingWebhook": f"{_WEBHOOKS}TeamsIncomingWebhook",
    "io.kestra.plugin.slack.notifications.SlackIncomingWebhook": f"{_WEBHOOKS}SlackIncomingWebhook",
    "io.kestra.plugin.telegram.TelegramSend": f"{_WEBHOOKS}TelegramSend",
    "io.kestra.plugin.zulip.ZulipIncomingWebhook": f"{_WEBHOOKS}ZulipIncomingWebhook",
}
