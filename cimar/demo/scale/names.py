"""Invented people for generated data: names as common as real ones are, in several alphabets."""

# A hundred names in quotation marks are harder to read.
# ruff: noqa: SIM905

from dataclasses import dataclass
from functools import cached_property

import numpy as np

# The commonest surname of a list comes first; frequency falls as it does in real registers (about 1 in the rank).
LATIN = (
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White Roberts "
    "Green Hall Thomas Clarke Jackson Wood Harris Edwards Turner Martin Cooper Hill Ward Hughes Moore Clark King "
    "Harrison Lewis Baker Lee Allen Morris Khan Scott Watson Davis Parker James Bennett Young Phillips Richardson "
    "Mitchell Bailey Carter Cook Singh Shaw Bell Collins Morgan Kelly Begum Miller Cox Hussain Marshall Simpson Price "
    "Anderson Adams Wilkinson Foster Ellis Murphy Chapman Mason Gray Richards Webb Rogers Gibson Hunt Mills Ali "
    "Palmer Lloyd Matthews Holmes Ahmed Nguyen Barnes Knight Kaur García Fernández Müller Schneider Nowak Kowalski "
    "O'Brien O'Sullivan Žukauskas Horváth Novák Nielsen Sørensen Østergaard Åberg Lindqvist Ferreira Gonçalves "
    "D'Angelo Esposito Çelik Yılmaz Öztürk Ibrahim Okafor Adeyemi Mensah Haddad Rahman Chowdhury Łukasik Ștefănescu "
    "Đorđević McDonald MacKenzie Fitzgerald Ashworth Thistlethwaite Featherstonehaugh Quill Zielinski-Hartmann"
).split()
GIVEN_F = (
    "Mary Margaret Susan Olivia Sarah Emma Amelia Patricia Isla Elizabeth Ava Jessica Sophie Helen Fatima Aisha Chloé "
    "Zoë Siân Eilidh Niamh Agnieszka Zofia Ingrid Søs Yasmin Priya Ananya Ngozi Amara Lucía María Renée Elif Ayşe"
).split()
GIVEN_M = (
    "John David Michael Oliver James George Noah William Peter Robert Mohammed Thomas Jack Arthur Leo Harry Rhys "
    "Seán Ciarán Piotr Tomasz Björn Lars José Luís René Mehmet Emre Raj Arjun Chidi Kwame Yusuf Omar Dmitri"
).split()
# Romanised and as written; DICOM keeps both, an equals sign between them.
CJK = (
    (("Wang", "王"), ("Li", "李"), ("Zhang", "张"), ("Chen", "陈"), ("Yamada", "山田"), ("Satō", "佐藤")),
    (("Wei", "伟"), ("Fang", "芳"), ("Xiuying", "秀英"), ("Tarō", "太郎"), ("Hanako", "花子"), ("Meiling", "美玲")),
)  # fmt: skip
OTHER = (
    ("Иванов Смирнова Кузнецов Попова Шевченко".split(), "Иван Мария Алексей Ольга Наталья".split()),
    ("Παπαδόπουλος Γεωργίου Οικονόμου".split(), "Γιώργος Μαρία Ελένη Νίκος".split()),
    ("محمد حسن الأحمد خليل".split(), "فاطمة علي مريم يوسف".split()),
    ("כהן לוי מזרחי".split(), "נועם תמר אבי".split()),
)
# Common on other worklists, and no patient's on the big worklist: what a search there has to answer quickly.
ELSEWHERE = "Penhaligon"
SHARE_OF_CJK, SHARE_OF_OTHER = 0.02, 0.02
TITLES = ("^^Dr", "^^Dr", "^^Dr", "^^Mr", "^^Ms", "^^Prof")


@dataclass(frozen=True)
class Names:
    """Every name there is and how likely; `keys`, from the database's own functions, are its sort key and its words."""

    written: list[str]
    sexes: list[str]
    keys: list[tuple[str, str]]
    likely: np.ndarray

    @cached_property
    def elsewhere(self) -> list[int]:
        return [n for n, name in enumerate(self.written) if name.startswith(f"{ELSEWHERE}^")]


def invent() -> tuple[list[str], list[str], np.ndarray]:
    """Names, sexes, likelihoods."""
    written, sexes, likely = [], [], []
    latin = 1 - SHARE_OF_CJK - SHARE_OF_OTHER
    surnames = [1 / (rank + 6) for rank in range(len(LATIN))]
    for given, sex in ((GIVEN_F, "F"), (GIVEN_M, "M")):
        firsts = [1 / (rank + 4) for rank in range(len(given))]
        for surname, common in zip(LATIN, surnames, strict=True):
            for first, usual in zip(given, firsts, strict=True):
                written.append(f"{surname}^{first}")
                sexes.append(sex)
                likely.append(latin / 2 * common / sum(surnames) * usual / sum(firsts))
    pairs = [(family, first) for family in CJK[0] for first in CJK[1]]
    for (family, family_as_written), (first, first_as_written) in pairs:
        written.append(f"{family}^{first}={family_as_written}^{first_as_written}")
        sexes.append("O")
        likely.append(SHARE_OF_CJK / len(pairs))
    others = [f"{family}^{first}" for families, firsts in OTHER for family in families for first in firsts]
    written += others
    sexes += ["F" if number % 2 else "M" for number in range(len(others))]
    likely += [SHARE_OF_OTHER / len(others)] * len(others)
    written += [f"{ELSEWHERE}^{first}" for first in GIVEN_F]
    sexes += ["F"] * len(GIVEN_F)
    likely += [0.0] * len(GIVEN_F)
    return written, sexes, np.array(likely) / sum(likely)


def doctor(number: int) -> str:
    """A referring physician, as DICOM writes one."""
    first = (GIVEN_F, GIVEN_M)[number % 2][number % 31]
    return f"{LATIN[(number * 7) % len(LATIN)]}^{first}{TITLES[number % len(TITLES)]}"


def member(number: int) -> str:
    """A person who works with the product, by number."""
    given = (GIVEN_F, GIVEN_M)[number % 2]
    return f"{given[number // 2 % len(given)]} {LATIN[number // 3 % len(LATIN)]}"
