"""A guest link: a temporary URL to studies of one patient on one worklist, for a reader without an account."""

import uuid
from enum import StrEnum
from typing import NamedTuple, Self

from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from audit.sentences import REASONS
from studies.models import Placement
from worklists import access

# After this many wrong passwords in the whole life of a link, the link is ended.
MOST_TRIES = 5


class State(StrEnum):
    """The state of a link at a moment. Only an `OPEN` link can be opened; visits go on while the link is `USED_UP`."""

    OPEN = "open"
    USED_UP = "used_up"
    LOCKED = "locked"
    EXPIRED = "expired"
    NO_STUDY = "no_study"
    NO_RIGHT = "no_right"
    ENDED = "ended"

    @property
    def lets_visits_go_on(self) -> bool:
        return self in (State.OPEN, State.USED_UP)


def state_of(
    *,
    ended: bool,
    expired: bool,
    on_worklist: bool,
    maker_may: bool,
    locked: bool,
    used_up: bool,
) -> State:
    """The first state that applies: states that end a link for good come before states that only prevent openings."""
    if ended:
        return State.ENDED
    if expired:
        return State.EXPIRED
    if not on_worklist:
        return State.NO_STUDY
    if not maker_may:
        return State.NO_RIGHT
    if locked:
        return State.LOCKED
    return State.USED_UP if used_up else State.OPEN


class LinkFacts(NamedTuple):
    """Facts outside its row that decide whether a link can be opened, read in the same statement as the row."""

    is_expired: bool
    is_on_worklist: bool
    maker_may: bool


class GuestLinkQuerySet(models.QuerySet["GuestLink"]):
    def unended(self) -> Self:
        """Links without a recorded end.

        A link that the clock or a lost right ended is included until its end is recorded.
        """
        return self.filter(ended_at=None)

    def with_facts(self) -> Self:
        """Links with their `GuestLink.facts`, as the facts are when the statement runs."""
        return self.annotate(
            is_expired=ExpressionWrapper(Q(expires_at__lte=Now()), output_field=BooleanField()),
            is_on_worklist=Exists(GuestLinkStudy.objects.standing().filter(link=OuterRef("pk"))),
            maker_may=RawSQL(*access.makers_right("sharing_guestlink")),
        )

    def dead(self) -> Self:
        """Links without a recorded end that are expired, or have no study on the worklist or no maker's right."""
        return (
            self.unended()
            .with_facts()
            .filter(Q(is_expired=True) | Q(is_on_worklist=False) | Q(maker_may=False))
        )

    def without_right(self) -> Self:
        """Links without a recorded end whose makers may no longer make guest links on the worklist."""
        return self.unended().with_facts().filter(maker_may=False)

    def live(self) -> Self:
        """Links that have not ended and are not dead."""
        return self.unended().with_facts().filter(is_expired=False, is_on_worklist=True, maker_may=True)

    def with_names(self) -> Self:
        """Links with the worklist, account and people that pages, mails and events name."""
        return self.select_related("worklist__account", "worklist__owner", "made_by", "ended_by")


