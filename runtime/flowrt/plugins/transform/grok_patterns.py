"""The named patterns of Grok that Kestra's tasks know: numbers, words, names of machines, addresses, paths, dates, levels.

Kestra has more, of the logs of single programs, but those name what they capture in a form that its tasks do not read, so
that they match nothing there.
"""

from __future__ import annotations


def _ipv6() -> str:
    """An address of IPv6: eight groups, or fewer around `::`, the last two perhaps as one of IPv4; perhaps with a zone."""
    group, last = "[0-9A-Fa-f]{1,4}", "%{IPV4}"
    forms = [rf"(?:{group}:){{7}}(?:{group}|:)", rf"(?:{group}:){{6}}(?::{group}|{last}|:)"]
    for before in range(5, -1, -1):
        start = rf"(?:{group}:){{{before}}}" if before else ":"
        rest = rf"(?::{group}){{1,{7 - before}}}|(?::{group}){{0,{5 - before}}}:{last}|:"
        forms.append(f"{start}(?:{rest})")
    return rf"(?:{'|'.join(forms)})(?:%.+)?"


def _words(*names: str) -> str:
    return "|".join(names)


def _levels() -> str:
    """The words for levels, small, with a capital, or in capitals."""
    cased = ("alert", "trace", "debug", "notice", "fatal", "severe")
    forms = [rf"[{each[0].upper()}{each[0]}]{each[1:]}|{each.upper()}" for each in cased]
    for head, tail, rest in (
        ("inf", "o?", "rmation"),
        ("war", "n?", "ing"),
        ("er", "r?", "or"),
        ("cri", "t?", "ical"),
    ):
        more, upper = f"{tail}(?:{rest})?", f"{tail.upper()}(?:{rest.upper()})?"
        forms += [rf"[{head[0].upper()}{head[0]}]{head[1:]}{more}", head.upper() + upper]
    return "|".join([*forms, "[Ee]merg(?:ency)?", "EMERG(?:ENCY)?"])


MONTHS = _words(
    *("[Jj]an(?:uar(?:y)?)?", "[Ff]eb(?:ruar(?:y)?)?", "[Mm](?:a|ä)?r(?:ch|z)?", "[Aa]pr(?:il)?"),
    *("[Mm]a[yi]?", "[Jj]un[ei]?", "[Jj]ul[yi]?", "[Aa]ug(?:ust)?", "[Ss]ep(?:tember)?"),
    *("[Oo][ck]?t(?:ober)?", "[Nn]ov(?:ember)?", "[Dd]e[cz](?:ember)?"),
)
DAYS = _words(
    *("Mon(?:day)?", "Tue(?:sday)?", "Wed(?:nesday)?", "Thu(?:rsday)?", "Fri(?:day)?"),
    *("Sat(?:urday)?", "Sun(?:day)?"),
)
_OCTET = "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})"
_HEX = "[A-Fa-f0-9]"

