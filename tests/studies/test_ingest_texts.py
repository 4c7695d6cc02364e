"""What is read from the attributes of files: names in every character set, texts, dates and numbers."""

from datetime import date

import pytest

from studies.models import Study
from studies.services import take_in_all
from tests import bad_files
from tests.bad_files import Homes, dicom_storage, homes, sound, source
from tests.cast import IMPORTER

__all__ = ["dicom_storage", "homes"]
pytestmark = pytest.mark.usefixtures("dicom_storage")


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 100", "Müller^Jörg"),
        ("ISO_IR 192", "山田^太郎"),
        ("ISO_IR 144", "Люксембург"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎"),
        ("GB18030", "王^小东"),
        ("ISO_IR 126", "Διονυσιος"),
    ],
)
def test_names_are_read_in_the_character_set_of_their_file(homes: Homes, charset: str, name: str) -> None:
    data = sound(StudyInstanceUID="2.25.77", SpecificCharacterSet=charset, PatientName=name)
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)])

    assert Study.objects.get(study_instance_uid="2.25.77").patient_name == name


@pytest.mark.parametrize("charset", ["ISO_IR 999", "nonsense", "ISO_IR 6\\ISO_IR 6\\ISO_IR 6"])
def test_an_unknown_character_set_costs_letters_but_not_the_file(homes: Homes, charset: str) -> None:
    data = sound(StudyInstanceUID="2.25.77").replace(b"Quill^Hazel ", b"Quill^\xc3\xa4\xffel ")
    at = data.index(b"\x08\x00\x16\x00UI")
    data = (
        data[:at]
        + bad_files.element(8, 5, b"CS", charset.ljust(len(charset) + len(charset) % 2).encode())
        + data[at:]
    )

    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)])

    assert result.n_new == 1
    assert Study.objects.get(study_instance_uid="2.25.77").patient_name.startswith("Quill^")


def test_control_characters_become_spaces_and_all_other_text_stays(homes: Homes) -> None:
    nasty = "<b>\u202eQuill</b>^'; DROP"
    data = sound(
        StudyInstanceUID="2.25.77",
        SpecificCharacterSet="ISO_IR 192",
        PatientName=nasty,
        StudyDescription="a\x00b\x07c",
    )
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)])

    study = Study.objects.get(study_instance_uid="2.25.77")
    assert (study.patient_name, study.description) == (nasty, "a b c")


def test_a_text_longer_than_its_column_is_cut_with_an_ellipsis(homes: Homes) -> None:
    data = sound(StudyInstanceUID="2.25.77", PatientName="A" * 5_000, PatientID="9" * 5_000)
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)])

    study = Study.objects.get(study_instance_uid="2.25.77")
    assert study.patient_name == "A" * 399 + "…"
    assert study.patient_id == "9" * 199 + "…"


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("20040119", date(2004, 1, 19)),
        ("2004.01.19", date(2004, 1, 19)),
        ("2004-01-19", date(2004, 1, 19)),
        ("20041332", None),
        ("yesterday", None),
        ("", None),
        ("00000000", None),
    ],
)
def test_dates_are_understood_where_they_can_be_and_kept_as_received(
    homes: Homes, raw: str, meant: date | None
) -> None:
    data = bad_files.sound(StudyInstanceUID="2.25.77", StudyDate=None)
    at = data.index(b"\x08\x00\x60\x00CS")
    wanted = raw.ljust(len(raw) + len(raw) % 2).encode()
    take_in_all(
        worklist=homes.ct,
        by=IMPORTER,
        sources=[source(data[:at] + bad_files.element(8, 0x20, b"DA", wanted) + data[at:])],
    )

    study = Study.objects.get(study_instance_uid="2.25.77")
    assert (study.study_date, study.study_date_raw) == (meant, raw)


@pytest.mark.parametrize("number", ["12.0", "x", "99999999999999", ""])
def test_odd_numbers_never_stop_a_file(homes: Homes, number: str) -> None:
    data = sound(StudyInstanceUID="2.25.77", InstanceNumber=None)
    at = data.index(b"\x28\x00\x02\x00US")
    wanted = number.ljust(len(number) + len(number) % 2).encode()
    odd = data[:at] + bad_files.element(0x20, 0x13, b"IS", wanted) + data[at:]

    assert take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(odd)]).n_new == 1
