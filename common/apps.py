"""An application, so that Django loads its template tags."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "common"
