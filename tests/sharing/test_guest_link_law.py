"""The rules of guest links over generated inputs: state, end, patient, token."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from common.days import end_of_day
from sharing.models import GuestLink
from sharing.models.guest_link import State, state_of
from sharing.selectors import guest_links
from sharing.selectors.guest_policy import Policy
from studies.models import FOREVER, Study
from tests.sharing.guests import DAY

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


# State

OPENS = {
    "ended": False, "expired": False, "on_worklist": True, "maker_may": True, "locked": False, "used_up": False,
}  # fmt: skip
FACTS = st.fixed_dictionaries(dict.fromkeys(OPENS, st.booleans()))


@given(FACTS)
def test_a_link_opens_only_where_nothing_speaks_against_it(facts: dict[str, bool]) -> None:
    state = state_of(**facts)

    stands = facts["on_worklist"] and facts["maker_may"] and not facts["ended"] and not facts["expired"]
    assert (state is State.OPEN) == (stands and not facts["locked"] and not facts["used_up"])
    assert state.lets_visits_go_on == (stands and not facts["locked"])
    assert (state is State.ENDED) == facts["ended"]


@given(FACTS)
def test_nothing_that_is_lost_opens_a_link(facts: dict[str, bool]) -> None:
    assert (state_of(**facts) is State.OPEN) == (facts == OPENS)


# End


def a_policy(
    made_at: datetime, *, preset: int, most: int, until: datetime, zone: str, later: timedelta
) -> Policy:
    return Policy(
        zone=zone, preset_days=preset, most_days=most, until=until, made_at=made_at, now=made_at + later
    )


@given(
    made_at=MOMENTS,
    preset=st.integers(1, 365),
    most=st.integers(1, 365),
    stays=st.one_of(st.none(), st.timedeltas(timedelta(minutes=1), timedelta(days=500))),
    zone=st.sampled_from(["Europe/London", "Pacific/Kiritimati", "America/St_Johns", "UTC"]),
    later=st.timedeltas(timedelta(0), timedelta(days=400)),
    wanted=st.one_of(st.none(), st.integers(-3, 400), st.dates(), MOMENTS),
)
def test_whatever_end_is_asked_for_none_is_past_too_late_or_beyond_the_study(
    made_at: datetime,
    preset: int,
    most: int,
    stays: timedelta | None,
    zone: str,
    later: timedelta,
    wanted: Any,
) -> None:
    until = FOREVER if stays is None else made_at + stays
    policy = a_policy(made_at, preset=preset, most=most, until=until, zone=zone, later=later)
    if isinstance(wanted, int):
        wanted = made_at.astimezone(ZoneInfo(zone)).date() + timedelta(days=wanted)
    try:
        end = policy.end(wanted)
    except ValidationError as refusal:
        assert refusal.code == "until"
        return
    assert policy.now < end <= until
    assert end <= end_of_day(made_at.astimezone(ZoneInfo(zone)).date() + timedelta(days=most), zone)
    # The constraint of the database: no door makes a longer link.
    assert end - made_at <= timedelta(days=367)


@given(made_at=MOMENTS, preset=st.integers(1, 365), most=st.integers(1, 365))
def test_the_preset_can_always_be_kept(made_at: datetime, preset: int, most: int) -> None:
    policy = a_policy(
        made_at, preset=preset, most=most, until=FOREVER, zone="Europe/London", later=timedelta(0)
    )

    assert policy.end(None) == policy.preset
    assert policy.end(policy.last_day(policy.preset)) == policy.preset
    assert policy.end(policy.last_day(policy.latest)) == policy.latest
    with pytest.raises(ValidationError):
        policy.end(policy.last_day(policy.latest) + DAY)


# One patient

PATIENTS = st.builds(
    SimpleNamespace,
    patient_id=st.sampled_from(["", "1", "2"]),
    issuer_of_patient_id=st.sampled_from(["", "A", "B"]),
    patient_name=st.sampled_from(["", "Quill^Hazel", "QUILL^HAZEL", "Osei^Kofi"]),
    patient_birth_date_raw=st.sampled_from(["", "19580309", "19600101"]),
    patient_sex=st.sampled_from(["", "F", "M"]),
)


@given(st.lists(PATIENTS, min_size=2, max_size=4))
def test_studies_that_speak_of_two_patients_make_no_link(studies: list[Any]) -> None:
    columns = ("patient_id", "issuer_of_patient_id", "patient_birth_date_raw", "patient_sex")
    said = [{getattr(study, column) for study in studies} - {""} for column in columns]
    said.append({study.patient_name.upper() for study in studies} - {""})
    known = all(study.patient_id for study in studies) or all(
        study.patient_name and study.patient_birth_date_raw for study in studies
    )

    is_one = guest_links.of_one_patient([as_study(study) for study in studies])

    if any(len(values) > 1 for values in said):
        assert not is_one
    elif known:
        assert is_one
    if not any(study.patient_id or study.patient_name for study in studies):
        assert not is_one


def as_study(columns: Any) -> Study:
    return Study(**vars(columns))


# Token


@given(st.text(max_size=140))
def test_no_text_that_we_did_not_sign_names_a_link(text: str) -> None:
    assert guest_links.find(text) is None


@given(uuid=st.uuids(), generation=st.integers(1, 10**8), cut=st.integers(0, 60))
def test_a_token_is_short_and_whole_or_nothing(uuid: UUID, generation: int, cut: int) -> None:
    token = guest_links.token_of(GuestLink(uuid=uuid, generation=generation))

    assert len(f"https://a-hospital.example/guest/{token}/") <= 128
    assert guest_links.named_by(token) == (uuid, generation)
    assert guest_links.named_by(token[: max(len(token) - 1 - cut, 0)]) is None
