"""The people of the demo. All invented; the domains under .example belong to no one."""

from dataclasses import dataclass

from cimar.demo.places import NORTHGATE, RIVERSIDE, SOUTHMERE

PASSWORD = "demo reading room"

# A worklist, or a worklist and the role the person has there in place of the usual one.
Where = str | tuple[str, str]


@dataclass(frozen=True)
class Membership:
    account: str
    role: str
    worklists: tuple[Where, ...] = ()
    every_worklist: bool = False
    has_left: bool = False


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    memberships: tuple[Membership, ...] = ()
    # Worklists of which the person wants mail.
    mail: tuple[str, ...] = ()
    superuser: bool = False


def _northgate(name: str, mailbox: str, role: str, *worklists: Where, **more: bool) -> Person:
    return Person(name, f"{mailbox}@northgate.example", (Membership(NORTHGATE, role, worklists, **more),))


def _southmere(name: str, mailbox: str, role: str, *worklists: Where, **more: bool) -> Person:
    return Person(name, f"{mailbox}@southmere.example", (Membership(SOUTHMERE, role, worklists, **more),))


def _riverside(name: str, mailbox: str, role: str, *worklists: Where, **more: bool) -> Person:
    return Person(name, f"{mailbox}@riverside.example", (Membership(RIVERSIDE, role, worklists, **more),))


BOARD = ("Tumour Board", "Radiologist")
REFERRER = "Referring clinician"

