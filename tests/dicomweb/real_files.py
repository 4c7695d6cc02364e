"""The real DICOM files that pydicom and pydicom-data ship."""

from pathlib import Path

import data_store
import pydicom


def real_files() -> list[str]:
    """Their paths, sorted; only those that begin as a DICOM file does."""
    folders = [
        Path(pydicom.__file__).parent / "data" / "test_files",
        Path(data_store.__file__).parent / "data",
    ]
    files = (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())
    return [str(path) for path in files if path.read_bytes()[128:132] == b"DICM"]
