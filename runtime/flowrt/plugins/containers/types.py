"""Which class runs which type of containers, clusters and virtual machines."""

_DOCKER = ("Build", "Compose", "ImageLs", "Prune", "Pull", "Push", "Rm", "Run", "Stop", "Tag")
_KUBECTL = ("Apply", "Delete", "Get", "Patch", "Restart")
_VIRSH = ("CreateVm", "DeleteVm", "ListVms", "StartVm", "StopVm", "UpdateVm")

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
    **{
        f"io.kestra.plugin.kvm.{verb}": f"flowrt.plugins.containers.virsh:Kvm{verb}"
        for verb in _VIRSH
    },
}
