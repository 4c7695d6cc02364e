"""The accounts of the demo with their own roles, locations and groups."""

from dataclasses import dataclass, field

NORTHGATE, SOUTHMERE, RIVERSIDE = "Northgate Hospital", "Southmere Infirmary", "Riverside Clinic"

SHARES_WITHIN = ("share_study", "share_study_with_locations", "share_study_with_groups")


@dataclass(frozen=True)
class DemoPlace:
    """A location or group. Members without a role of their own there have its default role, else their account's."""

    name: str
    kind: str
    description: str
    code: str = ""
    front_door: bool = False
    default_role: str = ""
    takes_shares: bool = True
    needs_approval: bool = False
    # The place in which studies arrive that are sent to its upload address; it comes before this one.
    inbox: str = ""


@dataclass(frozen=True)
class DemoAccount:
    name: str
    # What the platform has checked of the account: shown beside its share codes.
    domain: str
    town: str
    places: tuple[DemoPlace, ...]
    # Beside the shipped ones.
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)


ACCOUNTS = (
    DemoAccount(
        NORTHGATE,
        domain="northgate.example",
        town="Northgate",
        roles={
            "Radiographer": ("list_studies", "open_study", "upload_study"),
            "MDT coordinator": ("list_studies", "open_study", "view_study_audit", *SHARES_WITHIN),
        },
        places=(
            DemoPlace(
                "Outside Images", "location", "What other hospitals send us.", "NORTHGATE", front_door=True
            ),
            DemoPlace("CT Reporting", "location", "All CT of the hospital.", "NGCT2026"),
            DemoPlace("MRI", "location", "Magnetic resonance, building C.", "NGMRI2026"),
            DemoPlace("General X-ray", "location", "Plain films."),
            DemoPlace("Echo Lab", "location", "Transthoracic and transoesophageal echocardiography."),
            DemoPlace("Emergency Department", "location", "For the doctors on the floor.", "NGEMERGENCY"),
            DemoPlace(
                "Teaching Archive", "location", "Test patterns and teaching cases.", takes_shares=False
            ),
            DemoPlace("Neuro MDT", "group", "Meets on Tuesdays at 8."),
            DemoPlace("Cardiology MDT", "group", "Meets on Thursdays at 12.", default_role="Viewer"),
            DemoPlace(
                "Tumour Board",
                "group",
                "Cases are accepted by the board's radiologist.",
                "NGTUMOUR",
                default_role="Viewer",
                needs_approval=True,
                inbox="Outside Images",
            ),
        ),
    ),
    DemoAccount(
        SOUTHMERE,
        domain="southmere.example",
        town="Southmere",
        roles={"Radiographer": ("list_studies", "open_study", "upload_study")},
        places=(
            DemoPlace("Radiology", "location", "The reporting room.", "SOUTHMERE", front_door=True),
            DemoPlace("Stroke Unit", "location", "Scans of the hyperacute unit.", "SMSTROKE"),
            DemoPlace("Nuclear Medicine", "location", "Scintigraphy."),
            DemoPlace("Neurosurgery Referrals", "group", "Refer by this code, day and night.", "SMNEURO"),
        ),
    ),
    DemoAccount(
        RIVERSIDE,
        domain="riverside.example",
        town="Oxbow",
        roles={"Receptionist": ("list_studies", "upload_study", "share_study", "share_study_by_code")},
        places=(
            DemoPlace("Riverside Imaging", "location", "Ultrasound and X-ray.", "RIVERSIDE", front_door=True),
            DemoPlace("Sports Injuries", "group", "Orthopaedics and physiotherapy.", "RVSPORT"),
        ),
    ),
)
