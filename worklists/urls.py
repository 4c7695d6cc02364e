"""The URLs of this app: a person's access tokens."""

from django.urls import path

from worklists.views import tokens

app_name = "worklists"

urlpatterns = [
    path("profile/tokens/", tokens.tokens, name="tokens"),
    path("profile/tokens/new/", tokens.new_token, name="new_token"),
    path("profile/tokens/<uuid:token>/revoke/", tokens.revoke_token, name="revoke_token"),
]
