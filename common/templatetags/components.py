"""`{% load components %}`: every component of the library."""

from common.components import forms, frames, press, studies, words  # noqa: F401  (importing them registers the tags)
from common.components.library import register

__all__ = ["register"]
