"""Words of the standard's own: terms of coded texts hold nothing else, so none of them is a name somebody typed."""

import re
from functools import cache

from pydicom.datadict import DicomDictionary
from pydicom.sr._concepts_dict import concepts
from pydicom.sr._snomed_dict import mapping

_WORD = re.compile(r"[^\W_]+")
# Defined terms that are no words, and words that stand in no name of an attribute or a concept.
_TERMS = """
    monochrome1 monochrome2 contains portrait manu nrgy rtdose rtplan rtstruct rtimage rtrecord rtintent norm sat1 sat2
    cspine tspine lspine hfdr hfdl ffdr ffdl lfdr lfdl lfpr lfpl afdr afdl afpr afpl 10918 14495 14496 15444 13818 2022
    8859 uint8 uint16 inferred semiautomatic mpr mip localizer scout mosaic axial planar gmsp riesz 35cmx35cm 35cmx43cm
    24cmx30cm 18cmx24cm unapproved approved rejected yes
"""
SHORT = 3


@cache
def _words() -> frozenset[str]:
    names = [entry[2] for entry in DicomDictionary.values()]
    meanings = [meaning for meanings in _codes().values() for meaning in meanings.values()]
    return frozenset(
        [word for text in (*names, *meanings) for word in _WORD.findall(text.lower()) if word.isalpha()]
        + _TERMS.split()
    )


@cache
def _codes() -> dict[str, dict[str, str]]:
    """By scheme, the meaning of each code."""
    codes = {
        scheme: {code: meaning for of_word in words.values() for code, (meaning, *_) in of_word.items()}
        for scheme, words in concepts.items()
    }
    older = {srt: codes["SCT"][sct] for srt, sct in mapping["SRT"].items() if sct in codes["SCT"]}
    return {**codes, "SRT": older, "SNM3": older, "99SDM": older}


def are_words(text: str) -> bool:
    """Whether all words of the text are the standard's, or too short to be anybody's name."""
    return all(len(word) <= SHORT or word in _words() for word in _WORD.findall(text.lower()))


def only_words(text: str) -> str:
    """The text without the words that are not the standard's."""
    words = _WORD.findall(text)
    return " ".join(word for word in words if word.isalpha() and are_words(word) and len(word) > 1)


def meaning_of(scheme: str, code: str) -> str:
    """The standard's text for a code; empty where it has none."""
    return _codes().get(scheme, {}).get(code, "")
