"""Which class runs which type of containers and clusters."""

_DOCKER = ("Build", "Compose", "ImageLs", "Prune", "Pull", "Push", "Rm", "Run", "Stop", "Tag")
_KUBECTL = ("Apply", "Delete", "Get", "Patch", "Restart")

TYPES = {
    "io.kestra.plugin.kubernetes.core.PodCreate": "flowrt.plugins.containers.pods:KubernetesPodCreate",
    **{
        f"io.kestra.plugin.docker.cli.{verb}": f"flowrt.plugins.containers.docker:Docker{verb}"
        for verb in _DOCKER
    },
    **{
        f"io.kestra.plugin.docker.model.{verb}": f"flowrt.plugins.containers.models:DockerModel{verb}"
        for verb in ("Delete", "List", "Pull")
    },
    **{
        f"io.kestra.plugin.kubernetes.kubectl.{verb}": f"flowrt.plugins.containers.kubectl:Kubectl{verb}"
        for verb in _KUBECTL
    },
}
