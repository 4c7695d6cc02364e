"""Every permission in the words of the people who give it: its area, its label, and what it lets people do.

Labels are data: Django keeps them in the table of permissions, and the audit in its events. They are translated where
they are shown.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account
from worklists.models import Worklist

# The part of a label before its colon.
AREAS = (gettext_noop("Account"), gettext_noop("Studies"), gettext_noop("Study links"))

# Permissions that have no effect without the permission they are listed under.
CHILDREN: dict[str, tuple[str, ...]] = {
    "share_study": (
        "share_study_with_locations",
        "share_study_with_groups",
        "share_study_with_users",
        "share_study_by_code",
        "share_study_by_email",
    ),
}
PARENTS = {child: parent for parent, children in CHILDREN.items() for child in children}

TEXTS: dict[str, str] = {
    "administer_account": gettext_noop(
        "Opens this administration: roles, people, worklists, invitations and settings. "
        "It does not show any study."
    ),
    "audit_account": gettext_noop(
        "See every share from and to the account’s worklists and the audit trail, of the account and of each study. "
        "It shows no images and lets people share nothing."
    ),
    "list_studies": gettext_noop(
        "See the list of studies on a worklist, with the patients’ names, and search it."
    ),
    "open_study": gettext_noop("Open a study and view its images."),
    "share_study": gettext_noop(
        "Share studies and end shares. Also needs “View and search studies list” and at least one of "
        "the ways below."
    ),
    "share_study_with_locations": gettext_noop(
        "With a location of the account, such as a department or a site."
    ),
    "share_study_with_groups": gettext_noop(
        "With a group of the account, such as a meeting of several disciplines."
    ),
    "share_study_with_users": gettext_noop(
        "With one physician of the account, found by name. The study appears on their personal worklist."
    ),
    "share_study_by_code": gettext_noop(
        "With any worklist on the platform, in any organisation, if you know its share code."
    ),
    "share_study_by_email": gettext_noop(
        "With anyone by email address, also outside every organisation. "
        "People who are not registered are invited."
    ),
    "upload_study": gettext_noop("Upload studies to a worklist from files."),
    "download_study": gettext_noop("Download a study as files."),
    "send_study": gettext_noop(
        "Send a study to a PACS or another system that an administrator entered as a destination. "
        "Also needs “Open images” and “Download”."
    ),
    "download_deidentified": gettext_noop(
        "Download the images of a study without what identifies the patient, as DICOM files."
    ),
    "edit_study": gettext_noop(
        "Correct a study’s details, on the worklist that holds the original. Note an own MRN."
    ),
    "delete_study": gettext_noop(
        "Delete the original. On other worklists: remove the study from the worklist."
    ),
    "approve_study": gettext_noop(
        "Accept or decline shares that wait for approval on a worklist; with “Open images”, view the images before. "
        "Note an own MRN."
    ),
    "view_study_audit": gettext_noop("Read a study’s audit trail: who did what with it. Export the trail."),
    "create_guest_links": gettext_noop(
        "Create a link that shows studies of one patient, for a limited time, to anyone who has the link."
    ),
    "view_guest_links": gettext_noop(
        "See and end all guest links of a worklist’s studies, not only your own."
    ),
}


@dataclass(frozen=True)
class PermissionText:
    """A permission of the checklist, with those that have no effect without it."""

    codename: str
    label: str
    text: str
    children: tuple["PermissionText", ...] = ()


@dataclass
class Area:
    """A group of the checklist, such as Studies."""

    name: str
    lines: list[PermissionText] = field(default_factory=list)


def checklist(*, platform: bool = False) -> list[Area]:
    """All permissions by area, in the order clinicians know; the platform's own roles administer no account."""
    known = {str(codename): str(label) for codename, label in _known(platform)}

    def line(codename: str) -> PermissionText:
        children = tuple(line(child) for child in CHILDREN.get(codename, ()))
        return PermissionText(codename, _(known[codename]), _(TEXTS[codename]), children)

    areas: dict[str, Area] = {}
    for codename, label in known.items():
        if codename not in PARENTS:
            name = label.partition(":")[0]
            areas.setdefault(name, Area(_(name))).lines.append(line(codename))
    return list(areas.values())


def labels(codenames: Collection[str]) -> list[str]:
    """The labels of these permissions for a page or a refusal, in the order of the checklist."""
    return [_(label) for label in recorded_labels(codenames)]


def recorded_labels(codenames: Collection[str]) -> list[str]:
    """The labels as an event keeps them, whatever the language of the person."""
    return [str(label) for codename, label in _known(False) if codename in codenames]


def counting(ticks: Collection[str]) -> set[str]:
    """The ticks that count: a child's only with its parent's."""
    return {codename for codename in ticks if PARENTS.get(codename, codename) in ticks}


def _known(platform: bool) -> list[tuple[object, object]]:
    return [*([] if platform else Account._meta.permissions), *Worklist._meta.permissions]
