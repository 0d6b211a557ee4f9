"""A flow that a schedule starts, and what it says then, for the tests of all engines."""

from __future__ import annotations

SCHEDULED = """
id: scheduled
namespace: company.team
inputs:
  - {id: day, type: STRING}
  - {id: mode, type: STRING, defaults: full}
tasks:
  - {id: say, type: io.kestra.plugin.core.debug.Return, format: "{{ inputs.day }} {{ inputs.mode }} {{ labels.by }}"}
outputs:
  - {id: said, type: STRING, value: "{{ outputs.say.value }}, next {{ trigger.next }}"}
triggers:
  - id: night
    type: io.kestra.plugin.core.trigger.Schedule
    cron: 0 3 * * *
    timezone: Europe/Berlin
    inputs: {day: "{{ trigger.date | date('yyyy-MM-dd') }}"}
    labels: {by: night}
"""
SAID = "2024-03-30 full night, next 2024-03-31T03:00:00+02:00"
"""What it says when it is due before clocks are changed."""
