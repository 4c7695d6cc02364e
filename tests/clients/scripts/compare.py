"""Ask a server by dicomweb-client, and the same of its DICOMfileClient over the same files; prints what differs.

Run by the Python of an environment of dicomweb-client: compare.py URL TOKEN FOLDER.
"""

import json
import sys
import warnings
from collections import Counter

from dicomweb_client.api import DICOMfileClient, DICOMwebClient
from dicomweb_client.session_utils import create_session

warnings.simplefilter("ignore")
URL, TOKEN, FOLDER = sys.argv[1:4]
SIGN_IN = {"Authorization": f"Bearer {TOKEN}"}
STUDY, SERIES, INSTANCE = "0020000D", "0020000E", "00080018"

web = DICOMwebClient(url=URL, session=create_session(), headers=SIGN_IN)
files = DICOMfileClient(url=f"file://{FOLDER}", in_memory=True, update_db=True)


def value(row, tag):
    return row.get(tag, {}).get("Value")


def by_uid(rows, tag):
    return {value(row, tag)[0]: row for row in rows}


def same(ours, theirs):
    """Equal, where numbers are read as numbers."""
    if ours == theirs:
        return True
    try:
        return [float(each) for each in ours] == [float(each) for each in theirs]
    except (TypeError, ValueError):
        return False


def with_(studies, tag, is_wanted):
    """The studies whose value is wanted, for searches that the file client does not know."""
    return [row for row in studies if any(is_wanted(each) for each in value(row, tag) or [])]


def compare(name, ours, theirs, tag, differences):
    ours, theirs = by_uid(ours, tag), by_uid(theirs, tag)
    for uid in sorted(ours.keys() ^ theirs.keys()):
        differences[f"{name}: only in {'the server' if uid in ours else 'the files'}"] += 1
    for uid in ours.keys() & theirs.keys():
        for element in sorted(theirs[uid].keys() | ours[uid].keys()):
            mine, other = ours[uid].get(element), theirs[uid].get(element)
            if mine is None or other is None:
                if other is not None and not other.get("Value") and "BulkDataURI" not in other:
                    continue
                differences[f"{name}: {element} only in {'the files' if mine is None else 'the server'}"] += 1
            elif mine.get("vr") != other.get("vr"):
                differences[f"{name}: {element} VR {mine.get('vr')} not {other.get('vr')}"] += 1
            elif not same(mine.get("Value") or None, other.get("Value") or None):
                kind = "bulk" if "BulkDataURI" in mine or "BulkDataURI" in other else "value"
                if "InlineBinary" in mine or "InlineBinary" in other:
                    kind = "binary"
                differences[f"{name}: {element} {kind}"] += 1
    return len(ours)


