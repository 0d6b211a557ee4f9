"""Which class runs which type of brokers."""

_HERE = "flowrt.plugins.brokers."
_AMQP = ("Consume", "CreateQueue", "DeclareExchange", "Publish", "QueueBind")

TYPES = {
    "io.kestra.plugin.kafka.Consume": f"{_HERE}kafka_consume:KafkaConsume",
    "io.kestra.plugin.kafka.Produce": f"{_HERE}kafka:KafkaProduce",
    **{f"io.kestra.plugin.amqp.{name}": f"{_HERE}amqp:Amqp{name}" for name in _AMQP},
    **{
        f"io.kestra.plugin.mqtt.{name}": f"{_HERE}mqtt:Mqtt{name}"
        for name in ("Publish", "Subscribe")
    },
    "io.kestra.plugin.pulsar.Consume": f"{_HERE}pulsar_read:PulsarConsume",
    "io.kestra.plugin.pulsar.Produce": f"{_HERE}pulsar:PulsarProduce",
    "io.kestra.plugin.pulsar.Reader": f"{_HERE}pulsar_read:PulsarReader",
    **{
        f"io.kestra.plugin.nats.{package}.{name}": f"{_HERE}nats:Nats{name}"
        for package, names in (
            ("core", ("Consume", "Produce", "Request")),
            ("kv", ("CreateBucket", "Delete", "Get", "Put")),
        )
        for name in names
    },
}
