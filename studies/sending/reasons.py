"""Why a file or a study is not sent, in words, and how the ways of sending say so."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.nouns import counted

REASONS: dict[str, str] = {
    # The destination is asked again later.
    "unreachable": gettext_noop("The destination cannot be reached."),
    "unknown_host": gettext_noop("The host name of the destination is not known."),
    "slow": gettext_noop("The destination takes too long."),
    "busy": gettext_noop("The destination is busy or has no room."),
    "its_error": gettext_noop("The destination reports an error of its own."),
    "our_error": gettext_noop("Something went wrong on this site."),
    # Until an administrator changes something, nothing can be sent.
    "network": gettext_noop(
        "This site is not allowed to send to the network of the destination. Its operator can allow it."
    ),
    "unencrypted": gettext_noop(
        "Without encryption this site sends only within networks that its operator named."
    ),
    "certificate": gettext_noop("The certificate of the destination is not trusted."),
    "sign_in": gettext_noop("The destination does not accept the user name, password or token of this site."),
    "no_service": gettext_noop("There is no DICOMweb service at the URL of the destination."),
    "redirect": gettext_noop("The URL of the destination leads to another URL, which is not followed."),
    "ae_title": gettext_noop("The destination does not accept its AE title, or the AE title of this site."),
    "secret": gettext_noop("The password or token of the destination has to be entered again."),
    "removed": gettext_noop("The destination was removed."),
    # The person, or the study.
    "right": gettext_noop("You may no longer send this study from this worklist."),
    "gone": gettext_noop("The study is no longer on this worklist."),
    "corrected": gettext_noop(
        "The study was corrected while it was being sent. Send it again, so that all images say the same."
    ),
    "given_up": gettext_noop("Nothing could be sent for a whole day."),
    # Single files.
    "kind": gettext_noop("The destination does not take this kind of image, or its compression."),
    "too_large": gettext_noop("The destination does not take images this large."),
    "not_taken": gettext_noop("The destination refused the image."),
    "unclear": gettext_noop("The answer of the destination does not say that the image was stored."),
    "unreadable": gettext_noop("The image cannot be sent in this way."),
}


class TryAgain(Exception):
    """The destination could not take the file now; a later try may work. The first argument is a key of `REASONS`."""


class NotTaken(Exception):
    """The destination refuses this file; the next may be taken."""


class CannotSend(Exception):
    """Nothing of the study can be sent until someone changes something."""


def reason(code: str) -> str:
    return _(REASONS[code]) if code in REASONS else ""


def refused_in_words(refusals: Mapping[str, int]) -> list[str]:
    """Of the files that were not taken: each reason with their number."""
    return [f"{counted(number, 'image')}: {reason(code)}" for code, number in sorted(refusals.items())]