PEOPLE = (
    _northgate("Adaeze Lindqvist", "adaeze.lindqvist", "Administrator", every_worklist=True),
    _northgate(
        "Ana Moreau", "ana.moreau", "Radiologist",
        "CT Reporting", "MRI", "General X-ray", "Outside Images", "Neuro MDT", BOARD,
    ),
    _northgate(
        "Tobias Achterberg", "tobias.achterberg", "Radiologist", "CT Reporting", "MRI", "Outside Images", BOARD
    ),
    _northgate(
        "Priya Venkataraman", "priya.venkataraman", "Radiologist", "General X-ray", "Emergency Department"
    ),
    _northgate("Yusuf Demirci", "yusuf.demirci", "Radiologist", "MRI", "Tumour Board"),
    _northgate(
        "Siobhán Gallagher", "siobhan.gallagher", "Radiologist",
        "Echo Lab", ("Cardiology MDT", "Radiologist"), "Teaching Archive",
    ),
    _northgate("Benedict Osei", "benedict.osei", REFERRER, "Emergency Department"),
    _northgate("Clara Whitcombe", "clara.whitcombe", REFERRER, "Echo Lab", "Cardiology MDT"),
    _northgate("Mateusz Kowalczyk", "mateusz.kowalczyk", REFERRER, "Neuro MDT"),
    _northgate("Hana Ishikawa", "hana.ishikawa", REFERRER, "General X-ray"),
    _northgate("Leila Farouk", "leila.farouk", REFERRER, "Tumour Board"),
    _northgate("Oliver Penhaligon", "oliver.penhaligon", REFERRER, "Emergency Department", "Neuro MDT"),
    _northgate("Ngozi Baptiste", "ngozi.baptiste", REFERRER),
    _northgate("Ravi Chandrasekhar", "ravi.chandrasekhar", REFERRER, "Cardiology MDT"),
    _northgate("Grace Tembo", "grace.tembo", "Radiographer", "CT Reporting", "MRI"),
    _northgate("Jonas Eklund", "jonas.eklund", "Radiographer", "Echo Lab", "Outside Images"),
    _northgate("Nia Prosser", "nia.prosser", "Radiographer", "CT Reporting", "General X-ray"),
    _northgate(
        "Fatima Benali", "fatima.benali", "MDT coordinator",
        "Neuro MDT", ("Cardiology MDT", "MDT coordinator"), ("Tumour Board", "MDT coordinator"),
    ),
    _northgate("Victor Almeida", "victor.almeida", "Viewer", "CT Reporting", "MRI"),
    _northgate("Rosa Delgado", "rosa.delgado", "Viewer", "Emergency Department"),
    _northgate("Emeka Nwosu", "emeka.nwosu", "Viewer", "Echo Lab", "Teaching Archive"),
    _northgate("Edith Falkner", "edith.falkner", "Auditor"),
    _northgate("Nolan Pryce", "nolan.pryce", "Radiologist", "CT Reporting", has_left=True),
    _southmere("Ingrid Solberg", "ingrid.solberg", "Auditor"),
    _southmere("Harriet Stonebridge", "harriet.stonebridge", "Administrator", every_worklist=True),
    _southmere(
        "Wei-Ling Tan", "wei-ling.tan", "Radiologist",
        "Radiology", "Stroke Unit", "Nuclear Medicine", "Neurosurgery Referrals",
    ),
    _southmere("Chidi Obi", "chidi.obi", "Radiologist", "Radiology", "Nuclear Medicine"),
    _southmere("Lars Nyström", "lars.nystrom", "Radiologist", "Stroke Unit"),
    # Operates at the Infirmary and sees patients at the clinic.
    Person(
        "Samuel Ashworth",
        "samuel.ashworth@southmere.example",
        (
            Membership(SOUTHMERE, REFERRER, ("Neurosurgery Referrals",)),
            Membership(RIVERSIDE, REFERRER, ("Sports Injuries",)),
        ),
        mail=("Neurosurgery Referrals",),
    ),
    _southmere("Ingrid Halvorsen", "ingrid.halvorsen", REFERRER, "Stroke Unit"),
    _southmere("Dimitri Papadakis", "dimitri.papadakis", REFERRER, "Neurosurgery Referrals"),
    _southmere("Amara Kéita", "amara.keita", REFERRER, "Radiology"),
    _southmere("Bronwen Pugh", "bronwen.pugh", "Radiographer", "Radiology", "Nuclear Medicine"),
    _southmere("Kofi Mensah", "kofi.mensah", "Radiographer", "Stroke Unit"),
    _southmere("Zoë Lambert", "zoe.lambert", "Viewer", "Radiology"),
    _southmere("Hugo Verstraeten", "hugo.verstraeten", "Viewer", "Stroke Unit"),
    _southmere("Tamsin Okafor", "tamsin.okafor", "Viewer", "Neurosurgery Referrals"),
    _riverside("Rita Castellano", "rita.castellano", "Administrator", every_worklist=True),
    Person(
        "Caroline Fenwick",
        "caroline.fenwick@riverside.example",
        (Membership(RIVERSIDE, "Radiologist", ("Riverside Imaging", "Sports Injuries")),),
        mail=("Riverside Imaging",),
    ),
    _riverside("Miguel Santoro", "miguel.santoro", REFERRER, "Sports Injuries"),
    _riverside("Aisha Rahman", "aisha.rahman", REFERRER, "Riverside Imaging"),
    _riverside("Peter Lindholm", "peter.lindholm", "Receptionist", "Riverside Imaging"),
    _riverside("Joy Adeyemi", "joy.adeyemi", "Viewer", "Riverside Imaging", "Sports Injuries"),
    Person("Felix Arnaud", "felix.arnaud@harbourview.example"),
    _riverside("Otis Fairbairn", "otis.fairbairn", "Auditor"),
    Person("Judith Marlowe", "judith.marlowe@oakleafpractice.example"),
    Person("Morgan Vale", "morgan.vale@cimar.example", superuser=True),
)  # fmt: skip

# Whom to sign in as, and what for.
LOGINS = (
    (
        "ana.moreau@northgate.example",
        "radiologist: shares by every method; an approval and an invitation wait",
    ),
    ("benedict.osei@northgate.example", "referring clinician: received by location; every method but email"),
    ("mateusz.kowalczyk@northgate.example", "physician: received in person and in Neuro MDT, shared onward"),
    ("victor.almeida@northgate.example", "viewer: sees and opens, shares nothing"),
    ("adaeze.lindqvist@northgate.example", "administrator of Northgate Hospital, every worklist"),
    ("wei-ling.tan@southmere.example", "radiologist elsewhere: received by share code, twice removed"),
    ("caroline.fenwick@riverside.example", "clinic: received by share code, one share ends in a few days"),
    ("felix.arnaud@harbourview.example", "external recipient: belongs to no account, received by email"),
    ("morgan.vale@cimar.example", "superuser: /admin/, and sees no study"),
    ("edith.falkner@northgate.example", "auditor: the register of shares and the trails, and no images"),
)
