"""Invite several people: a line is told all that is wrong with it, and what failed is mended and tried again."""

import re
from html import unescape
from typing import Any

import pytest

from administration.invitation_table import as_line, as_list, read_list
from tests.administering import adam
from tests.administration.test_invited_batches import HEADER, TEN, agreed, look
from tests.administration.test_people import text_of
from tests.administration.test_people_invitations import page
from worklists.models import WorklistMembership

__all__ = ["adam"]
pytestmark = pytest.mark.django_db


def again(response: Any) -> str:
    """The lines that the page sends back to the form."""
    return unescape(re.search(r'name="again" hidden>([^<]*)<', response.content.decode())[1])


def test_a_line_is_told_everything_that_is_wrong_with_it(adam, cast):
    looked = text_of(look(adam, HEADER + 'p1@example.net,Chief,"Nowhere; CT Reporting = Boss",perhaps\n'))

    assert "There is no role named “Chief” in this account." in looked
    assert "There is no worklist named “Nowhere” in this account." in looked
    assert "There is no role named “Boss” in this account." in looked
    assert "every_worklist must be yes or no, not “perhaps”." in looked


def test_a_list_comes_back_into_the_form_whole_and_after_the_invitations_only_what_failed(adam, cast):
    looked = look(adam, TEN)
    form = adam.post(page("batch"), {"again": again(looked)})

    assert again(look(adam, form.context["form"]["pasted"].value())) == again(looked)
    assert len(again(looked).splitlines()) == 11

    done = adam.post(page("batch"), {"agreed": agreed(looked)})
    failed = adam.post(page("batch"), {"again": again(done)}).context["form"]["pasted"].value()

    assert failed.splitlines() == [HEADER.strip(), "nobody,Viewer,,", "p7@example.net,Chief,,"]
    mended = look(adam, failed.replace("nobody", "p5@example.net").replace("Chief", "Viewer"))
    assert "All 2 lines are ready." in text_of(mended)
    assert b'name="again"' not in adam.post(page("batch"), {"agreed": agreed(mended)}).content


def test_members_in_a_list_are_added_to_the_worklists_of_their_line(adam, cast):
    looked = look(adam, HEADER + "ana@example.org,Radiologist,Chest Clinic,\np1@example.net,Viewer,,\n")
    assert "A member already; will be added to the worklists" in text_of(looked)
    assert "Invite 1 person, add 1 person" in text_of(looked)

    done = text_of(adam.post(page("batch"), {"agreed": agreed(looked)}))

    assert "1 person was invited." in done and "1 person was added to worklists." in done
    assert WorklistMembership.objects.filter(user=cast.ana, worklist=cast.chest).exists()
    repeated = text_of(adam.post(page("batch"), {"agreed": agreed(looked)}))
    assert "A member already, on these worklists; nothing changes" in repeated
    only = text_of(look(adam, HEADER + "ben@example.org,Radiologist,Chest Clinic,\n"))
    assert "Add 1 person to worklists" in only


@pytest.mark.parametrize("typed", ["a,b", 'a "b" c', "a;b|c", "'=1+1", "Ünï 山田", "-"])
def test_a_line_is_read_as_it_was_written(cast, typed):
    line = as_line([f"{typed}@example.net", typed, typed, "no"])

    [person] = read_list(as_list([line]), cast.northgate)

    assert (person.typed, person.line) == (f"{typed}@example.net", line)
