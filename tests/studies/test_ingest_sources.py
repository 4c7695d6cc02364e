"""Where files are read from: ZIPs, folders and the command that imports them."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from studies.ingest.sources import from_path
from studies.models import Blob, Study
from studies.services import render_waiting, take_in_all
from tests import bad_files
from tests.bad_files import Homes, dicom_storage, homes, sound, source, zipped
from tests.cast import IMPORTER
from tests.factories import make_uid

__all__ = ["dicom_storage", "homes"]
pytestmark = pytest.mark.usefixtures("dicom_storage")


def test_the_files_of_a_zip_are_taken_in_one_by_one(homes: Homes) -> None:
    study = make_uid()
    data = zipped(
        [("a/", b""), ("a/1", sound(StudyInstanceUID=study)), ("a/2", sound(StudyInstanceUID=study))]
    )

    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data, "both.zip")])

    assert [file.name for file in result.files] == ["both.zip: a/1", "both.zip: a/2"]
    assert Study.objects.get(study_instance_uid=study).n_instances == 2


def test_the_command_takes_files_folders_and_zips_and_renders_them(
    homes: Homes, tmp_path: Path, capsys
) -> None:
    study = make_uid()
    folder = bad_files.written(
        tmp_path / "cd",
        {
            "IMAGES/1": sound(StudyInstanceUID=study),
            "IMAGES/notes.txt": b"hello",
            "more.zip": zipped([("2", sound(StudyInstanceUID=study)), ("readme", b"hello")]),
        },
    )
    single = bad_files.written(tmp_path, {"3.dcm": sound(StudyInstanceUID=study)}) / "3.dcm"

    call_command("import_dicom", folder, single, worklist="ngct 2026")

    output = capsys.readouterr().out
    assert "left aside: cd/IMAGES/notes.txt: Texts, web pages and settings" in output
    assert "left aside: cd/more.zip: readme: Licences and instructions" in output
    assert "3 new, 0 already known, 0 refused, 2 left aside; 1 studies in CT Reporting." in output
    made = Study.objects.get(study_instance_uid=study)
    assert set(made.instances.values_list("blob__preview", flat=True)) == {Blob.Preview.READY}


def test_the_command_leaves_previews_to_the_worker_when_asked(homes: Homes, tmp_path: Path) -> None:
    folder = bad_files.written(tmp_path / "cd", {"1.dcm": sound()})

    call_command("import_dicom", "--no-previews", folder, worklist="NGCT2026")

    assert Blob.objects.get().preview == Blob.Preview.WAITING
    assert render_waiting() == 1


def test_the_command_fails_where_nothing_could_be_taken_in(homes: Homes, tmp_path: Path) -> None:
    folder = bad_files.written(tmp_path / "cd", {"notes.txt": b"hello"})

    with pytest.raises(CommandError, match="No file could be imported"):
        call_command("import_dicom", folder, worklist=str(homes.ct.uuid))


@pytest.mark.parametrize("named", ["NOSUCHCODE", "0f5b1f6e-5c1d-4f0e-9d0a-2b6c4f5a7e11"])
def test_the_command_names_a_worklist_it_does_not_know(homes: Homes, tmp_path: Path, named: str) -> None:
    with pytest.raises(CommandError, match="no worklist with this share code or uuid"):
        call_command("import_dicom", tmp_path, worklist=named)


def test_a_file_that_is_not_there_is_refused_by_name(homes: Homes, tmp_path: Path) -> None:
    [refused] = take_in_all(
        worklist=homes.ct, by=IMPORTER, sources=[from_path(tmp_path / "gone.dcm")]
    ).left_out
    assert refused.sentence == "It could not be read."
