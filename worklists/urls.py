"""The URLs of this app: a person's own page, and their access tokens."""

from django.urls import path

from worklists.views import profile, tokens

app_name = "worklists"

urlpatterns = [
    path("profile/", profile.profile, name="profile"),
    path("profile/details/", profile.change_details, name="change_details"),
    path("profile/share-code/new/", profile.new_share_code, name="new_share_code"),
    path("profile/share-code/removal/", profile.remove_share_code, name="remove_share_code"),
    path("profile/worklists/<uuid:worklist>/", profile.worklist_rights, name="worklist_rights"),
    path("profile/worklists/<uuid:worklist>/notifications/", profile.notices, name="notices"),
    path("profile/tokens/", tokens.tokens, name="tokens"),
    path("profile/tokens/new/", tokens.new_token, name="new_token"),
    path("profile/tokens/<uuid:token>/revoke/", tokens.revoke_token, name="revoke_token"),
]
