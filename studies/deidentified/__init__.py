"""Files without what identifies a patient: the Basic Application Level Confidentiality Profile (PS3.15 annex E).

The table of attributes and what is done with each is dicom-anonymizer's copy of the standard's. Its own walk over a
data set knows the outermost attributes alone and fails on some value representations, so ours goes further: it reaches
every depth, and of what the table does not name only values remain that cannot hold free text.
"""

from studies.deidentified.files import CannotDeidentify, Deidentified, burned_in, deidentify, may_show_text
from studies.deidentified.options import Options, Secrets

__all__ = [
    "CannotDeidentify",
    "Deidentified",
    "Options",
    "Secrets",
    "burned_in",
    "deidentify",
    "may_show_text",
]
