"""Which class runs which type of AWS and MinIO."""

_S3 = "flowrt.plugins.aws.s3:S3"
_MINIO = "flowrt.plugins.aws.minio:Minio"
_DYNAMODB = "flowrt.plugins.aws.dynamodb:DynamoDb"
_SERVICES = "flowrt.plugins.aws.services:"
_CLOUDWATCH = "flowrt.plugins.aws.cloudwatch:CloudWatch"
_JOBS = "flowrt.plugins.aws.jobs:"
_OBJECTS = (
    "Copy",
    "CreateBucket",
    "Delete",
    "DeleteList",
    "Download",
    "Downloads",
    "List",
    "Upload",
)
_MORE = {
    ("bedrock", "bedrock:Bedrock"): (
        *("Converse", "ConverseStream", "InvokeModel", "ListFoundationModels"),
    ),
    ("cloudformation", "cloudformation:CloudFormation"): ("Create", "Delete"),
    ("emr", "emr:Emr"): (
        *("CreateClusterAndSubmitSteps", "CreateServerlessApplicationAndStartJob"),
        *("DeleteCluster", "DeleteServerlessApplication", "SubmitSteps"),
    ),
    ("healthlake", "healthlake:HealthLake"): (
        *("CreateDatastore", "DeleteDatastore", "DescribeDatastore", "ListDatastores"),
        *("DescribeExportJob", "DescribeImportJob", "StartExportJob", "StartImportJob"),
    ),
    ("kinesis", "kinesis:Kinesis"): ("Consume",),
    ("msk", "msk:Msk"): (
        *("CreateCluster", "DeleteCluster", "DescribeCluster", "GetBootstrapBrokers"),
        "ListClusters",
    ),
    ("s3.files", "s3_files:S3Files"): (
        *("CreateFileSystem", "DeleteFileSystem", "GetFileSystem", "ListFileSystems"),
        *("CreateMountTarget", "DeleteMountTarget", "ListMountTargets"),
    ),
}

TYPES = {
    **{f"io.kestra.plugin.aws.s3.{verb}": f"{_S3}{verb}" for verb in _OBJECTS},
    **{f"io.kestra.plugin.minio.{verb}": f"{_MINIO}{verb}" for verb in _OBJECTS},
    **{
        f"io.kestra.plugin.aws.dynamodb.{verb}": f"{_DYNAMODB}{verb}"
        for verb in ("DeleteItem", "GetItem", "PutItem", "Query", "Scan")
    },
    "io.kestra.plugin.aws.athena.Query": f"{_SERVICES}AthenaQuery",
    **{
        f"io.kestra.plugin.aws.cloudwatch.{verb}": f"{_CLOUDWATCH}{verb}"
        for verb in ("Push", "Query")
    },
    **{
        f"io.kestra.plugin.aws.glue.{verb}": f"{_JOBS}Glue{verb}"
        for verb in ("GetJobRun", "StartJobRun", "StopJobRun")
    },
    "io.kestra.plugin.aws.emr.StartServerlessJobRun": f"{_JOBS}EmrStartServerlessJobRun",
    "io.kestra.plugin.aws.ecr.GetAuthToken": f"{_SERVICES}EcrGetAuthToken",
    "io.kestra.plugin.aws.eventbridge.PutEvents": f"{_SERVICES}EventBridgePutEvents",
    "io.kestra.plugin.aws.kinesis.PutRecords": f"{_SERVICES}KinesisPutRecords",
    "io.kestra.plugin.aws.lambda.Invoke": f"{_SERVICES}LambdaInvoke",
    "io.kestra.plugin.aws.sns.Publish": f"{_SERVICES}SnsPublish",
    "io.kestra.plugin.aws.sqs.Consume": f"{_SERVICES}SqsConsume",
    "io.kestra.plugin.aws.sqs.Publish": f"{_SERVICES}SqsPublish",
    **{
        f"io.kestra.plugin.aws.{package}.{verb}": f"flowrt.plugins.aws.{start}{verb}"
        for (package, start), verbs in _MORE.items()
        for verb in verbs
    },
    "io.kestra.plugin.aws.auth.EksToken": "flowrt.plugins.aws.auth:EksToken",
}
