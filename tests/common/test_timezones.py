"""The time zones to choose from: each place once; and what a person may type for one."""

from zoneinfo import available_timezones

import pytest
from django import forms

from common import timezones
from common.zone_field import TimeZoneField


class ZoneForm(forms.Form):
    timezone = TimeZoneField()


def cleaned(typed):
    form = ZoneForm({"timezone": typed})
    return form.cleaned_data["timezone"] if form.is_valid() else form.errors["timezone"]


def test_no_place_is_offered_under_two_names():
    names = [place.name for place in timezones.places()]

    twins = {
        "Africa/Asmara": "Africa/Asmera",
        "America/Argentina/Buenos_Aires": "America/Buenos_Aires",
        "Asia/Kolkata": "Asia/Calcutta",
        "Europe/Kyiv": "Europe/Kiev",
    }
    assert set(twins) <= set(names) and not set(twins.values()) & set(names)
    assert len(names) == len(set(names)) < 430
    assert [name for name in names if timezones.zone_meant(name) != name] == []


def test_every_zone_of_the_machine_is_understood():
    meant = {name: timezones.zone_meant(name) for name in available_timezones()}

    assert [name for name, zone in meant.items() if zone not in available_timezones()] == []
    offered = {place.name for place in timezones.places()}
    unoffered = {name for name in meant if "/" in name and not name.startswith("Etc/")} - offered
    assert unoffered and {meant[name] for name in unoffered} <= offered


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/London", "Europe/London"),
        ("  europe/london ", "Europe/London"),
        ("America/Argentina/Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("buenos aires", "America/Argentina/Buenos_Aires"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("US/Eastern", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_is_typed_by_its_name_its_city_or_its_old_name(typed, zone):
    assert cleaned(typed) == zone


@pytest.mark.parametrize(
    "typed", ["", " ", "Mars/Olympus", "Europe", "../etc/passwd", "Europe/London\x00", "x" * 101]
)
def test_what_is_no_zone_is_refused_with_a_sentence(typed):
    assert len(cleaned(typed)) == 1 and "." in cleaned(typed)[0]


def test_the_places_stand_beside_the_input_with_their_countries():
    shown = str(ZoneForm(initial={"timezone": "America/Argentina/Buenos_Aires"})["timezone"])

    assert 'value="America/Argentina/Buenos Aires"' in shown.partition(">")[0]
    assert 'list="id_timezone_places"' in shown and '<datalist id="id_timezone_places">' in shown
    assert '<option value="America/Argentina/Buenos Aires">Argentina</option>' in shown


def test_without_the_lists_of_places_every_place_of_the_machine_is_offered(monkeypatch):
    timezones.places.cache_clear()
    monkeypatch.setattr(timezones, "_lines", lambda file: [])

    names = {place.name for place in timezones.places()}

    monkeypatch.undo()
    timezones.places.cache_clear()
    assert {"UTC", "Europe/London", "Asia/Calcutta"} <= names and "Etc/GMT" not in names
