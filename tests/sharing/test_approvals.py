"""Approvals: what waits, the decision of several at once, who decided first, and what the sharer reads."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Placement, Study
from tests.cast import Cast, acting
from tests.factories import join, make_role, make_study, make_user, placement_of, role_of
from tests.fingerprint import fingerprint
from tests.overlap import at_once
from tests.sharing.share_pages import text
from worklists.services import add_worklist_member, change_worklist

pytestmark = pytest.mark.django_db

WHY = "Belongs to the children’s clinic"


def waiting(cast: Cast, *studies: Study) -> list[Share]:
    """Shared by Ana with Chest Clinic, which asks for approval; Adam may approve there."""
    change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
    report = services.share_studies(
        placements=[placement_of(study, cast.ct).uuid for study in studies or [cast.study]],
        targets=[Target(Method.GROUP, str(cast.chest.uuid))],
        by=acting(cast.ana),
        note="Second opinion, please",
    )
    return [row.share for row in report.rows if row.share is not None]


def decide(client: Any, *shares: Share, decision: str, message: str = "") -> Any:
    form = {"share": [str(share.uuid) for share in shares], "decision": decision, "message": message}
    return client.post(reverse("sharing:approvals"), form)


@pytest.fixture
def second(cast: Cast) -> Any:
    """Another who may approve there."""
    user = make_user("Otto")
    join(user, cast.northgate, "Administrator", every_worklist=True)
    return user


def test_the_page_has_the_patient_the_sharer_and_the_note(client: Any, cast: Cast) -> None:
    waiting(cast)
    client.force_login(cast.adam)

    page = text(client.get(reverse("sharing:approvals")))

    for shown in ("Quill", "Ana", "Northgate Hospital", "Second opinion, please", "Chest Clinic"):
        assert shown in page


@pytest.mark.parametrize("person", ["ana", "ben", "caro", "vera", "sue", "ed"])
def test_who_may_not_approve_there_sees_nothing_of_it(client: Any, cast: Cast, person: str) -> None:
    [share] = waiting(cast)
    client.force_login(getattr(cast, person))
    before = fingerprint()

    page = text(client.get(reverse("sharing:approvals")))
    answer = decide(client, share, decision="approve")

    assert ("Quill" in page, "Nothing waits for your approval" in page) == (False, True)
    assert (answer.status_code, fingerprint()) == (404, before)


def test_several_are_approved_at_once(client: Any, cast: Cast) -> None:
    shares = waiting(cast, cast.study, make_study(cast.ct), make_study(cast.ct))
    client.force_login(cast.adam)

    answer = decide(client, *shares[:2], decision="approve")

    assert "2 shares approved." in text(client.get(answer.url))
    assert Placement.objects.visible().filter(worklist=cast.chest).count() == 2
    assert Share.objects.get(approved_at=None) == shares[2]


def test_a_share_is_declined_with_a_message_that_its_sharer_reads(client: Any, cast: Cast) -> None:
    [share] = waiting(cast)
    client.force_login(cast.adam)

    answer = decide(client, share, decision="decline", message=WHY)
    said = text(client.get(answer.url))
    client.force_login(cast.ana)
    page = text(client.get(reverse("sharing:shared_by_me")))

    assert "1 share declined." in said
    assert (WHY in page, "declined by Adam" in page) == (True, True)
    event = AuditEvent.objects.get(action=Action.SHARE_DECLINE)
    assert (event.by_id, event.share_uuid, WHY in str(event.detail)) == (cast.adam.pk, share.uuid, False)


def test_without_a_message_nothing_is_declined_and_what_was_picked_stays(client: Any, cast: Cast) -> None:
    [share] = waiting(cast)
    client.force_login(cast.adam)

    answer = decide(client, share, decision="decline")

    page = text(answer)
    assert answer.status_code == 422
    assert "Say why you decline" in page
    assert f'value="{share.uuid}" data-select-row checked' in page
    assert Share.objects.get().ended_at is None


@pytest.mark.parametrize(
    "form", [{}, {"decision": "approve"}, {"share": ["x"], "decision": "perhaps"}, {"message": "\x00" * 9}]
)
def test_a_form_that_says_too_little_is_answered_with_the_page(
    client: Any, cast: Cast, form: dict[str, Any]
) -> None:
    waiting(cast)
    client.force_login(cast.adam)

    assert client.post(reverse("sharing:approvals"), form).status_code == 422


def test_a_message_has_a_longest_length_in_the_service_too(cast: Cast) -> None:
    [share] = waiting(cast)

    with pytest.raises(Exception, match="at most 2,000 characters"):
        services.decide_shares(shares=[share.uuid], by=acting(cast.adam), approve=False, message="x" * 2001)


def test_the_second_approver_is_shown_who_decided(client: Any, cast: Cast, second: Any) -> None:
    [share] = waiting(cast)
    services.decide_shares(shares=[share.uuid], by=acting(cast.adam), approve=False, message=WHY)
    client.force_login(second)

    answer = decide(client, share, decision="approve")

    assert "Adam has already declined it." in text(client.get(answer.url))
    assert Share.objects.get().end_reason == Share.EndReason.DECLINED


def test_a_share_that_ended_meanwhile_is_said_to_have_ended(client: Any, cast: Cast) -> None:
    [share] = waiting(cast)
    services.end_shares(shares=[share.uuid], by=acting(cast.ana))
    client.force_login(cast.adam)

    answer = decide(client, share, decision="approve")

    assert "The share has ended before you decided." in text(client.get(answer.url))


def test_a_share_that_is_decided_too_late_stops_no_other(cast: Cast) -> None:
    first, other = waiting(cast, cast.study, make_study(cast.ct))
    services.end_shares(shares=[first.uuid], by=acting(cast.ana))

    made = services.decide_shares(shares=[first.uuid, other.uuid], by=acting(cast.adam), approve=True)

    assert (made.decided, len(made.too_late)) == (1, 1)


def test_decided_shares_stay_listed_and_a_declined_patient_is_not_shown(client: Any, cast: Cast) -> None:
    declined, approved = waiting(cast, cast.study, make_study(cast.ct, patient_name="Osei^Kofi"))
    services.decide_shares(shares=[declined.uuid], by=acting(cast.adam), approve=False, message=WHY)
    services.decide_shares(shares=[approved.uuid], by=acting(cast.adam), approve=True)
    client.force_login(cast.adam)

    page = text(client.get(reverse("sharing:decided")))

    assert [word in page for word in ("Approved", "Declined", WHY, "Osei", "Quill")] == [True] * 4 + [False]


def test_who_may_approve_and_not_list_sees_no_patient(client: Any, cast: Cast) -> None:
    waiting(cast)
    make_role(cast.northgate, "Approves", ["approve_study"])
    user = make_user("Olga")
    join(user, cast.northgate, "Approves")
    add_worklist_member(worklist=cast.chest, user=user, by=acting(cast.adam))
    client.force_login(user)

    assert "Quill" not in text(client.get(reverse("sharing:approvals")))


def test_where_one_may_not_be_decided_none_is(cast: Cast) -> None:
    change_worklist(worklist=cast.cardiology, needs_approval=True, by=OPERATOR)
    shares = waiting(cast, *(make_study(cast.ct) for _ in range(8)))
    to = [Target(Method.GROUP, str(cast.cardiology.uuid))]
    report = services.share_studies(placements=[cast.placement.uuid], targets=to, by=acting(cast.ana))
    approver, viewer = (
        make_role(cast.northgate, "Approves", ["approve_study", "list_studies"]),
        role_of(cast.northgate, "Viewer"),
    )
    user = make_user("Olga")
    join(user, cast.northgate, "Viewer")
    for worklist, role in ((cast.chest, approver), (cast.cardiology, viewer)):
        add_worklist_member(worklist=worklist, user=user, role=role, by=acting(cast.adam))
    named = [*(share.uuid for share in shares), report.rows[0].share.uuid]

    with pytest.raises(PermissionDenied):
        services.decide_shares(shares=named, by=acting(user), approve=True)

    assert not Share.objects.exclude(approved_at=None).exists()


def test_a_role_that_lost_the_right_decides_nothing(cast: Cast) -> None:
    [share] = waiting(cast)
    before = fingerprint()

    with pytest.raises((services.NothingThere, PermissionDenied)):
        services.decide_shares(shares=[share.uuid], by=acting(cast.ben), approve=True)

    assert fingerprint() == before


def test_many_shares_take_as_many_statements_as_few(cast: Cast, django_assert_max_num_queries: Any) -> None:
    waiting(cast, *(make_study(cast.ct) for _ in range(20)))

    with django_assert_max_num_queries(10):
        assert len(services.reads.read_approvals(by=acting(cast.adam)).lines) == 20


# At once


@pytest.mark.django_db(transaction=True)
def test_of_two_approvers_at_once_the_first_decides_and_the_other_is_told(cast: Cast, second: Any) -> None:
    for _ in range(6):
        [share] = waiting(cast, make_study(cast.ct))

        approving, declining = at_once([
            lambda share=share: services.decide_shares(shares=[share.uuid], by=acting(cast.adam), approve=True),
            lambda share=share: services.decide_shares(
                shares=[share.uuid], by=acting(second), approve=False, message=WHY
            ),
        ])  # fmt: skip

        share.refresh_from_db()
        is_approved = share.approved_by_id == cast.adam.pk
        assert is_approved != (share.end_reason == Share.EndReason.DECLINED)
        assert (approving.decided, declining.decided) == (int(is_approved), int(not is_approved))
        assert [*approving.too_late, *declining.too_late] == [
            "Adam has already approved it." if is_approved else "Otto has already declined it."
        ]


@pytest.mark.django_db(transaction=True)
def test_declined_and_ended_at_once_a_share_ends_once(cast: Cast) -> None:
    for _ in range(6):
        [share] = waiting(cast, make_study(cast.ct))

        declined, ended = at_once([
            lambda share=share: services.decide_shares(
                shares=[share.uuid], by=acting(cast.adam), approve=False, message=WHY
            ),
            lambda share=share: services.end_shares(shares=[share.uuid], by=acting(cast.ana)),
        ])  # fmt: skip

        share.refresh_from_db()
        assert (declined.decided, ended.ended) in {(1, 0), (0, 1)}
        assert share.end_reason == (Share.EndReason.DECLINED if declined.decided else Share.EndReason.ENDED)
        assert (share.decision_note == WHY) == bool(declined.decided)
        ends = AuditEvent.objects.filter(
            share_uuid=share.uuid, action__in=[Action.SHARE_DECLINE, Action.SHARE_END]
        )
        assert ends.count() == 1
