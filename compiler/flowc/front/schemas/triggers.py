"""The triggers and conditions of the core plugin. Other plugins' triggers are kept as they are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from flowc.front.cron import CronError, parse_cron
from flowc.front.schemas.base import (
    DURATION,
    TRIMMED,
    Flag,
    Map,
    OptionalDuration,
    Strict,
    Text,
    TimeOfDay,
    WorkerGroup,
    problem,
    said,
)
from flowrt.java.errors import RawError

State = Annotated[Literal[
    "CREATED", "SUBMITTED", "RUNNING", "PAUSED", "RESTARTED", "KILLING", "SUCCESS", "WARNING", "FAILED",
    "KILLED", "CANCELLED", "QUEUED", "RETRYING", "RETRIED", "SKIPPED", "BREAKPOINT", "RESUBMITTED",
], TRIMMED]  # fmt: skip
_ID = r"^[a-zA-Z0-9][a-zA-Z0-9_-]*$"
Level = Annotated[Literal["ERROR", "WARN", "INFO", "DEBUG", "TRACE"], TRIMMED]


class Assets(Strict):
    """Accepted without effect: they belong to the Enterprise Edition."""

    enableAuto: Any = None
    inputs: Any = None
    outputs: Any = None


class Trigger(Strict):
    """What every trigger has."""

    id: Text
    type: Text
    version: Text | None = None
    pluginDefaultsRef: Text | None = None
    description: Text | None = None
    conditions: list[Any] | None = None
    disabled: Flag = None
    workerGroup: WorkerGroup | None = None
    assets: Assets | None = None
    logLevel: Level | None = None
    minLogLevel: Level | None = None
    labels: Any = None
    stopAfter: list[State] | None = None
    logToFile: Flag = None
    failOnTriggerError: Flag = None
    allowConcurrent: Flag = None
    when: Text | None = None


class _Timed(Trigger):
    interval: Any = None
    timezone: Text | None = None
    inputs: Map | None = None
    recoverMissedSchedules: Annotated[Literal["ALL", "LAST", "NONE"], TRIMMED] | None = None

    @field_validator("interval")
    @classmethod
    def _no_interval(cls, value: Any) -> Any:
        if DURATION(value) is not None:
            raise problem("FC217", "a schedule has no `interval`", "interval: must be null")
        return None

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        if value is not None and not _is_zone(value):
            kestra = f"timezone: '{value}' is not a valid time-zone ID"
            raise problem("FC217", f"there is no time zone `{value}`", kestra)
        return value


class Schedule(_Timed):
    withSeconds: Flag = None
    cron: Text
    scheduleConditions: list[Any] | None = None
    lateMaximumDelay: OptionalDuration = None
    backfill: Map | None = None

    @field_validator("scheduleConditions")
    @classmethod
    def _no_conditions(cls, value: list[Any] | None) -> list[Any] | None:
        if value:
            text = "conditions of a schedule stand in `conditions`: here Kestra can read none"
            kestra = (
                "Cannot construct instance of `io.kestra.core.models.conditions.ScheduleCondition`"
            )
            raise problem("FC217", text, kestra)
        return value

    @field_validator("withSeconds")
    @classmethod
    def _said(cls, value: bool | None) -> bool:
        return said("withSeconds", value)

    @field_validator("cron")
    @classmethod
    def _cron(cls, value: str, info: ValidationInfo) -> str:
        try:
            parse_cron(value, with_seconds=bool(info.data.get("withSeconds")))
        except CronError as error:
            kestra = f"invalid cron expression '{value}': {error}"
            text = f"`{value}` is not a cron expression: {error}"
            raise problem("FC217", text, kestra) from None
        return value


class ScheduleOnDates(_Timed):
    dates: Any


class Webhook(Trigger):
    key: Text = Field(max_length=256)
    inputs: Map | None = None
    wait: Flag = None
    returnOutputs: Flag = None
    responseContentType: Text | None = None
    responseCode: Any = None

    @model_validator(mode="after")
    def _supported(self) -> Webhook:
        if self.responseContentType not in (None, "application/json", "text/plain"):
            message = "responseContentType must be either 'application/json' or 'text/plain'"
            text = "`responseContentType` is neither `application/json` nor `text/plain`"
            raise problem("FC210", text, f"invalid webhook: {message}")
        for each in self.conditions or ():
            if isinstance(each, dict) and str(each.get("type")).endswith((".MultipleCondition",)):
                message = "conditions of type MultipleCondition are not supported"
                text = "a webhook cannot have a condition of type `MultipleCondition`"
                raise problem("FC210", text, f"invalid webhook: {message}")
        return self


class TimeWindow(Strict):
    type: (
        Annotated[
            Literal[
                "DAILY_TIME_DEADLINE", "DAILY_TIME_WINDOW", "DURATION_WINDOW", "SLIDING_WINDOW"
            ],
            TRIMMED,
        ]
        | None
    ) = None
    deadline: TimeOfDay = None
    window: OptionalDuration = None
    windowAdvance: OptionalDuration = None
    startTime: TimeOfDay = None
    endTime: TimeOfDay = None

    @model_validator(mode="after")
    def _fits(self) -> TimeWindow:
        kind = self.type or "DURATION_WINDOW"
        verb, names = _time_window(self, kind)
        if names:
            listed = ", ".join(f"`{name}`" for name in names)
            kestra = (f"Time window of type `{kind}` {verb} {_CALLED[name]}." for name in names)
            message = f"a time window of type `{kind}` {verb} {listed}"
            raise problem("FC210", message, " ".join(kestra))
        return self


_WINDOWS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "DAILY_TIME_DEADLINE": (("window", "windowAdvance", "startTime", "endTime"), ("deadline",)),
    "DAILY_TIME_WINDOW": (("window", "windowAdvance", "deadline"), ("startTime", "endTime")),
    "DURATION_WINDOW": (("deadline", "startTime", "endTime"), ()),
    "SLIDING_WINDOW": (("deadline", "startTime", "endTime", "windowAdvance"), ()),
}
"""What each type of time window must not have, and what it must have."""

_CALLED = {
    "window": "a window",
    "windowAdvance": "a window advance",
    "startTime": "a start time",
    "endTime": "an end time",
    "deadline": "a deadline",
    "every": "an every duration",
    "offset": "an offset",
    "from": "a from time",
    "to": "a to time",
    "lookback": "a lookback",
}


def _time_window(window: TimeWindow, kind: str) -> tuple[str, list[str]]:
    """What the window has or lacks against its type: `cannot have` or `must have`, and the names."""
    excluded, needed = _WINDOWS[kind]
    given = [name for name in excluded if getattr(window, name) is not None]
    if kind == "DAILY_TIME_WINDOW" and given and window.startTime is not None:
        # Kestra looks at the start time here and speaks of the deadline.
        given.append("deadline")
    if given:
        return "cannot have", list(dict.fromkeys(given))
    return "must have", [name for name in needed if getattr(window, name) is None]


class Window(Strict):
    """The window of later versions of Kestra; its type follows from the properties it has."""

    deadline: Text | None = None
    from_: Text | None = Field(default=None, alias="from")
    to: Text | None = None
    every: OptionalDuration = None
    offset: OptionalDuration = None
    lookback: OptionalDuration = None

    @model_validator(mode="after")
    def _fits(self) -> Window:
        given = {name for name, value in self if value is not None}
        for kind, marks, allowed in (
            ("DAILY_TIME_DEADLINE", {"deadline"}, {"deadline"}),
            ("DAILY_TIME_WINDOW", {"from_", "to"}, {"from_", "to"}),
            ("SLIDING_WINDOW", {"lookback"}, {"lookback"}),
        ):
            if given & marks:
                extra = sorted(given - allowed)
                if extra:
                    name = extra[0].rstrip("_")
                    kestra = f"Window of type `{kind}` cannot have {_CALLED[name]}."
                    raise problem(
                        "FC210", f"a window of type `{kind}` cannot have `{name}`", kestra
                    )
                break
        return self


class UpstreamFlow(Strict):
    namespace: Text | None = None
    flowId: Text | None = None
    states: list[State] | None = None
    labels: Map | None = None


_NEEDS_VALUE = frozenset(
    [
        "EQUAL_TO",
        "NOT_EQUAL_TO",
        "IS_NULL",
        "IS_NOT_NULL",
        "IS_TRUE",
        "IS_FALSE",
        "STARTS_WITH",
        "ENDS_WITH",
        "REGEX",
        "CONTAINS",
    ]
)


class Filter(Strict):
    field: Annotated[Literal["FLOW_ID", "NAMESPACE", "STATE", "EXPRESSION"], TRIMMED]
    type: Annotated[Literal[
        "EQUAL_TO", "NOT_EQUAL_TO", "IN", "NOT_IN", "IS_TRUE", "IS_FALSE", "IS_NULL", "IS_NOT_NULL",
        "STARTS_WITH", "ENDS_WITH", "REGEX", "CONTAINS",
    ], TRIMMED]  # fmt: skip
    value: Text | None = None
    values: list[Text] | None = None

    @model_validator(mode="after")
    def _operands(self) -> Filter:
        for name, value, needed in (
            ("value", self.value, self.type in _NEEDS_VALUE),
            ("values", self.values, self.type not in _NEEDS_VALUE),
        ):
            if needed is (value is None):
                rule = "cannot" if needed else "must"
                says = "needs" if needed else "cannot have"
                raise problem(
                    "FC210",
                    f"a filter of type {self.type} {says} `{name}`",
                    f"`{name}` {rule} be null for type {self.type}",
                )
        return self


class ExecutionFilter(Strict):
    id: Text = Field(min_length=1)
    operand: Annotated[Literal["AND", "OR"], TRIMMED] | None = None
    filters: list[Filter] = Field(min_length=1)


class Preconditions(Strict):
    id: Text = Field(pattern=_ID)
    timeWindow: TimeWindow | None = None
    resetOnSuccess: Flag = None
    flows: list[UpstreamFlow] | None = None
    where: list[ExecutionFilter] | None = None


class Flow(Trigger):
    inputs: Map | None = None
    states: list[State] | None = None
    preconditions: Preconditions | None = None
    dependsOn: list[UpstreamFlow] | None = None
    window: Window | None = None
    mode: Annotated[Literal["ALL", "ANY", "AT_LEAST"], TRIMMED] | None = None
    minSatisfied: int | None = None


TRIGGERS: dict[str, type[Trigger] | None] = {
    "Flow": Flow,
    "Schedule": Schedule,
    "ScheduleOnDates": ScheduleOnDates,
    "Webhook": Webhook,
}
"""By the last part of the type name."""


class Condition(Strict):
    type: Text


class _OfDate(Condition):
    date: Any = None


class _States(Condition):
    in_: Any = Field(default=None, alias="in")
    notIn: Any = None


class TimeBetween(_OfDate):
    after: Any = None
    before: Any = None


class DateTimeBetween(TimeBetween):
    date: Text | None = None


class DayWeek(_OfDate):
    dayOfWeek: Any


class DayWeekInMonth(Condition):
    date: Text | None = None
    dayOfWeek: Any
    dayInMonth: Any


class ExecutionFlow(Condition):
    namespace: Any
    flowId: Any


class FlowCondition(Condition):
    namespace: Text
    flowId: Text


class ExecutionLabels(Condition):
    labels: Any


class ExecutionNamespace(Condition):
    namespace: Any
    comparison: Any = None
    prefix: Any = None


class ExpressionCondition(Condition):
    expression: Any


class FlowNamespace(Condition):
    namespace: Text
    prefix: Flag = None


class _Several(Condition):
    conditions: list[Any] = Field(min_length=1)


class Multiple(Condition):
    id: Text = Field(pattern=_ID)
    timeWindow: TimeWindow | None = None
    resetOnSuccess: Flag = None
    window: OptionalDuration = None
    windowAdvance: OptionalDuration = None
    conditions: Map = Field(min_length=1)

    @field_validator("resetOnSuccess")
    @classmethod
    def _said(cls, value: bool | None) -> bool:
        return said("resetOnSuccess", value)


class PublicHoliday(_OfDate):
    country: Any = None
    subDivision: Any = None


CONDITIONS: dict[str, type[Condition]] = {
    "DateTimeBetween": DateTimeBetween,
    "DayWeek": DayWeek,
    "DayWeekInMonth": DayWeekInMonth,
    "ExecutionFlow": ExecutionFlow,
    "ExecutionLabels": ExecutionLabels,
    "ExecutionNamespace": ExecutionNamespace,
    "ExecutionOutputs": ExpressionCondition,
    "ExecutionStatus": _States,
    "Expression": ExpressionCondition,
    "FlowCondition": FlowCondition,
    "FlowNamespaceCondition": FlowNamespace,
    "HasRetryAttempt": _States,
    "MultipleCondition": Multiple,
    "Not": _Several,
    "Or": _Several,
    "PublicHoliday": PublicHoliday,
    "TimeBetween": TimeBetween,
    "Weekend": _OfDate,
}
"""By the last part of the type name."""


def _is_zone(name: str) -> bool:
    """Whether there is such a zone; without any zone database nothing can be said about a name."""
    from zoneinfo import available_timezones

    from flowrt.java.time.temporal import zone_of

    try:
        zone_of(name)
    except RawError:
        return not available_timezones()
    return True
