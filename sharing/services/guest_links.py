"""A guest link as its maker has it: made, extended, ended."""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.services import limits
from accounts.services.outbox import queue_mail
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record_all
from common.email_lists import check_email
from common.exceptions import NothingThere
from common.text import NOT_AN_EMAIL, identity, tidy_text
from sharing import permissions
from sharing.events import moment_text, on_guest_link
from sharing.limits import ONE_WORKLIST
from sharing.locks import lock_maker
from sharing.models import GuestLink, GuestLinkStudy, ShareRule
from sharing.models.guest_link import State
from sharing.selectors.guest_links import links_seen_by, of_one_patient, placements_of
from sharing.selectors.guest_policy import Policy
from sharing.selectors.rules import Recipient, ruling_for
from sharing.services import settling
from sharing.services.previews import visible_placements
from studies.models import Placement

Reason = GuestLink.EndReason
MOST_STUDIES = 50
MOST_OPENINGS = 1000
SHORTEST_PASSWORD, LONGEST_PASSWORD = 6, 128
# What a person chooses of a link beside its studies, its password and its last day.
CHOSEN_ONCE = ("worklist_id", "may_download", "most_openings", "recipient_name", "recipient_email")

OVER = gettext_noop("This guest link has ended already.")


def make_guest_link(
    *,
    placements: Sequence[UUID],
    by: Actor,
    expires_at: date | datetime | None = None,
    password: str = "",
    most_openings: int | None = None,
    may_download: bool = False,
    recipient_name: str = "",
    recipient_email: str = "",
    uuid: UUID | None = None,
) -> GuestLink:
    """Make a link to studies of one patient on one worklist; with an email it is mailed there.

    `expires_at`: a moment, or the last day, which counts to its end; left out, the preset of the account. What the link
    may do is never widened afterwards. Link and email count against the limits before the transaction. `uuid`: of a
    form that may be sent twice; sent again as it was, the link that it made is answered.

    Raises NothingThere, PermissionDenied and ValidationError.
    """
    person = by.person
    chosen = chosen_for_a_link(placements, by)
    worklist = chosen[0].worklist
    permissions.check_make_link(by, worklist, may_download=may_download)
    _check_openings(most_openings)
    link = GuestLink(
        uuid=uuid or uuid4(),
        worklist=worklist,
        made_by=person,
        n_studies=len(chosen),
        password=_hashed(password),
        most_openings=most_openings,
        may_download=may_download,
        recipient_name=_name(recipient_name),
        recipient_email=_email(recipient_email),
    )
    if made := _made_before(link, chosen, password, expires_at):
        return made
    check_rules(link)
    limits.count_guest_link(by=by, account=worklist.account_id)
    limits.count_emails(by=by, account=worklist.account_id, emails=1 if link.recipient_email else 0)
    try:
        with transaction.atomic():
            return _make(link, [placement.uuid for placement in chosen], expires_at, by)
    except IntegrityError:
        # The same form, sent twice at the same time: the other was first.
        if made := _made_before(link, chosen, password, expires_at):
            return made
        raise


def _made_before(
    link: GuestLink, placements: Sequence[Placement], password: str, expires_at: date | datetime | None
) -> GuestLink | None:
    """The link that the same form made. A form that was changed meanwhile makes a link of its own."""
    made = GuestLink.objects.with_names().filter(uuid=link.uuid, made_by=link.made_by).first()
    if made is None:
        return None
    same = all(getattr(made, name) == getattr(link, name) for name in CHOSEN_ONCE)
    shown = set(made.studies.values_list("placement_uuid", flat=True))
    same = same and shown == {placement.uuid for placement in placements}
    if same and _is_password(made, password) and _has_end(made, placements, expires_at):
        return made
    link.uuid = uuid4()
    return None


def _has_end(link: GuestLink, placements: Sequence[Placement], wanted: date | datetime | None) -> bool:
    try:
        return link.expires_at == Policy.of(link.worklist, placements, link.made_at).end(wanted)
    except ValidationError:
        return False


def _is_password(link: GuestLink, password: str) -> bool:
    password = tidied_password(password)
    return (
        check_password(password, link.password) if link.password and password else link.password == password
    )


def _make(
    link: GuestLink, placements: list[UUID], expires_at: date | datetime | None, by: Actor
) -> GuestLink:
    lock_maker(user=by.person.pk, account=link.worklist.account_id)
    studies = Placement.objects.filter(uuid__in=placements).values_list("study_id", flat=True)
    now = settling.lock_studies(studies)
    # Read in new statements: before the locks a share may have ended, and a right may have been lost.
    chosen = chosen_for_a_link(placements, by)
    if len(chosen) < link.n_studies:
        raise NothingThere
    permissions.check_make_link(by, link.worklist, may_download=link.may_download)
    # Whoever saves a rule holds the account's row, as `lock_maker` does.
    check_rules(link)
    link.made_at, link.expires_at = now, Policy.of(link.worklist, chosen, now).end(expires_at)
    link.save()
    GuestLinkStudy.objects.bulk_create(
        GuestLinkStudy(
            link=link, study=placement.study, placement_key=placement.pk, placement_uuid=placement.uuid
        )
        for placement in chosen
    )
    allowed = {"has_password": bool(link.password), "most_openings": link.most_openings}
    until = moment_text(link.expires_at)
    record_link(Action.GUEST_LINK_ADD, link, by, now, until=until, may_download=link.may_download, **allowed)
    if link.recipient_email:
        mail_link(link, by, now)
    return link


