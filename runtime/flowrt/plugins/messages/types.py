"""Which class runs which type of messages."""

_WEBHOOKS = "flowrt.plugins.messages.webhooks:"
_EXECUTIONS = "flowrt.plugins.messages.executions:"
_ALERTS = "flowrt.plugins.messages.alerts:"
_MAIL = "flowrt.plugins.messages.mail:"
_SENDGRID = "flowrt.plugins.messages.sendgrid:"
_SENTRY = "flowrt.plugins.messages.sentry:"
_SLACK = "flowrt.plugins.messages.slack_app:Slack"
_SLACK_APP = {
    "canvases.Create": "CanvasesCreate",
    "chats.Post": "ChatsPost",
    "conversations.Create": "ConversationsCreate",
    "conversations.History": "ConversationsHistory",
    "conversations.Invite": "ConversationsInvite",
    "conversations.SetTopic": "ConversationsSetTopic",
    "reactions.Add": "ReactionsAdd",
}

TYPES = {
    "io.kestra.plugin.discord.DiscordExecution": f"{_EXECUTIONS}DiscordExecution",
    "io.kestra.plugin.discord.DiscordIncomingWebhook": f"{_WEBHOOKS}DiscordIncomingWebhook",
    "io.kestra.plugin.email.MailExecution": f"{_MAIL}MailExecution",
    "io.kestra.plugin.email.MailSend": f"{_MAIL}MailSend",
    "io.kestra.plugin.googleworkspace.chat.GoogleChatExecution": f"{_EXECUTIONS}GoogleChatExecution",
    "io.kestra.plugin.googleworkspace.chat.GoogleChatIncomingWebhook": f"{_WEBHOOKS}GoogleChatIncomingWebhook",
    "io.kestra.plugin.line.LineExecution": f"{_EXECUTIONS}LineExecution",
    "io.kestra.plugin.microsoft365.teams.TeamsExecution": f"{_EXECUTIONS}TeamsExecution",
    "io.kestra.plugin.microsoft365.teams.TeamsIncomingWebhook": f"{_WEBHOOKS}TeamsIncomingWebhook",
    "io.kestra.plugin.notifications.messenger.MessengerExecution": f"{_EXECUTIONS}MessengerExecution",
    "io.kestra.plugin.notifications.squadcast.SquadcastExecution": f"{_ALERTS}SquadcastExecution",
    "io.kestra.plugin.notifications.squadcast.SquadcastIncomingWebhook": f"{_ALERTS}SquadcastIncomingWebhook",
    "io.kestra.plugin.notifications.whatsapp.WhatsAppExecution": f"{_EXECUTIONS}WhatsAppExecution",
    "io.kestra.plugin.notifications.whatsapp.WhatsAppIncomingWebhook": f"{_WEBHOOKS}WhatsAppIncomingWebhook",
    "io.kestra.plugin.notifications.x.XExecution": f"{_EXECUTIONS}XExecution",
    "io.kestra.plugin.opsgenie.OpsgenieAlert": f"{_ALERTS}OpsgenieAlert",
    "io.kestra.plugin.opsgenie.OpsgenieExecution": f"{_ALERTS}OpsgenieExecution",
    "io.kestra.plugin.pagerduty.PagerDutyAlert": f"{_ALERTS}PagerDutyAlert",
    "io.kestra.plugin.pagerduty.PagerDutyExecution": f"{_ALERTS}PagerDutyExecution",
    "io.kestra.plugin.sentry.SentryAlert": f"{_SENTRY}SentryAlert",
    "io.kestra.plugin.sentry.SentryExecution": f"{_SENTRY}SentryExecution",
    "io.kestra.plugin.slack.notifications.SlackExecution": f"{_EXECUTIONS}SlackExecution",
    "io.kestra.plugin.slack.notifications.SlackIncomingWebhook": f"{_WEBHOOKS}SlackIncomingWebhook",
    **{
        f"io.kestra.plugin.slack.app.{name}": f"{_SLACK}{each}" for name, each in _SLACK_APP.items()
    },
    "io.kestra.plugin.telegram.TelegramExecution": f"{_EXECUTIONS}TelegramExecution",
    "io.kestra.plugin.telegram.TelegramSend": f"{_WEBHOOKS}TelegramSend",
    "io.kestra.plugin.tencent.qq.QQExecution": f"{_EXECUTIONS}QQExecution",
    "io.kestra.plugin.tencent.qq.QQIncomingWebhook": f"{_WEBHOOKS}QQIncomingWebhook",
    "io.kestra.plugin.twilio.notify.TwilioAlert": f"{_ALERTS}TwilioAlert",
    "io.kestra.plugin.twilio.notify.TwilioExecution": f"{_ALERTS}TwilioExecution",
    "io.kestra.plugin.twilio.notify.mms.Send": "flowrt.plugins.messages.twilio:TwilioMmsSend",
    "io.kestra.plugin.twilio.notify.sms.Send": "flowrt.plugins.messages.twilio:TwilioSmsSend",
    "io.kestra.plugin.twilio.sendgrid.SendGridMailExecution": f"{_SENDGRID}SendGridMailExecution",
    "io.kestra.plugin.twilio.sendgrid.SendGridMailSend": f"{_SENDGRID}SendGridMailSend",
    "io.kestra.plugin.zenduty.ZendutyAlert": f"{_ALERTS}ZendutyAlert",
    "io.kestra.plugin.zenduty.ZendutyExecution": f"{_ALERTS}ZendutyExecution",
    "io.kestra.plugin.zulip.ZulipExecution": f"{_EXECUTIONS}ZulipExecution",
    "io.kestra.plugin.zulip.ZulipIncomingWebhook": f"{_WEBHOOKS}ZulipIncomingWebhook",
}
