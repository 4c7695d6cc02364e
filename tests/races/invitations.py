"""Somebody registers or claims while their promises change."""

from django.contrib.auth.hashers import make_password

from accounts import tokens
from accounts.models import Invitation, User
from accounts.services import invitations as accounts_invitations
from accounts.services import registration
from sharing import services
from sharing.models import Share
from tests.cast import Cast, acting
from tests.factories import make_user
from tests.overlap import (
    Deed,
    address,
    invitation_row,
    study_rows,
)
from tests.races.scene import (
    Scene,
    deleting,
    email,
    ending,
    new_address,
    new_study,
    placed,
    placed_with,
    share,
    sharing,
)

CODE = "123456"


def invited(typed: str) -> Invitation:
    """The waiting invitation, with a code that is on its way."""
    invitation = Invitation.objects.get(email=typed)
    registration.send_code(invitation=invitation, by=acting(None))
    Invitation.objects.filter(pk=invitation.pk).update(code_hash=tokens.hash_code(invitation, CODE))
    invitation.refresh_from_db()
    return invitation


def registering(invitation: Invitation) -> Deed:
    password = make_password("calm reading room")
    return lambda: services.register_invited(
        invitation=invitation, name="Dora", password=password, code=CODE, by=acting(None)
    )


def two_registrations_on_one_invitation(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    share(cast.ana, study, cast.ct, email(typed))
    invitation = invited(typed)
    return Scene(
        registering(invitation), registering(invitation),
        [address(typed), study_rows(study)],
        ("registered", accounts_invitations.USED), (accounts_invitations.USED, "registered"),
        # The try at the code is taken, and committed, before anything else.
        loose=(invitation_row(invitation),),
        after=lambda: User.objects.filter(email=typed).count() == 1 and placed_with(study, typed),
    )  # fmt: skip


def a_registration_against_a_new_share(cast: Cast) -> Scene:
    before, study, typed = new_study(cast), new_study(cast), new_address()
    share(cast.ana, before, cast.ct, email(typed))
    return Scene(
        registering(invited(typed)), sharing(cast.ana, study, cast.ct, email(typed)), [address(typed)],
        ("registered", "shared"), ("registered", "invited"),
        after=lambda: placed_with(before, typed) and placed_with(study, typed),
    )  # fmt: skip


def a_registration_against_the_same_share(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    share(cast.ana, study, cast.ct, email(typed))
    return Scene(
        registering(invited(typed)), sharing(cast.ana, study, cast.ct, email(typed)),
        [address(typed), study_rows(study)],
        ("registered", "already_shared"), ("registered", "already_shared"),
        after=lambda: placed_with(study, typed) and Share.objects.filter(study=study).count() == 1,
    )  # fmt: skip


def a_registration_against_the_end_of_its_promise(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    report = share(cast.ana, study, cast.ct, email(typed))
    return Scene(
        registering(invited(typed)), ending(cast.ana, report), [study_rows(study)],
        ("registered", "ended 1, already 0, with them 0"), ("registered", "ended 1, already 0, with them 0"),
        after=lambda: placed(study),
    )  # fmt: skip


def a_registration_against_the_withdrawal(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    share(cast.ana, study, cast.ct, email(typed))
    invitation = invited(typed)
    return Scene(
        registering(invitation), lambda: services.withdraw_invitation(invitation=invitation.uuid, by=acting(cast.ana)),
        [address(typed)],
        ("registered", accounts_invitations.USED_MEANWHILE),
        (accounts_invitations.WITHDRAWN, "1"),
    )  # fmt: skip


def a_registration_against_the_deletion(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    share(cast.ana, study, cast.ct, email(typed))
    ended = "studies 1, shares 1, with them 0"
    return Scene(
        registering(invited(typed)), deleting(cast, study), [study_rows(study)],
        ("registered", ended), ("registered", ended),
    )  # fmt: skip


def two_sign_ins_claim_at_once(cast: Cast) -> Scene:
    """The address was proved by other means than the link: both sign-ins find the promise."""
    study, typed = new_study(cast), new_address()
    share(cast.ana, study, cast.ct, email(typed))
    person = make_user("Dora", email=typed)
    claim: Deed = lambda: services.claim_promises(by=acting(person))  # noqa: E731
    return Scene(
        claim, claim, [address(typed), study_rows(study)],
        ("1", "0"), ("0", "1"),
        after=lambda: placed_with(study, typed) and Invitation.objects.get(email=typed).accepted_at is not None,
    )  # fmt: skip


SCENES = [
    two_registrations_on_one_invitation,
    a_registration_against_a_new_share,
    a_registration_against_the_same_share,
    a_registration_against_the_end_of_its_promise,
    a_registration_against_the_withdrawal,
    a_registration_against_the_deletion,
    two_sign_ins_claim_at_once,
]
