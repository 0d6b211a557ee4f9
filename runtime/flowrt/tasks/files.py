"""Files in and out of a working folder: `inputFiles`, `outputFiles`, `namespaceFiles`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrt.declare import BOOLEAN, STRING, Declared, enum, listing, prop, record

if TYPE_CHECKING:
    from flowrt.declare import Flag, Listing, Text


class LoadNamespaceFiles(Declared):
    """Which namespace files are put into the folder before the work starts."""

    enabled: Flag = prop(BOOLEAN, default=True)
    include: Listing | None = prop(listing(STRING), default=None)
    exclude: Listing | None = prop(listing(STRING), default=None)
    namespaces: Listing | None = prop(listing(STRING), default=None)
    if_exists: Text = prop(enum("OVERWRITE", "FAIL", "WARN", "IGNORE"), default="OVERWRITE")
    folder_per_namespace: Flag = prop(BOOLEAN, default=False)


NAMESPACE_FILES = record(LoadNamespaceFiles)
