"""What the viewer reads of a series: of each frame where it lies, what its values mean, and where its pixels are.

It is made from the stored metadata of the instances (the DICOM JSON model); no file is opened for it.
"""

from studies.manifest.frames import Frame, frames_of
from studies.manifest.part import Packed, part_of, runs

__all__ = ["Frame", "Packed", "frames_of", "part_of", "runs"]
