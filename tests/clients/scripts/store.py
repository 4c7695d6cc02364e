"""Store files by dicomweb-client: store.py URL TOKEN FILE…"""

import json
import sys

import pydicom
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session

URL, TOKEN, *FILES = sys.argv[1:]
web = DICOMwebClient(url=URL, session=create_session(), headers={"Authorization": f"Bearer {TOKEN}"})
answer = web.store_instances([pydicom.dcmread(file) for file in FILES])
stored, failed = answer.get("ReferencedSOPSequence", []), answer.get("FailedSOPSequence", [])
print(json.dumps({"stored": len(stored), "failed": len(failed)}))
