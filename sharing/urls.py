"""URLs of sharing: a path for each action; also registering and leaving, which begin and end shares."""

from django.urls import path

from sharing.views import (
    access,
    changes,
    code_link,
    deletion,
    ends,
    invitations,
    memberships,
    received,
    registration,
    removal,
    share,
    shared_by_me,
)

app_name = "sharing"

urlpatterns = [
    path("invitations/<str:token>/", registration.open_link, name="open_invitation"),
    path("register/", registration.register, name="register"),
    path("register/code/", registration.register_code, name="register_code"),
    path("register/code/new/", registration.resend_code, name="resend_code"),
    path("profile/memberships/", memberships.memberships, name="memberships"),
    path("profile/memberships/offers/<uuid:offer>/accept/", memberships.accept, name="accept_offer"),
    path("profile/memberships/offers/<uuid:offer>/decline/", memberships.decline, name="decline_offer"),
    path("profile/memberships/<uuid:account>/leave/", memberships.leave, name="leave_account"),
    path("share/", share.open_dialog, name="share"),
    path("share/open/", share.open_dialog, name="share_open"),
    path("share/check/", share.check, name="share_check"),
    path("share/physicians/", share.physicians, name="physicians"),
    path("share/code/<str:code>/", code_link.with_code, name="with_code"),
    path("share/pressed/<uuid:press>/", share.pressed, name="pressed"),
    path("share/studies/", share.share, name="share_studies"),
    path("shares/end/", ends.end, name="end"),
    path("shares/<uuid:share>/change/", changes.change, name="change"),
    path("remove/", removal.preview, name="remove"),
    path("remove/studies/", removal.remove, name="remove_studies"),
    path("delete/", deletion.preview, name="delete"),
    path("delete/study/", deletion.delete, name="delete_study"),
    path("placements/<uuid:placement>/access/", access.access, name="access"),
    path("received/<uuid:press>/", received.received, name="received"),
    path("shared-by-me/", shared_by_me.shared_by_me, name="shared_by_me"),
    path("shared-by-me/csv/", shared_by_me.shared_by_me_csv, name="shared_by_me_csv"),
    path("shared-by-me/invitations/", shared_by_me.invitations, name="invitations"),
    path("shared-by-me/invitations/<uuid:invitation>/resend/", invitations.resend, name="resend"),
    path("shared-by-me/invitations/<uuid:invitation>/new-link/", invitations.relink, name="relink"),
    path("shared-by-me/invitations/<uuid:invitation>/withdraw/", invitations.withdraw, name="withdraw"),
]
