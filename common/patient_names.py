"""A patient's name as a reader types it: which letters count, and which words of a name can be searched.

`search_key` is the name in the order of lists, `search_words` what a search compares with; the database makes both of
every placement by functions of its own (KEY_SQL and WORDS_SQL, in the studies' migrations), and a test compares them.
What is searched for are the `patterns` of what was typed.
"""

import re
import unicodedata

KEY_SQL = "name_key"
WORDS_SQL = "name_words"
ASCII_SQL = "in_ascii"
# The key is part of an index, whose entries are limited.
LONGEST_KEY = 400
# A shorter part of a name is searched as a whole word, since it would be in too many names.
SHORTEST_PART = 3

# Signs beside or above a letter which Unicode takes apart into a space and an accent: not a space to a reader.
_SPACING_ACCENTS = re.compile(
    "[\u00a8\u00af\u00b4\u00b8\u02d8-\u02dd\u037a\u0384\u0385\u1fbd\u1fbf-\u1fc1\u1fcd-\u1fcf\u1fdd-\u1fdf"
    "\u1fed\u1fee\u1ffd\u1ffe\u2017\u203e\ufc5e-\ufc63\ufe49-\ufe4c\ufe70\ufe72\ufe74\ufe76\ufe78\ufe7a\ufe7c\ufe7e]"
)
# Accents and vowel points, apostrophes, quotation marks, brackets, stops, and what is not drawn. The marks that make
# another sound of a Japanese or Indian letter are kept.
_WITHOUT_MEANING = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0730-\u074a\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0"
    "\ufe20-\ufe2f"
    "!\"'():<>?@\\[\\]`{}\u00a1\u00ab\u00bb\u00bf\u02b9-\u02df\u02e5-\u02ff\u055a-\u055f\u05c0\u05c3\u05c6\u05f3\u05f4"
    "\u2018-\u201f\u2032-\u2037\u2039\u203a\u3008-\u3011\u3014-\u301b\u301d-\u301f\ua78b\ua78c"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Letters that are no other letter with an accent, and are typed as one all the same.
_AS_TYPED = str.maketrans("øđðħıłŧĸςƒɓɗƙƴʉ", "oddhiltkσfbdkyu")
_AS_TWO = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "ng"}
# Katakana as hiragana; the sound marks by themselves as those that join the letter before.
_KANA = {sign: sign - 0x60 for sign in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}
_SOUND_MARKS = {0x309B: 0x3099, 0x309C: 0x309A}

_HYPHENS = "\\-._~\u00b7\u0387\u058a\u05be\u1806\u2010-\u2015\u2022\u2027\u2043\u2053\u2212\u301c\u30a0\u30fb"
_SPACES = "\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# What stands between the components and the groups of a name, in a file or as it is typed.
_BREAKS = "\\^=,;*/\\\\\u055d\u060c\u061b\u3001"
_GROUP = re.compile("=+")
_SPACE = re.compile(f"[{_SPACES}]+")
_HYPHEN = re.compile(f"[{_HYPHENS}]+")
_HYPHEN_OR_SPACE = re.compile(f"[{_HYPHENS}{_SPACES}]+")
_BREAK_OR_SPACE = re.compile(f"[{_BREAKS}{_SPACES}]+")
_BETWEEN = re.compile(f"[{_BREAKS}{_HYPHENS}{_SPACES}]+")
# Chinese, Japanese and Korean are written without spaces: each two signs that stand together count as a word.
_NOT_WRITTEN_TOGETHER = re.compile(
    "[^=\u3005-\u3007\u3041-\u3096\u3099\u309a\u309d\u309e\u30fc\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uf900-\ufaff\U00020000-\U0003ffff]+"
)

_FIRSTS, _OTHERS = "MNOPQRSTUVWXYZ", "ABCDEFGHIJKL"


def folded(name: str) -> str:
    """Small letters without accents, whatever their form; what is between words is left."""
    apart = unicodedata.normalize("NFKD", _SPACING_ACCENTS.sub("", name).translate(_SOUND_MARKS))
    # Letter by letter, as the database does: Python's lower() can return two letters for one, or a final sigma.
    small = "".join(sign.lower()[0] for sign in apart)
    plain = _WITHOUT_MEANING.sub("", small).translate(_AS_TYPED)
    for letter, two in _AS_TWO.items():
        plain = plain.replace(letter, two)
    return unicodedata.normalize("NFC", plain).translate(_KANA)


def search_key(name: str) -> str:
    """The words of a DICOM person name in their order, by which lists are sorted. In SQL: KEY_SQL."""
    return _BETWEEN.sub(" ", folded(name)).strip(" ")[:LONGEST_KEY]


def search_words(name: str) -> str:
    """All that a search can find a name by, between spaces. In SQL: WORDS_SQL.

    Parts joined by a hyphen or a space are found apart and as a single word: `smith jones smithjones`.
    """
    plain = folded(name)
    apart_and_joined = (
        _BETWEEN.sub(" ", plain),
        _BREAK_OR_SPACE.sub(" ", _HYPHEN.sub("", plain)),
        _BETWEEN.sub(" ", _HYPHEN_OR_SPACE.sub("", plain)),
    )
    unspaced = _GROUP.sub(" ", _NOT_WRITTEN_TOGETHER.sub("", plain)).strip(" ")
    pairs = (unspaced[at : at + 2] for at in range(len(unspaced) - 1))
    words = ["", *dict.fromkeys(apart_and_joined), *([unspaced] if unspaced else []), *pairs, ""]
    return in_ascii(" ".join(words))


def in_ascii(words: str) -> str:
    """Each sign outside ASCII as five capital letters, which folded names have none of. In SQL: ASCII_SQL.

    The database's trigrams are made of ASCII alone where its character type is "C". The first letter of the five is
    never another of them, so that a part of a name is found at the beginning of a sign only.
    """
    return words if words.isascii() else "".join(map(_sign_in_ascii, words))


def _sign_in_ascii(sign: str) -> str:
    code = ord(sign)
    if code < 128:
        return sign
    rest = (_OTHERS[code // (14 * 12**place) % 12] for place in range(4))
    return _FIRSTS[code % 14] + "".join(rest)


def search_terms(typed: str) -> list[str]:
    """The parts of a name as typed (`Quill, Hazel`, `quill^hazel`, `qui haz`), folded."""
    terms = _BREAK_OR_SPACE.sub(" ", _HYPHEN.sub("", folded(typed))).split(" ")
    return [term for term in terms if any(sign.isalnum() for sign in term)]


def patterns(typed: str) -> list[str]:
    """What the words of a name contain that fits: long parts anywhere; short parts as whole words, beside long parts
    as beginnings of words."""
    terms = search_terms(typed)
    begins = any(len(term) >= SHORTEST_PART for term in terms)
    return [
        in_ascii(term if len(term) >= SHORTEST_PART else f" {term}" if begins else f" {term} ")
        for term in terms
    ]
