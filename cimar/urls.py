"""Every address begins here."""

from allauth.account import views as account_views
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.urls import sign_in_urls
from accounts.views.sign_in import admin_sign_in
from cimar import health, views

# Groups carry rights on worklists and `worklists/access.py` alone writes them; an address is proved by its owner.
for model in (Group, EmailAddress):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

urlpatterns = [
    path("", views.home, name="home"),
    path("health/", health.ready, name="health"),
    path("gallery/", views.gallery, name="gallery"),
    path("sign-in/", include(sign_in_urls)),
    path("", include("accounts.urls")),
    path("", include("studies.urls")),
    path("", include("sharing.urls")),
    # The admin has no sign-in, sign-out or password page of its own: ours are audited and limited in rate.
    path("admin/login/", admin_sign_in),
    path("admin/logout/", account_views.logout),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
]
