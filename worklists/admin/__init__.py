"""The administration of worklists and their members."""

from worklists.admin import members, worklists

__all__ = ["members", "worklists"]
