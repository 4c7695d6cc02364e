"""Every action has a sentence, and every sentence holds with whatever an event lacks."""

import string

import pytest

from audit import history
from audit.actions import Action
from audit.models import AuditEvent

FULL = {
    "by_label": "Ana Obi <ana@example.org>",
    "role_label": "Radiologist",
    "account_label": "Northgate Hospital",
    "worklist_label": "CT Reporting",
    "other_worklist_label": "Chest Clinic",
    "detail": {
        "method": "group",
        "until": "2026-12-03T23:59:59+00:00",
        "outcome": "awaiting_approval",
        "why": "because",
        "what": "GET studies:trail",
        "person": "Ben Cole <ben@example.org>",
        "address": "dan@example.org",
        "role": "Viewer",
        "how": "a password and a passkey",
        "factor": "authenticator app",
        "added": ["open_study"],
        "removed": ["share_study"],
        "instances": 2,
        "files": 1,
        "lines": 1200,
        "filters": {"person": 3},
    },
}
ODD_DETAILS = [
    {},
    None,
    [],
    "text",
    dict.fromkeys(FULL["detail"]),
    dict.fromkeys(FULL["detail"], 7),
    {key: ["x"] for key in FULL["detail"]},
    {key: {"a": 1} for key in FULL["detail"]},
    dict.fromkeys(FULL["detail"], "{who} %s {0}"),
]


def an_event(action: str, **fields) -> AuditEvent:
    return AuditEvent(action=action, **{"outcome": "success", **fields})


def test_every_action_has_a_sentence():
    assert set(history.SENTENCES) == set(Action)


def test_every_word_in_a_sentence_is_known():
    patterns = [*history.SENTENCES.values(), *history.OTHERWISE.values()]
    used = {name for pattern in patterns for _, name, _, _ in string.Formatter().parse(pattern) if name}
    assert used == set(history._WORDS)


@pytest.mark.parametrize("outcome", ["success", "refused", "failed"])
def test_every_sentence_is_one_plain_line_with_a_full_event(outcome):
    sentences = [history.sentence(an_event(action, outcome=outcome, **FULL)) for action in Action]
    assert [
        line
        for line in sentences
        if line != " ".join(line.split()) or set("{}<>") & set(line) or "None" in line
    ] == []


@pytest.mark.parametrize("detail", ODD_DETAILS, ids=range(len(ODD_DETAILS)))
def test_every_sentence_holds_with_a_sparse_or_odd_event(detail):
    sentences = [history.sentence(an_event(action, detail=detail)) for action in Action]
    assert [line for line in sentences if not line[0].isupper() or "None" in line or "  " in line] == []


def test_a_sentence_holds_for_an_event_read_back_with_nothing_but_its_action(db):
    AuditEvent.objects.bulk_create([AuditEvent(action=action) for action in Action])
    sentences = [history.sentence(event) for event in AuditEvent.objects.all()]
    assert len(sentences) == len(Action) and all(line[0].isupper() for line in sentences)


def test_every_action_follows_the_grammar():
    parts = [action.value.split(":") for action in Action]
    assert {len(part) for part in parts} == {3}
    assert {source for source, _, _ in parts} == {"account", "worklist", "study", "platform", "audit"}


def test_no_two_groups_hold_the_same_action():
    grouped = [action for key in history.CATEGORIES for action in history.actions_in(key)]
    assert sorted(grouped) == sorted(Action)


def test_a_share_is_told_with_its_target_method_end_and_state():
    assert history.sentence(an_event(Action.SHARE_ADD, **FULL)) == (
        "Ana Obi shared the study with Chest Clinic (group), until 3 Dec 2026, awaiting approval"
    )


def test_a_plain_share_is_told_plainly():
    event = an_event(
        Action.SHARE_ADD,
        by_label="Ana Obi <ana@example.org>",
        other_worklist_label="Chest Clinic",
        detail={"method": "group"},
    )
    assert history.sentence(event) == "Ana Obi shared the study with Chest Clinic (group)"


