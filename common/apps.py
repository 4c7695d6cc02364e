"""The ground floor as an application, so that Django finds its template tags."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "common"
