"""Microsoft 365: mail of Outlook, files of OneDrive and SharePoint, cards of Teams, records of Dynamics."""

from flowrt.plugins.microsoft.types import TYPES

__all__ = ["TYPES"]
