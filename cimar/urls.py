"""Every address begins here."""

from allauth.account import views as account_views
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.urls import sign_in_urls
from accounts.views.sign_in import admin_sign_in
from cimar import health, metrics, views

# What allauth calls when one of its limits is reached.
handler429 = "accounts.views.sign_in.too_many"
handler500 = "cimar.failures.failed"

urlpatterns = [
    # First, because a client asks it by the thousand, and every URL before it is compared each time.
    path("dicomweb/", include("studies.dicomweb.urls")),
    path("", views.home, name="home"),
    # Answered before any other middleware, by cimar.health.Probes; here they have their names.
    path("health/", health.ready, name="health"),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("metrics", metrics.scrape, name="metrics"),
    path("manual/", views.manual, name="manual"),
    path("contact/", views.contact, name="contact"),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("gallery/", views.gallery, name="gallery"),
    path("sign-in/", include(sign_in_urls)),
    path("", include("accounts.urls")),
    path("", include("worklists.urls")),
    path("", include("studies.urls")),
    path("", include("sharing.urls")),
    # The admin has no sign-in, sign-out or password page of its own: ours are audited and limited in rate.
    path("admin/login/", admin_sign_in),
    path("admin/logout/", account_views.logout),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
]
