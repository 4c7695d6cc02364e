"""The URLs of this app. Sign-in itself is allauth's, under /sign-in/."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.views import (
    development,
    provider,
    second_factor,
    sessions,
    sign_in,
)

app_name = "accounts"

urlpatterns = [
    path("profile/second-factor/", second_factor.overview, name="second_factor"),
    path("profile/second-factor/required/", second_factor.required, name="second_factor_required"),
    path("profile/second-factor/app/", second_factor.add_app, name="add_app"),
    path("profile/second-factor/key/", second_factor.add_key, name="add_key"),
    path("profile/second-factor/codes/", second_factor.recovery_codes, name="recovery_codes"),
    path("profile/second-factor/<uuid:factor>/removal/", second_factor.remove_factor, name="remove_factor"),
    path("profile/sessions/", sessions.sessions, name="sessions"),
    path("profile/sessions/end/", sessions.end_other_sessions, name="end_other_sessions"),
    path("profile/sessions/<uuid:session>/end/", sessions.end_session, name="end_session"),
    path("development/mail/", development.mails, name="development_mails"),
    path("development/mail/<str:file>/<int:number>/", development.mail, name="development_mail"),
]

# allauth's pages, without those that would change a person outside our services. allauth requires these names.
sign_in_urls: list[URLPattern | URLResolver] = [
    path("second-factor/", sign_in.SecondFactor.as_view(), name="mfa_authenticate"),
    path("confirm/code/", sign_in.SecondFactorAgain.as_view(), name="mfa_reauthenticate"),
    path("confirm/key/", sign_in.KeyAgain.as_view(), name="mfa_reauthenticate_webauthn"),
    path("passkey/", sign_in.passkey, name="mfa_login_webauthn"),
    path("login/", sign_in.SignIn.as_view(), name="account_login"),
    path("organisation/", provider.leave, name="provider_leave"),
    path("organisation/find/", provider.find, name="provider_find"),
    path("organisation/<uuid:provider>/", provider.own, name="provider_own"),
    path("organisation/<uuid:provider>/back/", provider.own_back, name="provider_own_back"),
    path("organisation/back/", provider.come_back, name="provider_back"),
    path("password/reset/", sign_in.ForgottenPassword.as_view(), name="account_reset_password"),
    path("confirm-email/", sign_in.ConfirmEmail.as_view(), name="account_email_verification_sent"),
    path("", include("allauth.account.urls")),
]
