"""What the tests of the dialog's pages have in common."""

from django.urls import reverse

from sharing.models import Method

HTMX = {"HX-Request": "true"}
LEGENDS = {
    Method.LOCATION: "Locations",
    Method.GROUP: "Groups",
    Method.PHYSICIAN: "Physicians",
    Method.CODE: "Share Code",
    Method.EMAIL: "Email",
}
METHOD_OF = {
    "lois": Method.LOCATION,
    "gus": Method.GROUP,
    "phil": Method.PHYSICIAN,
    "cody": Method.CODE,
    "erin": Method.EMAIL,
}


def picks(cast):
    """For each method the form field that picks somebody by it."""
    return {
        Method.LOCATION: {"location": str(cast.emergency.uuid)},
        Method.GROUP: {"group": str(cast.chest.uuid)},
        Method.PHYSICIAN: {"physician": str(cast.ben.uuid)},
        Method.CODE: {"code": "RIVERSIDE"},
        Method.EMAIL: {"email": "dora@example.net"},
    }


def share(client, cast, **fields):
    return client.post(reverse("sharing:share_studies"), {"placement": str(cast.placement.uuid), **fields})


def legends(page):
    return [method for method, legend in LEGENDS.items() if f">{legend}</legend>" in page]


def text(response):
    return response.content.decode()


def check(client, cast, part="", **fields):
    headers = {**HTMX, "HX-Target": part} if part else {}
    return client.post(
        reverse("sharing:share_check"), {"placement": str(cast.placement.uuid), **fields}, headers=headers
    )
