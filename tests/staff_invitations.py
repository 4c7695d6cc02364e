"""People invited to work for an account, for the tests of what comes of it."""

from typing import Any

from django.contrib.auth.hashers import make_password

from accounts import tokens
from accounts.models import Invitation, User
from accounts.services import registration
from sharing.models import Method, Share
from sharing.services import register_invited, share_studies
from sharing.targets import Target
from tests.cast import acting
from tests.factories import PASSWORD, role_of
from worklists import services
from worklists.models import InvitedMembership
from worklists.services import MembershipOffer

ADDRESS = "dora@example.net"
CODE = "123456"


def offer(
    cast: Any, typed: str = ADDRESS, role: str = "Viewer", *places: Any, **more: Any
) -> MembershipOffer:
    return MembershipOffer(typed, role_of(cast.northgate, role), tuple(places), **more)


def invite(cast: Any, *offers: MembershipOffer, by: Any = None) -> list[services.Answer]:
    return services.invite_members(account=cast.northgate, offers=offers, by=acting(by or cast.adam))


def waiting(typed: str = ADDRESS) -> InvitedMembership:
    return InvitedMembership.objects.get(invitation__email=typed)


def register(invitation: Invitation, name: str = "Dora") -> User:
    registration.send_code(invitation=invitation, by=acting(None))
    Invitation.objects.filter(pk=invitation.pk).update(code_hash=tokens.hash_code(invitation, CODE))
    invitation.refresh_from_db()
    return register_invited(
        invitation=invitation, name=name, password=make_password(PASSWORD), code=CODE, by=acting(None)
    )


def promise(cast: Any, by: Any = None) -> Share:
    target = Target(Method.EMAIL, ADDRESS)
    report = share_studies(placements=[cast.placement.uuid], targets=[target], by=acting(by or cast.ana))
    return report.rows[0].share