PATTERNS: dict[str, str] = {
    # users and addresses
    "USERNAME": r"[a-zA-Z0-9._-]+",
    "USER": "%{USERNAME}",
    "EMAILLOCALPART": r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,64}(?:\.[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,62}){0,63}",
    "EMAILADDRESS": "%{EMAILLOCALPART}@%{HOSTNAME}",
    # numbers
    "INT": r"[+-]?[0-9]+",
    "BASE10NUM": r"(?<![0-9.+-])(?>[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+))",
    "NUMBER": "%{BASE10NUM}",
    "BASE16NUM": r"(?<![0-9A-Fa-f])[+-]?(?:0x)?[0-9A-Fa-f]+",
    "BASE16FLOAT": r"\b(?<![0-9A-Fa-f.])[+-]?(?:0x)?(?:[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?|\.[0-9A-Fa-f]+)\b",
    "POSINT": r"\b[1-9][0-9]*\b",
    "NONNEGINT": r"\b[0-9]+\b",
    # words
    "WORD": r"\b\w+\b",
    "NOTSPACE": r"\S+",
    "SPACE": r"\s*",
    "DATA": r".*?",
    "GREEDYDATA": r".*",
    "QUOTEDSTRING": r"""(?>(?<!\\)(?>"(?>\\.|[^\\"]+)+"|""|'(?>\\.|[^\\']+)+'|''|`(?>\\.|[^\\`]+)+`|``))""",
    "QS": "%{QUOTEDSTRING}",
    "UUID": f"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}",
    "URN": r"urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:(?:%[0-9a-fA-F]{2}|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+",
    # networks
    "CISCOMAC": f"(?:{_HEX}{{4}}\\.){{2}}{_HEX}{{4}}",
    "WINDOWSMAC": f"(?:{_HEX}{{2}}-){{5}}{_HEX}{{2}}",
    "COMMONMAC": f"(?:{_HEX}{{2}}:){{5}}{_HEX}{{2}}",
    "MAC": "(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})",
    "IPV6": _ipv6(),
    "IPV4": rf"(?<![0-9]){_OCTET}(?:\.{_OCTET}){{3}}(?![0-9])",
    "IP": "(?:%{IPV6}|%{IPV4})",
    "HOSTNAME": r"\b[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*(?:\.?|\b)",
    "IPORHOST": "(?:%{IP}|%{HOSTNAME})",
    "HOSTPORT": "%{IPORHOST}:%{POSINT}",
    # paths
    "PATH": "(?:%{UNIXPATH}|%{WINPATH})",
    "UNIXPATH": r"(?:/[[:alnum:]_%!$@:.,+~-]*)+",
    "TTY": r"/dev/(?:pts|tty(?:[pq])?)(?:\w+)?/?(?:[0-9]+)",
    "WINPATH": r"(?>[A-Za-z]+:|\\)(?:\\[^\\?*]*)+",
    "URIPROTO": r"[A-Za-z](?:[A-Za-z0-9+\-.]+)+",
    "URIHOST": "%{IPORHOST}(?::%{POSINT})?",
    "URIPATH": r"(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\-]*)+",
    "URIQUERY": r"[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]<>]*",
    "URIPARAM": r"\?%{URIQUERY}",
    "URIPATHPARAM": r"%{URIPATH}(?:\?%{URIQUERY})?",
    "URI": r"%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATH}(?:\?%{URIQUERY})?)?",
    # dates
    "MONTH": rf"\b(?:{MONTHS})\b",
    "MONTHNUM": r"(?:0?[1-9]|1[0-2])",
    "MONTHNUM2": r"(?:0[1-9]|1[0-2])",
    "MONTHDAY": r"(?:0[1-9]|[12][0-9]|3[01]|[1-9])",
    "DAY": f"(?:{DAYS})",
    "YEAR": r"(?>[0-9]{2}){1,2}",
    "HOUR": r"(?:2[0123]|[01]?[0-9])",
    "MINUTE": r"[0-5][0-9]",
    "SECOND": r"(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?",
    "TIME": r"%{HOUR}:%{MINUTE}:%{SECOND}(?![0-9])",
    "DATE_US": r"%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}",
    "DATE_EU": r"%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}",
    "ISO8601_TIMEZONE": r"(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))",
    "ISO8601_SECOND": "%{SECOND}",
    "TIMESTAMP_ISO8601": r"%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?",
    "DATE": "%{DATE_US}|%{DATE_EU}",  # Kestra has no group around it: what follows is of the second alone
    "DATESTAMP": "%{DATE}[- ]%{TIME}",
    "TZ": r"(?:[APMCE][SD]T|UTC)",
    "DATESTAMP_RFC822": "%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}",
    "DATESTAMP_RFC2822": "%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}",
    "DATESTAMP_OTHER": "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}",
    "DATESTAMP_EVENTLOG": "%{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}",
    "HTTPDATE": "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}",
    # logs
    "SYSLOGTIMESTAMP": "%{MONTH} +%{MONTHDAY} %{TIME}",
    "PROG": r"[\x21-\x5a\x5c\x5e-\x7e]+",
    "SYSLOGHOST": "%{IPORHOST}",
    "LOGLEVEL": f"(?:{_levels()})",
}
"""What a name stands for; `%{NAME}` within it is another."""
