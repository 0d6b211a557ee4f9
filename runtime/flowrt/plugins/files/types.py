"""Which class runs which type of files on other machines."""

_VERBS = ("Delete", "Download", "Downloads", "List", "Move", "Upload", "Uploads")

_DROPBOX = (
    *("Copy", "CreateFolder", "Delete", "Download", "GetMetadata", "List", "Move", "Search"),
    "Upload",
)

TYPES = {
    **{
        f"io.kestra.plugin.dropbox.files.{name}": f"flowrt.plugins.files.dropbox:Dropbox{name}"
        for name in _DROPBOX
    },
    "io.kestra.plugin.fs.ssh.Command": "flowrt.plugins.files.ssh:SshCommand",
    "io.kestra.plugin.fs.tcp.Send": "flowrt.plugins.files.sockets:TcpSend",
    "io.kestra.plugin.fs.udp.Send": "flowrt.plugins.files.sockets:UdpSend",
    "io.kestra.plugin.fs.local.Copy": "flowrt.plugins.files.local:LocalCopy",
    **{
        f"io.kestra.plugin.fs.nfs.{verb}": f"flowrt.plugins.files.nfs:Nfs{verb}"
        for verb in ("CheckMount", "Copy", "Delete", "List", "Move")
    },
    **{
        f"io.kestra.plugin.fs.{protocol}.{verb}": f"flowrt.plugins.files.{module}:{protocol.capitalize()}{verb}"
        for protocol, module in (
            ("sftp", "sftp"),
            ("ftp", "ftp"),
            ("ftps", "ftp"),
            ("local", "local"),
            ("smb", "smb"),
        )
        for verb in _VERBS
    },
}
