"""Our administration in the place of Django's own admin site, and the application whose pages it shows."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class SiteConfig(AdminConfig):
    """Django's admin, with our site as its default."""

    default_site = "administration.site.AdministrationSite"


class AdministrationConfig(AppConfig):
    name = "administration"
