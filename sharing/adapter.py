"""What waits for a person who signs in: promised shares are claimed, and offered memberships are named."""

import logging

from django.contrib import messages
from django.db import Error as DatabaseError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import adapter
from audit.actor import Actor
from sharing.services import claim_promises
from worklists.selectors.offers import offers_to

log = logging.getLogger(__name__)

OFFERED = gettext_noop(
    "An organisation offers you a membership. To accept or decline it, open your profile and then “Your organisations”."
)


class AccountAdapter(adapter.AccountAdapter):
    def email_proved(self, by: Actor) -> None:
        """An error while claiming must not prevent the sign-in: the next sign-in tries again."""
        try:
            claim_promises(by=by)
        except DatabaseError as error:
            log.error("what waits for user %s was not claimed: %s", by.user_id, type(error).__name__)

    def signed_in(self, request: HttpRequest, by: Actor) -> None:
        if offers_to(by.person).exists():
            messages.info(request, _(OFFERED))
