"""The upload addresses that a person has opened in this session: by uuid of the worklist, its share code then."""

from uuid import UUID

from django.http import HttpRequest

KEY = "studies.upload_addresses"
MOST_KEPT = 20


def keep_code(request: HttpRequest, worklist: UUID, code: str) -> None:
    """Keep that the person opened the upload address; of many the latest."""
    kept = {name: other for name, other in request.session.get(KEY, {}).items() if name != str(worklist)}
    request.session[KEY] = dict([*kept.items(), (str(worklist), code)][-MOST_KEPT:])


def code_of(request: HttpRequest, worklist: UUID) -> str:
    """Empty where the person has not opened it."""
    code: str = request.session.get(KEY, {}).get(str(worklist), "")
    return code
