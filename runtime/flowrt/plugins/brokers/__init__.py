"""Brokers of messages: Kafka, AMQP, MQTT, NATS, Pulsar."""

from flowrt.plugins.brokers.types import TYPES

__all__ = ["TYPES"]
