"""Recipients that may be wrong: the marks of the dialog, emails typed twice, and emails that look like others."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from audit import history
from audit.actions import Action
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method, Share
from sharing.services.emails import AnotherMeant
from sharing.targets import Target
from sharing.typos import look_alike, neighbours
from tests.cast import acting
from tests.factories import make_study, placement_of
from tests.fingerprint import fingerprint
from tests.sharing.dialog_pages import check, share, text

USED = "frida.holm@practice.example"
SLIP = "frida.holn@practice.example"
FIRST_TIME = "<span>First time</span>"


def press(person, worklist, *targets, **more):
    """A press of a study of its own."""
    placement = placement_of(make_study(worklist), worklist)
    return services.share_studies(placements=[placement.uuid], targets=targets, by=acting(person), **more)


def email(value, **more):
    return Target(Method.EMAIL, value, **more)


def use(cast, value=USED, *, person=None, worklist=None, presses=2):
    for _ in range(presses):
        press(person or cast.erin, worklist or cast.ct, email(value, is_confirmed=True))


def changed(address: str, data: st.DataObject) -> set[str]:
    """The address with a letter left out, put in, replaced, and swapped with the next."""
    at = data.draw(st.integers(0, len(address) - 2))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789.-_"))
    return {
        address[:at] + address[at + 1 :],
        address[:at] + letter + address[at:],
        address[:at] + letter + address[at + 1 :],
        address[:at] + address[at : at + 2][::-1] + address[at + 2 :],
    } - {address}


NAMES = st.from_regex(r"[a-z]{2,9}[._-]?[a-z0-9]{1,9}", fullmatch=True)
ADDRESSES = st.builds("{}@{}.example".format, NAMES, st.from_regex(r"[a-z][a-z-]{1,9}[a-z]", fullmatch=True))


@given(ADDRESSES, st.data())
def test_each_change_of_one_letter_is_looked_up_and_looks_alike(address: str, data: st.DataObject) -> None:
    slips = changed(address, data)
    assert slips
    for typed in slips:
        assert address in neighbours(typed)
        assert look_alike(typed, address)
        assert look_alike(address, typed)


@given(ADDRESSES)
def test_an_email_is_never_like_itself(address: str) -> None:
    assert address not in neighbours(address)
    assert not look_alike(address, address)


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("\u0430nn\u0430@practice.example", "anna@practice.example"),
        ("tirn.mo0re@practice.example", "tim.moore@practice.example"),
        ("wi11iarn.o@practice.example", "william.o@practice.example"),
        ("ann@xn--prctice-3fg.example", "ann@practice.example"),
    ],
)
def test_what_is_drawn_alike_is_looked_up(typed, used):
    assert used in neighbours(typed)
    assert look_alike(typed, used)


@pytest.mark.parametrize(
    "other", ["frieda.holms@practice.example", "f@practice.example", "frida.holm@clinic.example"]
)
def test_what_differs_more_is_not_alike(other):
    assert not look_alike(other, USED)


# --- The service asks


@pytest.mark.django_db
def test_a_letter_away_from_a_frequent_email_nothing_is_shared_until_it_is_confirmed(cast):
    use(cast)
    placement, before = placement_of(make_study(cast.ct), cast.ct), fingerprint()
    pressed = {"placements": [placement.uuid], "by": acting(cast.ana)}
    place = Target(Method.LOCATION, str(cast.emergency.uuid))

    with pytest.raises(AnotherMeant) as asked:
        services.share_studies(targets=[place, email(SLIP)], **pressed)

    assert asked.value.meant == {SLIP: USED}
    assert fingerprint() == before
    report = services.share_studies(targets=[place, email(SLIP, is_confirmed=True)], **pressed)
    assert [row.outcome for row in report.rows] == ["shared", "invited"]


@pytest.mark.django_db
def test_the_trail_says_of_an_email_that_was_asked_about_that_it_was_confirmed(cast):
    use(cast)
    other = "magnus@elsewhere.example"

    press(cast.ana, cast.ct, email(SLIP, is_confirmed=True), email(other, is_confirmed=True))

    said = {
        event.other_worklist_label or event.invitation_uuid: history.sentence(event)
        for event in AuditEvent.objects.filter(action=Action.SHARE_ADD, by_id=cast.ana.pk)
    }
    asked = [sentence for sentence in said.values() if "confirmed when asked" in sentence]
    assert len(said) == 2
    assert len(asked) == 1
    assert SLIP in asked[0]
    # The email that was meant may be a colleague's recipient: the trail does not name it.
    assert USED not in asked[0]


@pytest.mark.django_db
def test_an_email_that_was_used_is_not_asked_about_again(cast):
    use(cast)
    use(cast, SLIP, presses=1)

    report = press(cast.ana, cast.ct, email(SLIP))

    assert [row.outcome for row in report.rows] == ["invited"]


@pytest.mark.django_db
def test_an_email_used_in_one_press_may_itself_be_the_slip(cast):
    use(cast, presses=1)

    report = press(cast.ana, cast.ct, email(SLIP))

    assert [row.outcome for row in report.rows] == ["invited"]


@pytest.mark.django_db
def test_an_email_whose_shares_were_taken_back_is_neither_known_nor_meant(cast):
    use(cast)
    services.end_shares(shares=list(Share.objects.values_list("uuid", flat=True)), by=acting(cast.ana))

    report = press(cast.ana, cast.ct, email(SLIP))

    assert [row.outcome for row in report.rows] == ["invited"]


@pytest.mark.django_db
def test_the_emails_of_another_account_are_never_named(client, cast):
    use(cast, person=cast.caro, worklist=cast.imaging, presses=3)
    client.force_login(cast.ana)

    page = text(check(client, cast, email=SLIP, new_email="frida.hol@practice.example"))

    assert USED not in page
    assert "Did you mean" not in page
    assert press(cast.ana, cast.ct, email(SLIP)).rows[0].outcome == "invited"


@pytest.mark.django_db
def test_who_may_not_share_by_email_is_told_of_no_email(cast):
    use(cast)

    [row] = press(cast.lois, cast.ct, email(SLIP)).rows

    assert row.outcome == "refused"
    assert USED not in row.sentence


@pytest.mark.django_db
def test_the_questions_of_twenty_emails_take_as_many_statements_as_those_of_one(
    cast, django_assert_num_queries
):
    use(cast)
    slips = [f"frida.holm{letter}@practice.example" for letter in "abcdefghijklnopqrstu"]
    place = placement_of(make_study(cast.ct), cast.ct).uuid

    for some in (slips[:1], slips):
        # The placement and the rights; the emails and the domains, the members.
        with django_assert_num_queries(4), pytest.raises(AnotherMeant) as asked:
            services.share_studies(placements=[place], targets=list(map(email, some)), by=acting(cast.ana))
        assert len(asked.value.meant) == len(some)


# --- Typed twice


@pytest.fixture
def twice(cast):
    cast.northgate.types_emails_twice = True
    cast.northgate.save(update_fields=["types_emails_twice"])


@pytest.mark.django_db
def test_a_new_email_is_refused_unless_it_was_typed_twice(cast, twice):
    placement, before = placement_of(make_study(cast.ct), cast.ct), fingerprint()
    pressed = {"placements": [placement.uuid], "by": acting(cast.ana)}

    with pytest.raises(
        ValidationError, match=r"Remove frida\.holm@practice\.example and type each address twice"
    ):
        services.share_studies(targets=[email(USED)], **pressed)

    assert fingerprint() == before
    services.share_studies(targets=[email(USED, is_typed_twice=True)], **pressed)
    # It is known from then on.
    assert press(cast.ana, cast.ct, email(USED)).count("invited") == 1


@pytest.mark.django_db
def test_on_a_personal_worklist_the_rule_of_the_owners_account_counts(cast, twice):
    press(cast.ana, cast.ct, Target(Method.PHYSICIAN, str(cast.ben.uuid)))
    [own] = cast.ben.personal_worklist.placements.all()

    with pytest.raises(ValidationError, match="type each address twice"):
        services.share_studies(placements=[own.uuid], targets=[email(USED)], by=acting(cast.ben))


@pytest.mark.django_db
def test_another_account_types_once(cast, twice):
    assert press(cast.caro, cast.imaging, email(USED)).count("invited") == 1


@pytest.mark.django_db
def test_the_dialog_asks_for_the_second_time_and_the_press_takes_what_it_sealed(client, cast, twice):
    client.force_login(cast.ana)
    page = text(check(client, cast, new_email=USED))
    assert "Type this email address a second time" in page
    assert 'name="email"' not in page
    page = text(check(client, cast, new_email=USED, new_email_again="frida.hol@practice.example"))
    assert 'name="email"' not in page
    assert f'name="new_email" value="{USED}"' in page

    page = text(check(client, cast, new_email=USED, new_email_again=f" {USED.upper()} "))

    sealed = page.partition('name="email_twice" value="')[2].partition('"')[0]
    assert share(client, cast, email=USED, email_twice="x" + sealed).status_code == 422
    assert not Share.objects.exists()
    assert share(client, cast, email=USED, email_twice=sealed).status_code == 200
    assert Share.objects.get().email == USED


@pytest.mark.django_db
def test_an_email_typed_only_in_the_second_field_is_kept(client, cast, twice):
    client.force_login(cast.ana)

    answer = share(client, cast, location=str(cast.emergency.uuid), new_email_again=USED)

    assert answer.status_code == 422
    assert f'value="{USED}"' in text(answer)
    assert not Share.objects.exists()


@pytest.mark.django_db
def test_without_the_setting_there_is_one_field(client, cast):
    client.force_login(cast.ana)

    assert "Type the email address a second time" not in text(check(client, cast))


# --- The dialog


@pytest.mark.django_db
def test_the_press_answers_with_the_question_and_a_tick_and_shares_after_it(client, cast):
    use(cast)
    client.force_login(cast.ana)
    shares = Share.objects.count()

    answer = share(client, cast, email=SLIP, location=str(cast.emergency.uuid), note="Left hilum?")

    page = " ".join(text(answer).split())
    assert answer.status_code == 422
    assert f"Did you mean <bdi>{USED}</bdi>?" in page
    assert f'name="confirmed" value="{SLIP}">' in page
    assert f'name="location" value="{cast.emergency.uuid}" checked' in page
    assert "Left hilum?" in page
    assert Share.objects.count() == shares
    # The tick is kept by Check, and another email's tick confirms nothing.
    assert f'name="confirmed" value="{SLIP}" checked>' in text(
        check(client, cast, email=SLIP, confirmed=SLIP)
    )
    assert share(client, cast, email=SLIP, confirmed=USED).status_code == 422
    assert share(client, cast, email=SLIP, confirmed=SLIP).status_code == 200
    assert Share.objects.filter(email=SLIP).count() == 1


# --- The marks


def chip(page, label):
    """The chip of a recipient."""
    page = " ".join(page.split())
    [found] = [part for part in page.split("<li>") if f">{label}</bdi>" in part and "chip" in part]
    return found.partition("</li>")[0]


@pytest.mark.django_db
def test_who_was_never_shared_with_is_marked_by_every_method(client, cast):
    client.force_login(cast.ana)
    picked = {
        "physician": f"{cast.ben.uuid}:{cast.northgate.uuid}", "new_code": "RIVERSIDE", "email": USED,
    }  # fmt: skip

    page = text(check(client, cast, **picked))

    # Emergency, Cardiology MDT and Chest Clinic, and the three that are picked.
    assert page.count(FIRST_TIME) == 6
    assert "Outside Northgate Hospital" in chip(page, USED)
    assert "Outside Northgate Hospital" in chip(page, "Riverside Clinic — Riverside Imaging")
    assert "Outside" not in chip(page, "Ben")


@pytest.mark.django_db
def test_whom_a_colleague_shared_with_is_known(client, cast):
    press(cast.lois, cast.ct, Target(Method.LOCATION, str(cast.emergency.uuid)))
    press(cast.phil, cast.ct, Target(Method.PHYSICIAN, str(cast.ben.uuid)))
    press(cast.cody, cast.ct, Target(Method.CODE, "RIVERSIDE"))
    press(cast.erin, cast.ct, email(USED))
    client.force_login(cast.ana)
    picked = {
        "physician": f"{cast.ben.uuid}:{cast.northgate.uuid}", "new_code": "RIVERSIDE", "email": USED,
    }  # fmt: skip

    page = text(check(client, cast, **picked))

    # The two groups.
    assert page.count(FIRST_TIME) == 2
    assert FIRST_TIME not in chip(page, USED)
    assert "Outside Northgate Hospital" in chip(page, USED)


@pytest.mark.django_db
def test_what_another_account_shared_makes_no_one_known(client, cast):
    press(
        cast.caro,
        cast.imaging,
        email(USED),
        Target(Method.CODE, "NGCT2026"),
        Target(Method.CODE, "NORTHGATE"),
    )
    client.force_login(cast.ana)

    page = text(check(client, cast, email=USED))

    assert FIRST_TIME in chip(page, USED)
    # And the three places.
    assert page.count(FIRST_TIME) == 4


@pytest.mark.django_db
def test_a_share_that_was_taken_back_makes_no_one_known(client, cast):
    report = press(cast.ana, cast.ct, email(USED))
    services.end_shares(shares=[row.share.uuid for row in report.rows], by=acting(cast.ana))
    client.force_login(cast.ana)

    assert FIRST_TIME in chip(text(check(client, cast, email=USED)), USED)


@pytest.mark.django_db
def test_on_a_personal_worklist_the_history_of_ones_accounts_counts(client, cast):
    press(cast.ana, cast.ct, Target(Method.PHYSICIAN, str(cast.ben.uuid)), email(USED))
    [own] = cast.ben.personal_worklist.placements.all()
    client.force_login(cast.ben)

    page = text(
        client.post(
            reverse("sharing:share_check"),
            {"placement": str(own.uuid), "email": [USED, "new@seaview.example"]},
        )
    )

    assert FIRST_TIME not in chip(page, USED)
    assert FIRST_TIME in chip(page, "new@seaview.example")
    assert "Outside your organisation" in chip(page, USED)


@pytest.mark.django_db
def test_the_code_of_a_colleagues_own_worklist_is_not_outside(client, cast):
    own = cast.ben.personal_worklist
    own.share_code = "BENSCODE"
    own.save(update_fields=["share_code"])
    client.force_login(cast.ana)

    page = text(check(client, cast, new_code="BENSCODE"))

    assert "Outside" not in page