@pytest.mark.parametrize(
    ("detail", "says"),
    [
        ({}, "Ana Obi changed the share with Chest Clinic (group), until 3 Dec 2026"),
        (
            {"was_until": ""},
            "Ana Obi changed the share with Chest Clinic (group), until 3 Dec 2026 (before: no end date)",
        ),
        (
            {"was_until": "2026-12-02T00:00:00+00:00", "note": "changed"},
            "Ana Obi changed the share with Chest Clinic (group), until 3 Dec 2026 (before: 1 Dec 2026; note changed)",
        ),
        (
            {"was_until": "2026-12-04T00:00:00+00:00", "note": "added"},
            "Ana Obi changed the share with Chest Clinic (group), until 3 Dec 2026 (note added)",
        ),
    ],
)
def test_a_changed_share_is_told_with_what_it_was_before(detail, says):
    event = an_event(
        Action.SHARE_CHANGE,
        by_label="Ana Obi <ana@example.org>",
        other_worklist_label="Chest Clinic",
        detail={"method": "group", "until": "2026-12-04T00:00:00+00:00", **detail},
    )
    assert history.sentence(event) == says


def test_a_promise_that_was_a_duplicate_says_so_in_words():
    event = an_event(Action.SHARE_DROP, other_worklist_label="dan@example.org", detail={"why": "duplicate"})
    assert history.sentence(event) == (
        "The share waiting for dan@example.org was cancelled: the person already had this share"
    )


@pytest.mark.parametrize(
    ("action", "detail", "says"),
    [
        (Action.MEMBER_LEAVE, {}, "Adam removed Ben Cole from Northgate Hospital"),
        (Action.MEMBER_LEAVE, {"inactive": True}, "Adam deactivated Ben Cole in Northgate Hospital"),
        (Action.MEMBER_CHANGE, {"active": True}, "Adam reactivated Ben Cole in Northgate Hospital"),
        (
            Action.MEMBER_CHANGE,
            {"role": "Viewer"},
            "Adam changed the membership of Ben Cole in Northgate Hospital to the role “Viewer”",
        ),
    ],
)
def test_a_member_is_removed_deactivated_reactivated_or_changed(action, detail, says):
    labels = {"by_label": "Adam <adam@example.org>", "account_label": "Northgate Hospital"}
    event = an_event(action, detail={"person": FULL["detail"]["person"], **detail}, **labels)
    assert history.sentence(event) == says


def test_the_end_of_a_share_is_told_as_its_last_day():
    midnight = {**FULL, "detail": {"method": "group", "until": "2026-12-04T00:00:00+00:00"}}
    assert history.sentence(an_event(Action.SHARE_ADD, **midnight)) == (
        "Ana Obi shared the study with Chest Clinic (group), until 3 Dec 2026"
    )


def test_a_denied_request_repeats_the_sentence_the_person_read():
    event = an_event(
        Action.DENIED, outcome="refused", by_label="Vera <v@example.org>", detail={"why": "You may not."}
    )
    assert history.sentence(event) == "Vera was refused access: You may not."


def test_a_line_that_failed_says_so_in_front():
    event = an_event(Action.STUDY_DOWNLOAD, outcome="failed", by_label="Ana Obi <ana@example.org>")
    assert history.sentence(event) == "Failed: Ana Obi downloaded the study"


def test_an_action_of_another_version_is_named_as_it_was_written():
    assert history.sentence(an_event("study:study:fold", by_label="Ana")) == "Ana: study:study:fold"
    assert history.category(an_event("study:study:fold")) == "study"


def test_names_that_turn_the_writing_or_break_the_line_are_made_one_plain_line():
    event = an_event(Action.STUDY_OPEN, by_label="Ana\u202egro\n<b> <ana@example.org>")
    assert history.sentence(event) == "Anagro <b> opened the study"
