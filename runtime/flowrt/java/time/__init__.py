"""Dates, times and durations as `java.time` has them, to the nanosecond."""