class GuestLink(models.Model):
    """Shows studies of one patient on one worklist to the holder of its URL, until a moment.

    The token in the URL is a signature over uuid and generation; only the generation is stored. The row holds the
    rights and limits of the link. A database trigger refuses to widen these rights and limits, and to revive
    or delete a link.

    A try at the password is subtracted from `tries_left` before the password is checked: at any moment, `tries_left`,
    `wrong_tries` and the tries being checked add up to MOST_TRIES.
    """

    class EndReason(models.TextChoices):
        ENDED = "ended", gettext_lazy(REASONS["ended"])
        EXPIRED = "expired", gettext_lazy(REASONS["expired"])
        PASSWORD = "password", gettext_lazy(REASONS["password"])
        NO_STUDY = "no_study", gettext_lazy(REASONS["no_study"])
        NO_RIGHT = "no_right", gettext_lazy(REASONS["no_right"])

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    worklist = models.ForeignKey("worklists.Worklist", models.PROTECT, related_name="guest_links")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="guest_links", db_index=False
    )
    made_at = models.DateTimeField(db_default=Now())
    generation = models.PositiveIntegerField(default=1, db_default=1)
    # When the URL was last replaced by a new URL; empty if the link still has its first URL.
    renewed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    n_studies = models.PositiveSmallIntegerField()
    may_download = models.BooleanField(default=False, db_default=False)
    # A hash; empty if the link has no password.
    password = models.CharField(max_length=128, default="", db_default="", blank=True)
    tries_left = models.PositiveSmallIntegerField(default=MOST_TRIES, db_default=MOST_TRIES)
    wrong_tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    # Empty if the link may be opened any number of times.
    most_openings = models.PositiveSmallIntegerField(null=True, blank=True)
    openings = models.PositiveIntegerField(default=0, db_default=0)
    last_opened_at = models.DateTimeField(null=True)
    recipient_name = models.CharField(max_length=100, default="", db_default="", blank=True)
    recipient_email = models.EmailField(max_length=254, default="", db_default="", blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="guest_links_ended", db_index=False
    )
    end_reason = models.CharField(max_length=20, choices=EndReason, default="", db_default="", blank=True)

    objects = GuestLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_guest_link_ends_after_it_was_made", condition=Q(expires_at__gt=F("made_at"))
            ),
            models.CheckConstraint(
                name="a_guest_link_lives_a_year_at_most",
                condition=Q(expires_at__lte=F("made_at") + models.Value("367 days", models.DurationField())),
            ),
            models.CheckConstraint(name="a_guest_link_shows_a_study", condition=Q(n_studies__gte=1)),
            models.CheckConstraint(
                name="tries_at_a_guest_links_password_are_counted_once",
                condition=Q(tries_left__lte=MOST_TRIES - F("wrong_tries")),
            ),
            models.CheckConstraint(
                name="a_guest_link_is_opened_as_often_as_allowed",
                condition=Q(most_openings=None) | Q(most_openings__gte=1, openings__lte=F("most_openings")),
            ),
            models.CheckConstraint(
                name="guest_link_ended_at_and_reason_come_together",
                condition=Q(ended_at=None, end_reason="", ended_by=None)
                | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
            ),
            models.CheckConstraint(
                name="a_guest_link_that_a_person_ended_has_an_ender",
                condition=Q(end_reason="ended", ended_by__isnull=False)
                | (~Q(end_reason="ended") & Q(ended_by=None)),
            ),
        ]
        indexes = [
            models.Index(fields=["made_by", "-id"], name="guest_links_made_by"),
            models.Index(fields=["expires_at"], name="guest_links_not_ended", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"guest link {self.uuid}"

    @property
    def facts(self) -> LinkFacts:
        """The facts of a link that was read `with_facts`."""
        read = vars(self)
        return LinkFacts(*(read[name] for name in LinkFacts._fields))

    @property
    def state(self) -> State:
        """The state when the row was read; the link must have been read `with_facts`."""
        facts = self.facts
        return state_of(
            ended=self.ended_at is not None,
            expired=facts.is_expired,
            on_worklist=facts.is_on_worklist,
            maker_may=facts.maker_may,
            locked=bool(self.password) and self.tries_left == 0,
            used_up=self.most_openings is not None and self.openings >= self.most_openings,
        )

    @property
    def mark(self) -> str:
        """A name that tells the link from others: its recipient, or else the beginning of its uuid."""
        return self.recipient_name or self.recipient_email or self.uuid.hex[:8]


class GuestLinkStudyQuerySet(models.QuerySet["GuestLinkStudy"]):
    def standing(self) -> Self:
        """Studies whose placement is visible now and still the placement that the link was made for.

        If that placement was deleted and a new share placed the study again, the new placement is another row: the link
        does not show the study again.
        """
        return self.filter(
            Exists(Placement.objects.visible().filter(pk=OuterRef("placement_key"), study=OuterRef("study")))
        )

    def unended_links(self, study: int) -> list[int]:
        """The keys of the links that name the study and have not been ended; for most studies there are none."""
        return list(self.filter(study=study, link__ended_at=None).values_list("link", flat=True))


class GuestLinkStudy(models.Model):
    """A study that a guest link shows, with the key of its placement; the placement may have been deleted since."""

    link = models.ForeignKey(GuestLink, models.PROTECT, related_name="studies", db_index=False)
    study = models.ForeignKey("studies.Study", models.PROTECT, related_name="guest_link_studies")
    # Not a foreign key: a placement is deleted when no share leads to the worklist any more.
    placement_key = models.BigIntegerField(db_index=True)
    placement_uuid = models.UUIDField()

    objects = GuestLinkStudyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "study"], name="a_guest_link_names_a_study_once"),
        ]

    def __str__(self) -> str:
        return f"study of guest link {self.link_id}"
