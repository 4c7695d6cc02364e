"""The studies of the demo: real scans that ship inside packages, told of invented patients."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoPatient:
    name: str
    born: str
    sex: str


@dataclass(frozen=True)
class DemoFile:
    """A file of pydicom or pydicom-data as one instance; files of one `series` number make one series."""

    name: str
    series_description: str
    series: int = 1
    number: int = 1


@dataclass(frozen=True)
class DemoStudy:
    """`days_ago` counts from the day the demo is loaded."""

    key: str
    home: str
    uploaded_by: str
    patient: DemoPatient
    patient_id: str
    modality: str
    description: str
    body_part: str
    days_ago: int
    time: str
    referrer: str
    files: tuple[DemoFile, ...]
    # Of a computed head, so many slices; and the words of a report.
    slices: int = 0
    report: str = ""


RAVENSWORTH = DemoPatient("Ravensworth^Maeve", "19470312", "F")

STUDIES = (
    DemoStudy(
        "ct-head", "CT Reporting", "grace.tembo@northgate.example", RAVENSWORTH, "NG104711",
        "CT", "CT Head without contrast", "HEAD", 1, "214500", "Osei^Benedict^^Dr",
        (
            DemoFile("J2K_pixelrep_mismatch.dcm", "Posterior fossa 5 mm", series=1),
            DemoFile("693_J2KR.dcm", "Brain 5 mm", series=2),
        ),
        slices=120,
        report="Small acute haemorrhage in the right basal ganglia. Old infarct in the left frontal lobe, unchanged. "
        "No midline shift.",
    ),
    # The prior of the same patient.
    DemoStudy(
        "ct-head-prior", "CT Reporting", "nia.prosser@northgate.example", RAVENSWORTH, "NG104711",
        "CT", "CT Head, stroke", "HEAD", 33, "093000", "Osei^Benedict^^Dr",
        (DemoFile("693_UNCR.dcm", "Brain 5 mm"),),
        report="Old infarct in the left frontal lobe. No haemorrhage.",
    ),
    DemoStudy(
        "ct-lumbar", "CT Reporting", "nia.prosser@northgate.example",
        DemoPatient("Saltmarsh^Peter", "19611104", "M"), "NG104688",
        "CT", "CT Lumbar spine", "LSPINE", 4, "101200", "Kowalczyk^Mateusz^^Dr",
        (DemoFile("bad_sequence.dcm", "Lumbar axial 3 mm"),),
    ),
    DemoStudy(
        "ct-abdomen", "CT Reporting", "grace.tembo@northgate.example",
        DemoPatient("Thistlewood^Arthur", "19550829", "M"), "NG104590",
        "CT", "CT Abdomen, pancreas protocol", "ABDOMEN", 9, "152300", "Farouk^Leila^^Dr",
        (DemoFile("explicit_VR-UN.dcm", "Portal venous 1 mm"),),
    ),
    DemoStudy(
        "mr-shoulder", "MRI", "grace.tembo@northgate.example",
        DemoPatient("Brightwater^Tomasz", "19880217", "M"), "NG104655",
        "MR", "MRI Right shoulder", "SHOULDER", 6, "084000", "Baptiste^Ngozi^^Dr",
        (DemoFile("MR2_J2KI.dcm", "T1 oblique coronal"),),
    ),
    DemoStudy(
        "mr-liver", "MRI", "grace.tembo@northgate.example",
        DemoPatient("Winterbourne^Agnes", "19520606", "F"), "NG104620",
        "MR", "MRI Liver with contrast", "ABDOMEN", 8, "134500", "Farouk^Leila^^Dr",
        (DemoFile("examples_overlay.dcm", "T1 arterial phase, lesion marked"),),
    ),
    DemoStudy(
        "mr-ear", "MRI", "grace.tembo@northgate.example",
        DemoPatient("Larkspur^Denise", "19790923", "F"), "NG104377",
        "MR", "MRI Internal auditory canal", "IAC", 20, "110500", "Baptiste^Ngozi^^Dr",
        (
            DemoFile("MR_small.dcm", "T2 axial, small field of view", number=1),
            DemoFile("MR_small_RLE.dcm", "T2 axial, small field of view", number=2),
            DemoFile("MR_small_jpeg_ls_lossless.dcm", "T2 axial, small field of view", number=3),
        ),
    ),
    DemoStudy(
        "xr-chest", "General X-ray", "nia.prosser@northgate.example",
        DemoPatient("Fairweather^Ottilie", "19660130", "F"), "NG104702",
        "CR", "XR Chest PA", "CHEST", 2, "073000", "Osei^Benedict^^Dr",
        (DemoFile("RG1_J2KI.dcm", "PA"),),
    ),
    DemoStudy(
        "xr-tibia", "General X-ray", "nia.prosser@northgate.example",
        DemoPatient("Nightingale-Roy^Kiran", "20090514", "M"), "NG104513",
        "CR", "XR Right tibia and fibula", "LEG", 13, "162000", "Ishikawa^Hana^^Dr",
        (DemoFile("RG3_UNCR.dcm", "AP"),),
    ),
    DemoStudy(
        "us-echo", "Echo Lab", "jonas.eklund@northgate.example",
        DemoPatient("Oakenshaw^Bertil", "19430718", "M"), "NG104644",
        "US", "Echocardiogram, transthoracic", "HEART", 7, "093000", "Whitcombe^Clara^^Dr",
        (
            DemoFile("JPGLosslessP14SV1_1s_1f_8b.dcm", "Echo", number=1),
            DemoFile("examples_ybr_color.dcm", "Echo", number=2),
        ),
    ),
    DemoStudy(
        "us-toe", "Echo Lab", "jonas.eklund@northgate.example",
        DemoPatient("Kestrel-Abara^Ifeoma", "19710402", "F"), "NG104398",
        "US", "Echocardiogram, transoesophageal", "HEART", 18, "140000", "Chandrasekhar^Ravi^^Dr",
        (DemoFile("color-pl.dcm", "Colour Doppler"),),
    ),
    DemoStudy(
        "ot-pattern", "Teaching Archive", "siobhan.gallagher@northgate.example",
        DemoPatient("Pattern^Test", "", ""), "NG000001",
        "OT", "Display test pattern (SMPTE)", "", 30, "120000", "",
        (DemoFile("vlut_04.dcm", "Monitor check"),),
    ),
    DemoStudy(
        "ct-thoracic", "Radiology", "bronwen.pugh@southmere.example",
        DemoPatient("Merriweather^Sunniva", "19580811", "F"), "S2207715",
        "CT", "CT Thoracic spine", "TSPINE", 11, "173500", "Papadakis^Dimitri^^Mr",
        (DemoFile("CT_small.dcm", "Axial 5 mm"),),
    ),
    DemoStudy(
        "us-pelvis", "Radiology", "bronwen.pugh@southmere.example",
        DemoPatient("Featherstone^June", "19840325", "F"), "S2207840",
        "US", "US Pelvis", "PELVIS", 5, "112000", "Kéita^Amara^^Dr",
        (DemoFile("gdcm-US-ALOKA-16.dcm", "Transabdominal"),),
    ),
    # The same person as in Northgate's CT Reporting, under this hospital's own number.
    DemoStudy(
        "ct-perfusion", "Stroke Unit", "kofi.mensah@southmere.example", RAVENSWORTH, "S2209004",
        "CT", "CT Brain perfusion", "HEAD", 0, "013000", "Halvorsen^Ingrid^^Dr",
        (DemoFile("eCT_Supplemental.dcm", "Perfusion map"),),
    ),
    DemoStudy(
        "mr-head", "Stroke Unit", "kofi.mensah@southmere.example",
        DemoPatient("Goldsworthy^Emlyn", "19690707", "M"), "S2208533",
        "MR", "MRI Head, occipital", "HEAD", 3, "151000", "Halvorsen^Ingrid^^Dr",
        (DemoFile("emri_small_RLE.dcm", "T2 thin slices"),),
    ),
    DemoStudy(
        "nm-bone", "Nuclear Medicine", "bronwen.pugh@southmere.example",
        DemoPatient("Wójcik-Hale^Zofia", "19490915", "F"), "S2207311",
        "NM", "Bone scan, whole body", "WHOLEBODY", 15, "100000", "Obi^Chidi^^Dr",
        (DemoFile("JPEG-LL.dcm", "Anterior"),),
    ),
    DemoStudy(
        "us-node", "Riverside Imaging", "peter.lindholm@riverside.example",
        DemoPatient("Pennyroyal^Isaac", "19931220", "M"), "RC-5518",
        "US", "US Neck, lymph node with power Doppler", "NECK", 10, "090000", "Rahman^Aisha^^Dr",
        (DemoFile("US1_J2KI.dcm", "Power Doppler"),),
    ),
    DemoStudy(
        "us-obstetric", "Riverside Imaging", "peter.lindholm@riverside.example",
        DemoPatient("Heathcote^Amaru", "19961008", "F"), "RC-5602",
        "US", "US Obstetric, early", "UTERUS", 3, "143000", "Rahman^Aisha^^Dr",
        (
            DemoFile("OBXXXX1A_rle.dcm", "Obstetric", number=1),
            DemoFile("OBXXXX1A_rle_2frame.dcm", "Obstetric", number=2),
        ),
    ),
)  # fmt: skip
