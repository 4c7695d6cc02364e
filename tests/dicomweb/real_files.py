"""The real DICOM files that pydicom and pydicom-data ship."""

from pathlib import Path

import data_store
import pydicom

FOLDERS = (Path(pydicom.__file__).parent / "data" / "test_files", Path(data_store.__file__).parent / "data")


def real_files() -> list[str]:
    """Their paths, sorted; only those that begin as a DICOM file does."""
    files = (path for folder in FOLDERS for path in sorted(folder.rglob("*")) if path.is_file())
    return [str(path) for path in files if path.read_bytes()[128:132] == b"DICM"]


def files_called_dcm() -> list[str]:
    """Their paths, sorted; also those without a preamble. pydicom's own list would download others that it knows of."""
    return sorted(str(path) for folder in FOLDERS for path in folder.rglob("*.dcm"))
