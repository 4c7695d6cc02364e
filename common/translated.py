"""`gettext` for words that a page shows by the hundred: each is looked up once for the process and each language.

A text without a translation costs the most, and so does asking for the language: take the words of a component at once.
"""

from functools import lru_cache

from django.utils.translation import get_language, gettext


def translated(text: str) -> str:
    """The text in the reader's language; mark it with `gettext_noop` where it is typed. Never a person's text."""
    return translated_into(get_language(), text)


@lru_cache(maxsize=1000)
def translated_into(language: str | None, text: str) -> str:
    """For the language that is active now."""
    return gettext(text)