def mail_link(link: GuestLink, by: Actor, now: datetime) -> None:
    """Its URL to the recipient's email. The URL is made when the mail is sent: neither mail nor event holds it."""
    data = {"link": link.pk}
    queue_mail(kind="guest_link", recipient=link.recipient_email, data=data, good_until=link.expires_at)
    record_link(Action.GUEST_LINK_MAIL, link, by, now, address=link.recipient_email)


@transaction.atomic
def extend_guest_link(*, link: UUID, expires_at: date | datetime, by: Actor) -> GuestLink:
    """Give a link another end, within the longest life since it was made. Raises as `make_guest_link`."""
    row, now = locked_link(link, by)
    permissions.check_make_link(by, row.worklist, may_download=False)
    check_rules(row)
    was, row.expires_at = row.expires_at, policy_of(row).end(expires_at)
    if row.expires_at != was:
        row.save(update_fields=["expires_at"])
        until = {"until": moment_text(row.expires_at), "was_until": moment_text(was)}
        record_link(Action.GUEST_LINK_EXTEND, row, by, now, **until)
    return row


@transaction.atomic
def end_guest_link(*, link: UUID, by: Actor) -> GuestLink:
    """End a link for good: no one opens it again, and visits that are open end with their next request.

    Raises NothingThere, and ValidationError where it had ended.
    """
    row, now = locked_link(link, by)
    row.ended_at, row.ended_by, row.end_reason = now, by.person, Reason.ENDED
    row.save(update_fields=["ended_at", "ended_by", "end_reason"])
    record_link(Action.GUEST_LINK_END, row, by, now)
    return row


def check_rules(link: GuestLink) -> None:
    """Raises ValidationError where the rules of the accounts that speak forbid this link."""
    recipient = Recipient(ShareRule.Way.GUEST_LINK, email=link.recipient_email)
    if refusal := ruling_for(link.worklist).refusal(recipient):
        raise ValidationError(refusal, code="ruled_out")


def tidied_password(password: str) -> str:
    """As it is compared: one form of each letter, whatever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", password.replace("\x00", "")).strip()


def chosen_for_a_link(placements: Sequence[UUID], by: Actor) -> list[Placement]:
    """The studies that the person sees there; raises NothingThere, and ValidationError where no link shows them."""
    chosen = visible_placements(placements, by)
    if len({placement.worklist_id for placement in chosen}) > 1:
        raise ValidationError(_(ONE_WORKLIST))
    if len(chosen) > MOST_STUDIES:
        sentence = _("A guest link shows at most %(most)s studies.")
        raise ValidationError(sentence % {"most": MOST_STUDIES})
    if not of_one_patient([placement.study for placement in chosen]):
        raise ValidationError(
            _("A guest link shows the studies of one patient. The selected studies are of several.")
        )
    return chosen


def policy_of(link: GuestLink) -> Policy:
    """How long a link that stands may last."""
    return Policy.of(link.worklist, list(placements_of(link)), link.made_at, clock.now())


def locked_link(link: UUID, by: Actor) -> tuple[GuestLink, datetime]:
    """A link that the person sees and that has not ended, locked, and the moment; raises where it has ended.

    The person is locked first, as everywhere: who is deactivated at this moment loses their links after it.
    """
    lock_maker(user=by.person.pk, account=None)
    seen = links_seen_by(by).filter(uuid=link)
    if not list(seen.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True)):
        raise NothingThere
    row = GuestLink.objects.with_facts().with_names().get(uuid=link)
    if row.state not in (State.OPEN, State.USED_UP, State.LOCKED):
        raise ValidationError(_(OVER), code="ended")
    return row, clock.now()


def _name(name: str) -> str:
    try:
        return tidy_text(name, what=_("A name"), longest=100, may_be_empty=True)
    except ValidationError as error:
        raise ValidationError({"recipient_name": error.messages}) from None


def _email(email: str) -> str:
    email = identity(email)
    try:
        if email:
            check_email(email)
    except ValidationError:
        raise ValidationError({"recipient_email": _(NOT_AN_EMAIL)}) from None
    return email


def _check_openings(most: int | None) -> None:
    if most is not None and not 1 <= most <= MOST_OPENINGS:
        sentence = _("Enter 1 to %(most)s openings, or leave this empty.")
        raise ValidationError({"most_openings": sentence % {"most": f"{MOST_OPENINGS:,}"}})


def _hashed(password: str) -> str:
    """The hash that is kept; empty without a password."""
    password = tidied_password(password)
    if password and not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        sentence = _("A password has %(least)s to %(most)s characters.")
        words = {"least": SHORTEST_PASSWORD, "most": LONGEST_PASSWORD}
        raise ValidationError({"password": sentence % words})
    return make_password(password) if password else ""


def record_link(action: Action, link: GuestLink, by: Actor, at: datetime, **detail: object) -> None:
    record_all(event(action, by=by, on=on) for on in on_guest_link(link, at=at, **detail))
