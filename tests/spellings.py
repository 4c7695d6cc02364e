"""Other spellings of a name that read the same, and characters that are not drawn, for property tests."""

import unicodedata

from hypothesis import strategies as st

NOT_DRAWN = [
    "\u00ad", "\u034f", "\u180e", "\u200b", "\u200c", "\u200d", "\u2060", "\u2063", "\u3164", "\uffa0", "\ufe0f",
    "\U000e0041", "\U000e0100",
]  # fmt: skip
SPACES = [" ", "\u00a0", "\u2003", "\u202f", "\u3000", "\u2800", "  "]


def full_width(sign: str) -> str:
    return chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign


@st.composite
def spellings(draw: st.DrawFn, name: str) -> str:
    """The name in other letters that read the same: case, width, composition, spaces, and what is not drawn."""
    signs = []
    for sign in name:
        forms = [sign, sign.upper(), sign.lower(), full_width(sign), unicodedata.normalize("NFD", sign)]
        # Another case of some letters reads otherwise, such as a dotless i.
        forms = [form for form in forms if form.casefold() == sign.casefold() or form == full_width(sign)]
        signs.append(draw(st.sampled_from(SPACES if sign == " " else forms)))
        signs.append(draw(st.sampled_from(["", "", "", *NOT_DRAWN])))
    before, after = draw(st.sampled_from(["", " "])), draw(st.sampled_from(["", " ", "\u00ad"]))
    return before + "".join(signs) + after
