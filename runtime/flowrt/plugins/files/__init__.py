"""Files and commands on other machines: SSH, SFTP, FTP; files of this one."""

from flowrt.plugins.files.types import TYPES

__all__ = ["TYPES"]