def main():
    differences, asked = Counter(), 0
    studies = files.search_for_studies()
    first = studies[0]
    patient, date = value(first, "00100020")[0], value(first, "00080020")[0]
    family = value(first, "00100010")[0]["Alphabetic"].split("^")[0]
    filters = [
        {},
        {"StudyInstanceUID": value(first, STUDY)[0]},
        {"PatientID": patient},
        {"StudyDate": date},
        {"StudyDate": f"19000101-{date}"},
        {"StudyDate": f"{date}-"},
        {"PatientName": f"{family}*"},
        {"ModalitiesInStudy": "CT"},
        {"PatientID": "none has this"},
    ]
    known = {
        f"19000101-{date}": lambda: with_(studies, "00080020", lambda each: "19000101" <= each <= date),
        f"{date}-": lambda: with_(studies, "00080020", lambda each: each >= date),
        "CT": lambda: with_(studies, "00080061", lambda each: each == "CT"),
    }
    for search in filters:
        expected = next((known[one] for one in search.values() if one in known), None)
        theirs = expected() if expected else files.search_for_studies(search_filters=search)
        compare(
            f"studies by {' '.join(search)}",
            web.search_for_studies(search_filters=search),
            theirs,
            STUDY,
            differences,
        )
        asked += 1
    total = len(studies)
    pages = [
        value(row, STUDY)[0] for at in range(total) for row in web.search_for_studies(limit=1, offset=at)
    ]
    if sorted(pages) != sorted(value(row, STUDY)[0] for row in studies):
        differences["studies by page"] += 1
    everything = web.search_for_studies(get_remaining=True, limit=2)
    if len(everything) != total:
        differences["studies, the remaining too"] += 1
    compare("all series", web.search_for_series(), files.search_for_series(), SERIES, differences)
    compare("all instances", web.search_for_instances(), files.search_for_instances(), INSTANCE, differences)
    for search in ({"Modality": "CT"}, {"Modality": "MR"}, {"SeriesNumber": "1"}):
        compare(
            f"series by {' '.join(search)}",
            web.search_for_series(search_filters=search),
            files.search_for_series(search_filters=search),
            SERIES,
            differences,
        )
    for study in studies:
        uid = value(study, STUDY)[0]
        compare(
            "series of a study", web.search_for_series(uid), files.search_for_series(uid), SERIES, differences
        )
        compare(
            "instances of a study",
            web.search_for_instances(uid),
            files.search_for_instances(uid),
            INSTANCE,
            differences,
        )
        asked += 2 + compare(
            "metadata of a study",
            web.retrieve_study_metadata(uid),
            files.retrieve_study_metadata(uid),
            INSTANCE,
            differences,
        )
        for series in files.search_for_series(uid):
            one = value(series, SERIES)[0]
            compare(
                "metadata of a series",
                web.retrieve_series_metadata(uid, one),
                files.retrieve_series_metadata(uid, one),
                INSTANCE,
                differences,
            )
            compare(
                "instances of a series",
                web.search_for_instances(uid, one),
                files.search_for_instances(uid, one),
                INSTANCE,
                differences,
            )
            instance = value(files.search_for_instances(uid, one)[0], INSTANCE)[0]
            compare(
                "metadata of an instance",
                [web.retrieve_instance_metadata(uid, one, instance)],
                [files.retrieve_instance_metadata(uid, one, instance)],
                INSTANCE,
                differences,
            )
            got = web.retrieve_instance(uid, one, instance)
            stored = None
            try:
                stored = files.retrieve_instance(uid, one, instance)
            except Exception as error:
                differences[f"an instance: the file client fails with {type(error).__name__}"] += 1
            if stored is not None and got.to_json_dict() != stored.to_json_dict():
                differences["an instance"] += 1
            if "00280010" in files.retrieve_instance_metadata(uid, one, instance):
                wanted = ("application/octet-stream", "*")
                frames = web.retrieve_instance_frames(uid, one, instance, [1], media_types=(wanted,))
                try:
                    theirs = files.retrieve_instance_frames(uid, one, instance, [1], media_types=(wanted,))
                except Exception as error:
                    theirs = None
                    differences[f"frames: the file client fails with {type(error).__name__}"] += 1
                if theirs is not None:
                    mine, other = bytes(frames[0]).rstrip(b"\0"), bytes(theirs[0])
                    if not other.startswith(mine):
                        differences["a frame"] += 1
                    elif len(other) > len(frames[0]) + 1:
                        differences["a frame: the file client reads on behind the pixels"] += 1
            asked += 4
        whole = web.retrieve_study(uid)
        listed = [value(row, INSTANCE)[0] for row in files.search_for_instances(uid)]
        if sorted(str(ds.SOPInstanceUID) for ds in whole) != sorted(listed):
            differences["the instances of a whole study"] += 1
        if sum(1 for _ds in web.iter_study(uid)) != len(whole):
            differences["the instances of a study, one by one"] += 1
    print(
        json.dumps(
            {"asked": asked, "studies": total, "differences": dict(sorted(differences.items()))}, indent=1
        )
    )


main()
