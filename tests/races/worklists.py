"""A worklist is deleted while somebody shares with it, joins it, or deletes it."""

from accounts.models import Account
from sharing import services
from sharing.models import Share
from sharing.selectors.worklists import HISTORY
from tests.cast import Cast, acting
from tests.factories import make_group
from tests.overlap import Hold
from tests.races.scene import Scene, group, new_study, sharing
from worklists.models import Worklist, WorklistMembership
from worklists.services import add_worklist_member
from worklists.services.worklists import GONE


def worklist_row(worklist: Worklist) -> Hold:
    return "SELECT FROM worklists_worklist WHERE id = %s FOR UPDATE", [worklist.pk]


def account_row(account: Account) -> Hold:
    return "SELECT FROM accounts_account WHERE id = %s FOR UPDATE", [account.pk]


def a_deletion_against_a_share(cast: Cast) -> Scene:
    """Either the share stands and the worklist with it, or neither."""
    study, worklist = new_study(cast), make_group(cast.northgate)
    return Scene(
        sharing(cast.ana, study, cast.ct, group(worklist)),
        lambda: services.delete_worklist(worklist=worklist, by=acting(cast.adam)),
        [worklist_row(worklist)],
        ("shared", HISTORY), ("refused", "None"),
        after=lambda: Worklist.objects.filter(pk=worklist.pk).exists() == Share.objects.filter(study=study).exists(),
    )  # fmt: skip


def a_deletion_against_a_new_member(cast: Cast) -> Scene:
    worklist = make_group(cast.northgate)
    return Scene(
        lambda: add_worklist_member(worklist=worklist, user=cast.vera, by=acting(cast.adam)) and None,
        lambda: services.delete_worklist(worklist=worklist, by=acting(cast.adam)),
        [account_row(cast.northgate)],
        ("None", "None"), (GONE, "None"),
        after=lambda: not WorklistMembership.objects.filter(worklist=worklist.pk).exists(),
    )  # fmt: skip


def two_deletions_of_one_worklist(cast: Cast) -> Scene:
    worklist = make_group(cast.northgate)
    delete = lambda: services.delete_worklist(worklist=worklist, by=acting(cast.adam))  # noqa: E731
    return Scene(delete, delete, [worklist_row(worklist)], ("None", GONE), (GONE, "None"))


SCENES = [a_deletion_against_a_share, a_deletion_against_a_new_member, two_deletions_of_one_worklist]
