"""The URLs of this app. Sign-in itself is allauth's, under /sign-in/."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.views import (
    development,
    memberships,
    profile,
    provider,
    registration,
    second_factor,
    sessions,
    sign_in,
)

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
    path("profile/memberships/", memberships.memberships, name="memberships"),
    path("profile/memberships/offers/<uuid:offer>/accept/", memberships.accept, name="accept_offer"),
    path("profile/memberships/offers/<uuid:offer>/decline/", memberships.decline, name="decline_offer"),
    path("profile/memberships/<uuid:account>/leave/", memberships.leave, name="leave_account"),
    path("profile/worklists/<uuid:worklist>/", profile.worklist_rights, name="worklist_rights"),
    path("profile/worklists/<uuid:worklist>/mail/", profile.mail_tick, name="mail_tick"),
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
    path("organisation/", provider.leave, name="provider_leave"),
    path("organisation/back/", provider.come_back, name="provider_back"),
    path("password/reset/", sign_in.ForgottenPassword.as_view(), name="account_reset_password"),
    path("confirm-email/", sign_in.ConfirmEmail.as_view(), name="account_email_verification_sent"),
    path("", include("allauth.account.urls")),
]
