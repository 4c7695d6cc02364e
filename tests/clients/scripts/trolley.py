"""Find a patient's studies and download them by dicomtrolley: trolley.py URL TOKEN NAME"""

import json
import sys
import tempfile
from pathlib import Path

import requests
from dicomtrolley.core import Query
from dicomtrolley.qido_rs import QidoRS
from dicomtrolley.trolley import Trolley
from dicomtrolley.wado_rs import WadoRS

URL, TOKEN, NAME = sys.argv[1:]
session = requests.Session()
session.headers["Authorization"] = f"Bearer {TOKEN}"
trolley = Trolley(searcher=QidoRS(session=session, url=URL), downloader=WadoRS(session=session, url=URL))
studies = list(trolley.find_studies(Query(PatientName=NAME)))
with tempfile.TemporaryDirectory() as folder:
    trolley.download(studies, folder)
    instances = sum(path.is_file() for path in Path(folder).rglob("*"))
print(json.dumps({"studies": [str(study.uid) for study in studies], "instances": instances}))
