"""Which class runs which type of stores."""

_MONGODB = ("Aggregate", "Bulk", "Delete", "Find", "InsertOne", "Load", "Update")

_DOCUMENTDB = ("Delete", "Insert", "Read", "Update")
_ELASTICSEARCH = ("Bulk", "Get", "Load", "Put", "Request", "Scroll", "Search")

_INFLUXDB = ("FluxQuery", "InfluxQLQuery", "Load", "Write")
_WEAVIATE = ("BatchCreate", "Delete", "Query", "SchemaCreate")

TYPES = {
    "io.kestra.plugin.cassandra.astradb.Query": "flowrt.plugins.stores.cassandra:AstradbQuery",
    "io.kestra.plugin.cassandra.standard.Query": "flowrt.plugins.stores.cassandra:CassandraQuery",
    "io.kestra.plugin.couchbase.Query": "flowrt.plugins.stores.couchbase:CouchbaseQuery",
    **{
        f"io.kestra.plugin.influxdb.{name}": f"flowrt.plugins.stores.influxdb:Influxdb{name}"
        for name in _INFLUXDB
    },
    **{
        f"io.kestra.plugin.weaviate.{name}": f"flowrt.plugins.stores.weaviate:Weaviate{name}"
        for name in _WEAVIATE
    },
    **{
        f"io.kestra.plugin.documentdb.{name}": f"flowrt.plugins.stores.documentdb:Documentdb{name}"
        for name in _DOCUMENTDB
    },
    **{
        f"io.kestra.plugin.ldap.{name}": f"flowrt.plugins.stores.ldap:Ldap{name}"
        for name in ("Add", "Delete", "Modify", "Search")
    },
    "io.kestra.plugin.ldap.IonToLdif": "flowrt.plugins.stores.ldif_files:IonToLdif",
    "io.kestra.plugin.ldap.LdifToIon": "flowrt.plugins.stores.ldif_files:LdifToIon",
    **{
        f"io.kestra.plugin.meilisearch.{name}": f"flowrt.plugins.stores.meilisearch:Meilisearch{name}"
        for name in ("DocumentAdd", "DocumentGet", "FacetSearch", "Search")
    },
    **{
        f"io.kestra.plugin.typesense.{name}": f"flowrt.plugins.stores.typesense:Typesense{name}"
        for name in ("BulkIndex", "DocumentGet", "DocumentIndex", "FacetSearch", "Search")
    },
    **{
        f"io.kestra.plugin.neo4j.{name}": f"flowrt.plugins.stores.neo4j:Neo4j{name}"
        for name in ("Batch", "Query")
    },
    "io.kestra.plugin.surrealdb.Query": "flowrt.plugins.stores.surrealdb:SurrealdbQuery",
    "io.kestra.plugin.elasticsearch.Esql": "flowrt.plugins.stores.esql:ElasticsearchEsql",
    **{
        f"io.kestra.plugin.elasticsearch.{name}": f"flowrt.plugins.stores.elasticsearch:Elasticsearch{name}"
        for name in _ELASTICSEARCH
    },
    **{
        f"io.kestra.plugin.mongodb.{name}": f"flowrt.plugins.stores.mongodb:Mongodb{name}"
        for name in _MONGODB
    },
    **{
        f"io.kestra.plugin.redis.vector.{name}": f"flowrt.plugins.stores.redis_vectors:RedisVector{name}"
        for name in ("Add", "Delete", "Similarity")
    },
    **{
        f"io.kestra.plugin.redis.{package}.{name}": f"flowrt.plugins.stores.redis:Redis{kind}{name}"
        for package, kind, names in (
            ("string", "String", ("Delete", "Get", "Increment", "Set", "Ttl")),
            ("json", "Json", ("Delete", "Get", "Increment", "Set")),
            ("list", "", ("ListPop", "ListPush")),
            ("pubsub", "", ("Publish",)),
        )
        for name in names
    },
}
