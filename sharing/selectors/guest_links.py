"""Guest links: by token for a visitor, and those that a person sees."""

from collections.abc import Collection, Sequence
from itertools import combinations
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from accounts.tokens import sign, signed
from audit.actor import Actor
from audit.actor import GuestLink as ActingLink
from common.patient_names import search_key
from common.text import identity
from sharing.models import GuestLink, GuestLinkStudy
from sharing.models.guest_link import GuestLinkQuerySet
from studies.ingest.patients import disagreement, other_patient
from studies.models import Placement, Study
from studies.models.placement import PlacementQuerySet
from worklists import access

_SALT = "cimar.guest-link"


def token_of(link: GuestLink) -> str:
    """What stands in the link's URL. It is computed each time and stored nowhere."""
    return sign(link.uuid, link.generation, salt=_SALT)


def find(token: str) -> GuestLink | None:
    """The link of a URL in any state (`GuestLink.state`); None where we have not signed it, or it was replaced."""
    named = named_by(token)
    return read(*named) if named is not None else None


def named_by(token: str) -> tuple[UUID, int] | None:
    """The uuid and the generation that a token names; None where we have not signed it."""
    return signed(token, salt=_SALT)


def was_replaced(token: str) -> bool:
    """Whether it is the URL that a link had before it was given a new URL."""
    named = named_by(token)
    return named is not None and GuestLink.objects.filter(uuid=named[0], generation__gt=named[1]).exists()


def read(uuid: UUID, generation: int | None = None) -> GuestLink | None:
    """A link with its facts and names, of this generation only: one statement."""
    links = GuestLink.objects.with_facts().with_names().filter(uuid=uuid)
    return (links if generation is None else links.filter(generation=generation)).first()


def placements_of(link: GuestLink) -> PlacementQuerySet:
    """Those of the link's studies that it shows now, newest study first."""
    named = GuestLinkStudy.objects.filter(link=link, placement_key=OuterRef("pk"), study=OuterRef("study"))
    shown = Placement.objects.visible().with_names().filter(Exists(named))
    return shown.order_by("-study_date", "-study_time", "-pk")


def acting_link(link: GuestLink, placements: Collection[UUID] | None = None) -> ActingLink:
    """The link as who acts; with the placements that it shows now, unless they were read already."""
    if placements is None:
        placements = placements_of(link).values_list("uuid", flat=True)
    return ActingLink(
        uuid=link.uuid,
        name=link.mark,
        worklist_id=link.worklist_id,
        placements=frozenset(placements),
        made_by=link.made_by,
        may_download=link.may_download,
    )


def of_one_patient(studies: Sequence[Study]) -> bool:
    """Whether the headers of every two of the studies say that they are of one patient, and none speaks against it."""
    return all(_same_patient(first, second) for first, second in combinations(studies, 2))


def _same_patient(first: Study, second: Study) -> bool:
    ours, theirs = vars(first), vars(second)
    mrns = {identity(first.patient_id), identity(second.patient_id)}
    people = {(search_key(study.patient_name), study.patient_birth_date_raw) for study in (first, second)}
    is_named = (len(mrns) == 1 and "" not in mrns) or (len(people) == 1 and all(people.pop()))
    return is_named and not other_patient(ours, theirs) and not disagreement(ours, theirs)


def links_seen_by(by: Actor) -> GuestLinkQuerySet:
    """On worklists whose list the person may see: their own links, and all where they hold `view_guest_links`."""
    listed = access.worklists_for(by, "list_studies")
    everyones = access.worklists_for(by, "view_guest_links")
    return GuestLink.objects.filter(Q(made_by=by.person) | Q(worklist__in=everyones), worklist__in=listed)


def live_links(placements: Collection[Placement]) -> GuestLinkQuerySet:
    """The links that show any of these placements now, each as often as it shows one (`study_id`)."""
    keys = [placement.pk for placement in placements]
    shown = GuestLink.objects.live().filter(studies__placement_key__in=keys)
    return shown.annotate(study_id=F("studies__study"))


def links_on(places: Collection[tuple[int, int]]) -> int:
    """How many links show a study on a worklist now, of these pairs of keys."""
    if not places:
        return 0
    studies, worklists = ({pair[which] for pair in places} for which in (0, 1))
    live = GuestLink.objects.live().filter(worklist__in=worklists, studies__study__in=studies)
    shown = live.values_list("pk", "studies__study", "worklist")
    return len({link for link, study, worklist in shown if (study, worklist) in places})
