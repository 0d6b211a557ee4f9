"""Which class runs which type of brokers."""

TYPES = {
    "io.kestra.plugin.kafka.Consume": "flowrt.plugins.brokers.kafka_consume:KafkaConsume",
    "io.kestra.plugin.kafka.Produce": "flowrt.plugins.brokers.kafka:KafkaProduce",
}
