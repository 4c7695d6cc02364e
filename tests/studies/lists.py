"""The list of a worklist as its tests fill, ask for and read it."""

import re
from html import unescape
from uuid import uuid4

from django.urls import reverse

from studies.models import Placement, Study


def list_of(worklist):
    return reverse("studies:worklist", args=[worklist.uuid])


def fill(worklist, names, **more):
    """Many studies at once, as an import would bring them."""
    made = Study.objects.bulk_create(
        Study(home=worklist, study_instance_uid=f"2.25.{uuid4().int}", patient_name=name, **more)
        for name in names
    )
    Placement.objects.bulk_create(
        Placement(
            study=study,
            worklist=worklist,
            **dict.fromkeys(("visible_until", "internal_until", "exists_until"), "9999-12-31T00:00Z"),
        )
        for study in made
    )
    return made


def rows_in(response):
    return re.findall(r'<a href="/placements/([0-9a-f-]+)/">', response.content.decode())


def link(response, rel):
    match = re.search(rf'rel="{rel}" href="([^"]+)"', response.content.decode())
    return unescape(match[1]) if match else None


def search(client, worklist, **typed):
    url = reverse("studies:search", args=[worklist.uuid])
    response = client.post(url, typed)
    return client.get(response["Location"]) if response.status_code == 302 else response


def statements(queries):
    """What went to the database, without the savepoints that a test's own transaction brings."""
    return [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
