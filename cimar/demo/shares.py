"""What the people of the demo have shared, press by press, in this order."""

from dataclasses import dataclass

ANA = "ana.moreau@northgate.example"
TOBIAS = "tobias.achterberg@northgate.example"
PRIYA = "priya.venkataraman@northgate.example"
CLARA = "clara.whitcombe@northgate.example"
MATEUSZ = "mateusz.kowalczyk@northgate.example"
SAMUEL = "samuel.ashworth@southmere.example"
WEI_LING = "wei-ling.tan@southmere.example"
LARS = "lars.nystrom@southmere.example"
CAROLINE = "caroline.fenwick@riverside.example"
FELIX = "felix.arnaud@harbourview.example"

# No one has registered this email.
INVITED = "kit.oduya@seaviewphysio.example"

PERSONAL = ""


@dataclass(frozen=True)
class DemoPress:
    """One use of the Share Studies button: from a worklist of the person's account, or their own personal one.

    A target is a method with the name of a worklist, a person's email, a share code or an email of any recipient.
    """

    by: str
    place: str
    studies: tuple[str, ...]
    targets: tuple[tuple[str, str], ...]
    note: str = ""
    # The last day of the share, counted from today.
    days: int | None = None
    approved_by: str = ""
    ended_by: str = ""


PRESSES = (
    DemoPress(
        ANA, "CT Reporting", ("ct-head",),
        (("location", "Emergency Department"), ("group", "Neuro MDT")),
        note="Midline shift. Neurosurgery should see this tonight.",
    ),
    # Two shares hold one placement: ending one leaves the other.
    DemoPress(TOBIAS, "CT Reporting", ("ct-head",), (("location", "Emergency Department"),)),
    # Onward, and onward again.
    DemoPress(MATEUSZ, "Neuro MDT", ("ct-head",), (("code", "SMNEURO"),), note="As discussed by telephone."),
    DemoPress(SAMUEL, "Neurosurgery Referrals", ("ct-head",), (("location", "Stroke Unit"),)),
    DemoPress(
        ANA, "CT Reporting", ("ct-abdomen",), (("group", "Tumour Board"),),
        note="For Monday's meeting.", approved_by=TOBIAS,
    ),
    # Awaits approval on the board; the physician has it at once.
    DemoPress(
        ANA, "MRI", ("mr-liver",),
        (("group", "Tumour Board"), ("physician", "leila.farouk@northgate.example")),
    ),
    DemoPress(
        ANA, "CT Reporting", ("ct-abdomen", "ct-lumbar"),
        (("physician", MATEUSZ), ("physician", "ngozi.baptiste@northgate.example")),
    ),
    DemoPress(
        ANA, "CT Reporting", ("ct-lumbar",), (("code", "RIVERSIDE"),),
        note="For the physiotherapy plan; yours until the end date.", days=5,
    ),
    # An external copy, shared on into a clinic's worklist: external there as well.
    DemoPress(ANA, "General X-ray", ("xr-tibia",), (("email", FELIX),), note="Second opinion, please."),
    DemoPress(FELIX, PERSONAL, ("xr-tibia",), (("code", "RVSPORT"),)),
    # A pending invitation.
    DemoPress(ANA, "MRI", ("mr-shoulder",), (("email", INVITED),)),
    DemoPress(WEI_LING, "Nuclear Medicine", ("nm-bone",), (("code", "NORTHGATE"),), note="Please compare."),
    DemoPress(
        CAROLINE, "Riverside Imaging", ("us-node",),
        (("code", "NORTHGATE"), ("group", "Sports Injuries"), ("email", "judith.marlowe@oakleafpractice.example")),
    ),
    DemoPress(
        CLARA, "Echo Lab", ("us-echo",),
        (("group", "Cardiology MDT"), ("physician", "ravi.chandrasekhar@northgate.example")),
    ),
    DemoPress(
        LARS, "Stroke Unit", ("ct-perfusion",),
        (("location", "Radiology"), ("group", "Neurosurgery Referrals"), ("code", "NGCT2026")),
        note="Perfusion of the patient you sent us.",
    ),
    DemoPress(PRIYA, "General X-ray", ("xr-chest",), (("location", "Emergency Department"),)),
    # Shared by mistake and ended.
    DemoPress(
        PRIYA, "General X-ray", ("xr-chest",), (("physician", "hana.ishikawa@northgate.example"),), ended_by=PRIYA
    ),
)  # fmt: skip
