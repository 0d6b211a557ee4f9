"""Mail by SMTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    enum,
    listing,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason
from flowrt.model.task import Task
from flowrt.plugins.messages.summary import AboutExecution, Summary
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    import smtplib
    from email.message import EmailMessage

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

STRATEGIES = enum("SMTP", "SMTPS", "SMTP_TLS", "SMTP_OAUTH2")
PORTS = {"SMTP": 25, "SMTPS": 465, "SMTP_TLS": 587, "SMTP_OAUTH2": 587}
PLAIN_TEXT = "Please view this email in a modern email client"


@task_type("io.kestra.plugin.email.MailSend", "io.kestra.plugin.notifications.mail.MailSend")
class MailSend(Task):
    """Send a mail."""

    host: Text | None = prop(STRING, default=None)
    port: Integer | None = prop(INTEGER, default=None)
    username: Text | None = prop(STRING, default=None)
    password: Text | None = prop(STRING, default=None)
    access_token: Text | None = prop(STRING, default=None)
    transport_strategy: Text = prop(STRATEGIES, default="SMTPS")
    session_timeout: Integer = prop(INTEGER, default=10000)
    verify_server_identity: Flag = prop(BOOLEAN, default=True)
    trusted_hosts: Listing | None = prop(listing(STRING), default=None)
    from_: Text | None = prop(STRING, yaml="from", default=None)
    to: Text | None = prop(STRING, default=None)
    cc: Text | None = prop(STRING, default=None)
    subject: Text | None = prop(STRING, default=None)
    html_text_content: Text | None = prop(STRING, default=None)
    plain_text_content: Text | None = prop(STRING, default=None)
    attachments: Any = prop(ANY, default=None)
    embedded_images: Any = prop(ANY, default=None)

    async def run(self, run: RunContext) -> None:
        message = await run.in_thread(lambda: self._message(run))
        await run.in_thread(lambda: self._send(run, message))

    def _content(self, run: RunContext) -> tuple[str | None, str]:
        """The HTML, if there is any, and the text."""
        text = run.text(self.plain_text_content)
        return run.text(self.html_text_content), PLAIN_TEXT if text is None else text

    def _message(self, run: RunContext) -> EmailMessage:
        from email.message import EmailMessage
        from email.utils import make_msgid

        from flowrt.plugins.messages.attachments import files

        html, text = self._content(run)
        message = EmailMessage()
        # a line break would start a header of its own
        message["From"] = _one_line(required_text(run, self.from_), "from")
        message["To"] = _addresses(required_text(run, self.to), "to")
        cc = run.text(self.cc)
        if cc:
            message["Cc"] = _addresses(cc, "cc")
        message["Subject"] = _one_line(run.text(self.subject) or "", "subject")
        message["Message-ID"] = make_msgid()
        message.set_content(text)
        if html is not None:
            message.add_alternative(html, subtype="html")
        for image in files(run, self.embedded_images):
            main, _, sub = image.content_type.partition("/")
            body = message.get_body(("html", "plain"))
            assert body is not None
            body.add_related(
                image.data,
                maintype=main,
                subtype=sub or "octet-stream",
                cid=f"<{image.name}>",
                filename=image.name,
                disposition="inline",
            )
        for file in files(run, self.attachments):
            main, _, sub = file.content_type.partition("/")
            message.add_attachment(
                file.data, maintype=main, subtype=sub or "octet-stream", filename=file.name
            )
        return message

    def _send(self, run: RunContext, message: EmailMessage) -> None:
        import smtplib
        import ssl

        host = required_text(run, self.host)
        try:
            server = self._connect(run, host)
        except (OSError, ssl.SSLError) as error:
            raise TaskFailure(f"cannot reach the mail server {host}: {reason(error)}") from None
        run.on_kill(server.close)
        try:
            self._log_in(run, server)
            server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise TaskFailure(
                f"the mail server {host} refused the mail: {_reason(error)}"
            ) from None
        finally:
            server.close()

    def _connect(self, run: RunContext, host: str) -> smtplib.SMTP:
        import smtplib

        strategy = run.constant(self.transport_strategy, STRATEGIES) or "SMTPS"
        port = run.integer(self.port) or PORTS[strategy]
        seconds = (run.integer(self.session_timeout) or 10000) / 1000
        context = self._tls(run, host)
        if strategy == "SMTPS":
            return smtplib.SMTP_SSL(host, port, timeout=seconds, context=context)
        server = smtplib.SMTP(host, port, timeout=seconds)
        server.ehlo()
        if strategy != "SMTP" or server.has_extn("starttls"):
            try:
                server.starttls(context=context)
            except smtplib.SMTPException as error:
                server.close()
                raise TaskFailure(f"{host} does not offer TLS: {_reason(error)}") from None
            server.ehlo()
        return server

    def _tls(self, run: RunContext, host: str) -> Any:
        import ssl

        context = ssl.create_default_context()
        trusted = run.listing(self.trusted_hosts) or []
        if host in trusted:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif not run.flag(self.verify_server_identity, True):
            context.check_hostname = False
        return context

    def _log_in(self, run: RunContext, server: smtplib.SMTP) -> None:
        user, password = run.text(self.username), run.text(self.password)
        if run.constant(self.transport_strategy, STRATEGIES) == "SMTP_OAUTH2":
            token = run.text(self.access_token) or password
            if token is None:
                raise TaskFailure(
                    "When using SMTP_OAUTH2, either 'accessToken' or 'password' must be provided"
                )
            server.auth(
                "XOAUTH2",
                lambda challenge=None: f"user={user}\x01auth=Bearer {token}\x01\x01",
                initial_response_ok=True,
            )
        elif user:
            server.login(user, password or "")


def _one_line(text: str, what: str) -> str:
    if "\n" in text or "\r" in text:
        raise TaskFailure(f"`{what}` of a mail is one line")
    return text


def _addresses(text: str, what: str) -> str:
    """Addresses with `;` between them, as a header has them."""
    return ", ".join(each.strip() for each in _one_line(text, what).split(";") if each.strip())


def _reason(error: Exception) -> str:
    """What the server said."""
    import smtplib

    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(
            f"{address}: {code} {said.decode('utf-8', 'replace')}"
            for address, (code, said) in error.recipients.items()
        )
    return str(error)


@task_type(
    "io.kestra.plugin.email.MailExecution", "io.kestra.plugin.notifications.mail.MailExecution"
)
class MailExecution(AboutExecution, MailSend):
    """Send a mail about an execution."""

    text_template_uri: Text | None = prop(STRING, default=None, ignored=True)

    def _content(self, run: RunContext) -> tuple[str | None, str]:
        return page(self.summary(run)), PLAIN_TEXT


def page(about: Summary) -> str:
    """An execution as a page of HTML."""
    from html import escape

    color = {"SUCCESS": "green", "WARNING": "orange"}.get(about.state, "red")
    rows = {
        "Namespace": about.namespace,
        "Flow": about.flow_id,
        "Execution": about.id,
        "Status": about.state,
        "Final task ID": about.final_task,
        **{str(key): str(value) for key, value in about.fields.items()},
    }
    title = f"[{escape(about.namespace)}] {escape(about.flow_id)} ➛ "
    parts = [
        "<!doctype html>",
        '<html><head><meta charset="utf-8"></head><body style="font-family: sans-serif">',
        f'<h2>{title}<span style="color: {color}">{escape(about.state)}</span></h2>',
    ]
    if about.message is not None:
        parts.append(f"<p>{escape(about.message)}</p>")
    parts.append(f"<p>{escape(about.ending)}</p>")
    if about.link:
        parts.append(f'<p><a href="{escape(about.link, quote=True)}">View the execution</a></p>')
    parts += [f"<p><strong>{escape(k)}:</strong> {escape(v)}</p>" for k, v in rows.items()]
    parts.append("</body></html>")
    return "\n".join(parts)
