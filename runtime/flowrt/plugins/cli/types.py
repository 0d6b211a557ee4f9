"""Which class runs which type of the command-line tools."""

_PLAIN = "flowrt.plugins.cli.plain:"
_CLOUDS = "flowrt.plugins.cli.clouds:"
_DBT = "flowrt.plugins.cli.dbt:"
_DBT_COMMANDS = ("Build", "Compile", "Deps", "Freshness", "List", "Run", "Seed", "Snapshot", "Test")
_SINGER = "flowrt.plugins.cli.singer:Singer"

TYPES = {
    "io.kestra.plugin.ansible.cli.AnsibleCLI": "flowrt.plugins.cli.ansible:AnsibleCLI",
    "io.kestra.plugin.aws.cli.AwsCLI": f"{_CLOUDS}AwsCLI",
    "io.kestra.plugin.azure.cli.AzCLI": f"{_CLOUDS}AzCLI",
    "io.kestra.plugin.beam.RunPipeline": "flowrt.plugins.cli.beam:BeamRunPipeline",
    "io.kestra.plugin.cloudquery.CloudQueryCLI": f"{_PLAIN}CloudQueryCLI",
    "io.kestra.plugin.cloudquery.Sync": "flowrt.plugins.cli.cloudquery:CloudQuerySync",
    "io.kestra.plugin.databricks.cli.DatabricksCLI": f"{_CLOUDS}DatabricksCLI",
    "io.kestra.plugin.databricks.cli.DatabricksSQLCLI": f"{_CLOUDS}DatabricksSQLCLI",
    "io.kestra.plugin.dataform.cli.DataformCLI": f"{_PLAIN}DataformCLI",
    "io.kestra.plugin.dbt.cli.DbtCLI": f"{_DBT}DbtCLI",
    **{f"io.kestra.plugin.dbt.cli.{name}": f"{_DBT}Dbt{name}" for name in _DBT_COMMANDS},
    "io.kestra.plugin.dbt.cli.Setup": "flowrt.plugins.cli.dbt_setup:DbtSetup",
    "io.kestra.plugin.dlt.CLI": f"{_PLAIN}DltCLI",
    "io.kestra.plugin.dlt.Run": f"{_PLAIN}DltRun",
    "io.kestra.plugin.gcp.cli.GCloudCLI": f"{_CLOUDS}GCloudCLI",
    "io.kestra.plugin.modal.cli.ModalCLI": f"{_PLAIN}ModalCLI",
    "io.kestra.plugin.ollama.cli.OllamaCLI": f"{_PLAIN}OllamaCLI",
    "io.kestra.plugin.redis.cli.RedisCLI": f"{_CLOUDS}RedisCLI",
    "io.kestra.plugin.singer.taps.GenericTap": f"{_SINGER}GenericTap",
    **{
        f"io.kestra.plugin.singer.taps.Pipelinewise{name}": f"{_SINGER}{name}"
        for name in ("Mysql", "Oracle", "SqlServer")
    },
    "io.kestra.plugin.singer.targets.GenericTarget": f"{_SINGER}GenericTarget",
    "io.kestra.plugin.soda.Scan": "flowrt.plugins.cli.soda:SodaScan",
    **{
        f"io.kestra.plugin.spark.{name}": f"flowrt.plugins.cli.spark:Spark{name}"
        for name in ("JarSubmit", "PythonSubmit", "RSubmit")
    },
    "io.kestra.plugin.spark.SparkCLI": "flowrt.plugins.cli.spark:SparkCLI",
    "io.kestra.plugin.sqlmesh.cli.SQLMeshCLI": f"{_PLAIN}SQLMeshCLI",
    "io.kestra.plugin.terraform.cli.TerraformCLI": f"{_PLAIN}TerraformCLI",
    "io.kestra.plugin.tika.Parse": "flowrt.plugins.cli.tika:TikaParse",
    "io.kestra.plugin.trivy.cli.TrivyCLI": f"{_PLAIN}TrivyCLI",
}
