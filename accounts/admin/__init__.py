"""The administration of accounts: settings, roles, people; users for superusers."""

from accounts.admin import invitations, people, roles, settings, users

__all__ = ["invitations", "people", "roles", "settings", "users"]
