"""Files and commands on other machines: SSH, SFTP, FTP; files of this one."""
