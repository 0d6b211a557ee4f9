"""Brokers of messages: Kafka, AMQP, MQTT, NATS."""

from flowrt.plugins.brokers.types import TYPES

__all__ = ["TYPES"]
