"""Our administration in the place of Django's own admin site."""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    default_site = "cimar.administration_site.AdministrationSite"
