"""What the gallery shows: invented patients, every component in every state."""

import re
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings

from common.components.library import descriptions

ICONS = settings.BASE_DIR / "static" / "img" / "icons.svg"


class SampleForm(forms.Form):
    """A field of each kind."""

    email = forms.EmailField(label="Email address", help_text="The email that the recipient reads at work.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    location = forms.ChoiceField(
        label="Location", choices=[("", "Choose a location"), ("ct", "CT reporting"), ("mr", "MR reporting")]
    )
    until = forms.DateField(
        label="End date",
        required=False,
        help_text="The last day of access.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    scans = forms.FileField(label="Files", required=False)
    method = forms.ChoiceField(
        label="How to share", widget=forms.RadioSelect, choices=[("location", "Location"), ("email", "Email")]
    )
    groups = forms.MultipleChoiceField(
        label="Groups",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("1", "Trauma meeting"), ("2", "Stroke network")],
    )
    mail_me = forms.BooleanField(
        label="Mail me when a study arrives", required=False, help_text="One mail per press."
    )
    when = forms.CharField(label="When", required=False)
    quick = forms.CharField(label="Find quickly", required=False)
    agree = forms.BooleanField(label="Agreed", required=False)
    fixed = forms.CharField(label="Account", required=False, initial="Northgate Hospital", disabled=True)

    def clean(self) -> dict[str, Any]:
        raise forms.ValidationError("Choose at least one recipient.")


def study(name: str, **other: Any) -> SimpleNamespace:
    usual = {
        "patient_name": name,
        "patient_birth_date": date(1958, 3, 9),
        "patient_birth_date_raw": "19580309",
        "patient_sex": "F",
        "patient_id": "NG-0047113",
        "issuer_of_patient_id": "Northgate Hospital",
        "study_date": date(2026, 11, 24),
        "study_date_raw": "20261124",
        "study_time_raw": "084000",
        "description": "CT thorax with contrast",
        "modalities": ["CT"],
        "accession_number": "A26-118204",
        "n_instances": 342,
    }
    return SimpleNamespace(**usual | other)


NOTHING_KNOWN: dict[str, Any] = {
    "patient_birth_date": None,
    "patient_birth_date_raw": "1950",
    "patient_sex": "",
    "patient_id": "",
    "issuer_of_patient_id": "",
    "study_date": None,
    "study_date_raw": "",
    "study_time_raw": "",
    "description": "",
    "modalities": [],
    "accession_number": "",
    "n_instances": 0,
}
STUDIES = [
    study("HARTLEY^MARGARET^ANNE"),
    study("OKONKWO^DANIEL", patient_sex="M", description="MR brain", modalities=["MR"], n_instances=1),
    study("Angstrom=山田^太郎", patient_sex="O", modalities=["US", "XA"], n_instances=48),
    study("", **NOTHING_KNOWN),
    study(
        "FEATHERSTONEHAUGH-WOLFESCHLEGEL^BARTHOLOMEW MAXIMILIAN^ST JOHN^^PhD",
        description="Left ankle, three views, weight-bearing, follow-up of fixation",
        modalities=["DX"],
        n_instances=3,
    ),
]

PATH = [
    {"kind": "home", "label": "Northgate Hospital, CT", "detail": ""},
    {
        "kind": "fold",
        "label": "2 shares",
        "href": "?path=sample",
        "steps": [
            {"kind": "share", "label": "by Dr Ana Ruiz", "detail": "location"},
            {"kind": "worklist", "label": "Northgate Hospital, Emergency", "detail": "", "href": "#sample"},
            {"kind": "share", "label": "by Dr Tom Hale", "detail": "group"},
        ],
    },
    {"kind": "share", "label": "Dr Ana Ruiz", "detail": "by email, 3 Nov 2026", "external": True},
    {"kind": "worklist", "label": "Worklist of Ben Okafor", "detail": ""},
    {"kind": "role", "label": "Personal", "detail": "may open images"},
    {"kind": "person", "label": "Ben Okafor", "detail": "since 4 Nov 2026"},
]


SIZES = ["side", "wide", "small"]


def everything(*, broken: bool, size: str) -> dict[str, Any]:
    """`broken` shows the form with its mistakes; `size` is the dialog's."""
    wrong = SampleForm({"email": "not an email", "until": "31 Feb"})
    wrong.is_valid()
    return {
        "section": "studies",
        "sizes": SIZES,
        "size": size if size in SIZES else SIZES[0],
        "icons": re.findall(r'symbol id="(\w+)"', ICONS.read_text()),
        "tones": ["neutral", "info", "good", "warn", "danger", "waiting"],
        "outcomes": ["shared", "changed", "already_shared", "invited", "awaiting_approval", "refused"],
        "button_tones": ["plain", "accent", "danger", "quiet"],
        "form": wrong if broken else SampleForm(),
        "studies": STUDIES,
        "study": STUDIES[0],
        "long": STUDIES[4],
        "bare": STUDIES[3],
        "moment": datetime(2026, 11, 24, 14, 5, tzinfo=UTC),
        "tabs": [
            ("access", "Access", "#access", 4),
            ("audit", "Audit trail", "#audit"),
            ("details", "Details", "#details"),
        ],
        "path": PATH,
        "new_outside": {"is_new": True, "outside": "Outside Northgate Hospital"},
        "consequences": [
            (3, "studies are shared no longer with 2 worklists"),
            (14, "people lose access on their next request"),
            ("2", "onward shares made from there end as well"),
        ],
        "sentences": ["The invitation waits until it is withdrawn."],
        "descriptions": sorted(descriptions().items()),
        "details": [
            ("Accession", "A26-118204"),
            ("Referring physician", "Dr Lindqvist"),
            ("Institution", ""),
        ],
    }
