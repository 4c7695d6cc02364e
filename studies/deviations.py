"""How a file that was taken in differs from the standard: a code, kept with the file, and its sentence for a reader."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

SENTENCES = {
    "no_preamble": gettext_noop("It begins without the preamble of a DICOM file."),
    "no_meta": gettext_noop("It has no file meta group."),
    "implicit_meta": gettext_noop("Its file meta group is written without value representations."),
    "meta_length": gettext_noop("The length of its file meta group is missing or wrong."),
    "meta_vr": gettext_noop(
        "Its transfer syntax is written with another value representation than the standard asks."
    ),
    "no_syntax": gettext_noop("It does not say how it is encoded. This was found out from its content."),
    "other_encoding": gettext_noop("Some of it is encoded in another way than it says."),
    "charset_guessed": gettext_noop(
        "It does not declare the character set of its text, or declares a wrong one: character set guessed."
    ),
    "unknown_vr": gettext_noop("It uses a value representation that the standard does not have."),
    "odd_length": gettext_noop("A value has an odd length."),
    "out_of_order": gettext_noop("Its elements are not in ascending order."),
    "stray_delimiter": gettext_noop("It has a delimiter where none belongs."),
    "item_length": gettext_noop("An item of a sequence says that it is longer than it is."),
    "bytes_after_the_end": gettext_noop("There are bytes after its end. They are kept and not used."),
    "more_pixels": gettext_noop("It has more image data than it says."),
    "odd_uid": gettext_noop("One of its UIDs is not written as the standard asks."),
    "uid_from_meta": gettext_noop("Its class or its SOP Instance UID is in the file meta group only."),
}


def in_words(files: Mapping[str, int]) -> list[tuple[str, int]]:
    """Each deviation as its sentence in the reader's language with the number of files, in the order above."""
    return [(_(sentence), files[code]) for code, sentence in SENTENCES.items() if code in files]
