"""Addresses of this app. Sign-in itself is allauth's, under /sign-in/."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from accounts.views import development, profile, registration

app_name = "accounts"

urlpatterns = [
    path("invitations/<str:token>/", registration.open_link, name="open_invitation"),
    path("register/", registration.register, name="register"),
    path("register/code/", registration.register_code, name="register_code"),
    path("register/code/new/", registration.resend_code, name="resend_code"),
    path("profile/", profile.profile, name="profile"),
    path("profile/details/", profile.change_details, name="change_details"),
    path("profile/share-code/new/", profile.new_share_code, name="new_share_code"),
    path("profile/share-code/removal/", profile.remove_share_code, name="remove_share_code"),
    path("profile/worklists/<uuid:worklist>/", profile.worklist_rights, name="worklist_rights"),
    path("profile/worklists/<uuid:worklist>/mail/", profile.mail_tick, name="mail_tick"),
    path("development/mail/", development.mails, name="development_mails"),
    path("development/mail/<str:file>/<int:number>/", development.mail, name="development_mail"),
]

# allauth's pages without those that would change a person past our services.
sign_in_urls: list[URLPattern | URLResolver] = [
    path("email/", RedirectView.as_view(pattern_name="accounts:profile")),
    path("", include("allauth.account.urls")),
]
