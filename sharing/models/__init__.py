"""Grants: what keeps a study placed where it is not at home."""

from sharing.models.share import Method, Share

__all__ = ["Method", "Share"]
