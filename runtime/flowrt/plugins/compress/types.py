"""Which class runs which type of archives and compressed files."""

_ARCHIVES = "flowrt.plugins.compress.archives:"
_ENCRYPTION = "flowrt.plugins.compress.encryption:"
_FILES = "flowrt.plugins.compress.files:"
_OPENPGP = "flowrt.plugins.compress.openpgp:"

TYPES = {
    "io.kestra.plugin.compress.ArchiveCompress": f"{_ARCHIVES}ArchiveCompress",
    "io.kestra.plugin.compress.ArchiveDecompress": f"{_ARCHIVES}ArchiveDecompress",
    "io.kestra.plugin.compress.FileCompress": f"{_FILES}FileCompress",
    "io.kestra.plugin.compress.FileDecompress": f"{_FILES}FileDecompress",
    "io.kestra.plugin.compress.FileDecrypt": f"{_ENCRYPTION}FileDecrypt",
    "io.kestra.plugin.compress.FileEncrypt": f"{_ENCRYPTION}FileEncrypt",
    "io.kestra.plugin.crypto.openpgp.Decrypt": f"{_OPENPGP}PgpDecrypt",
    "io.kestra.plugin.crypto.openpgp.Encrypt": f"{_OPENPGP}PgpEncrypt",
}
