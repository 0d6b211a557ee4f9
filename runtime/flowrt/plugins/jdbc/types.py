"""Which class runs which type of the databases."""

_HERE = "flowrt.plugins.jdbc."
_JDBC = "io.kestra.plugin.jdbc."

TYPES = {
    f"{_JDBC}duckdb.Queries": f"{_HERE}duckdb:DuckdbQueries",
    f"{_JDBC}duckdb.Query": f"{_HERE}duckdb:DuckdbQuery",
    f"{_JDBC}mariadb.Queries": f"{_HERE}mysql:MariadbQueries",
    f"{_JDBC}mariadb.Query": f"{_HERE}mysql:MariadbQuery",
    f"{_JDBC}mysql.Batch": f"{_HERE}mysql:MysqlBatch",
    f"{_JDBC}mysql.Queries": f"{_HERE}mysql:MysqlQueries",
    f"{_JDBC}mysql.Query": f"{_HERE}mysql:MysqlQuery",
    f"{_JDBC}postgresql.Batch": f"{_HERE}postgresql:PostgresqlBatch",
    f"{_JDBC}postgresql.CopyIn": f"{_HERE}postgresql_copy:PostgresqlCopyIn",
    f"{_JDBC}postgresql.CopyOut": f"{_HERE}postgresql_copy:PostgresqlCopyOut",
    f"{_JDBC}postgresql.Queries": f"{_HERE}postgresql:PostgresqlQueries",
    f"{_JDBC}postgresql.Query": f"{_HERE}postgresql:PostgresqlQuery",
    f"{_JDBC}sqlite.Queries": f"{_HERE}sqlite:SqliteQueries",
    f"{_JDBC}sqlite.Query": f"{_HERE}sqlite:SqliteQuery",
}
