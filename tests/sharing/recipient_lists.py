"""What the tests of saved recipient lists have in common: a list is saved, and the dialog is shown with it."""

from django.urls import reverse

from sharing.models import ListedRecipient, Method, RecipientList
from sharing.services import recipient_lists as services
from sharing.services.dialog import offer
from sharing.targets import Target
from tests.cast import acting


def offered(cast, person="ana"):
    return offer(placements=[cast.placement.uuid], by=acting(getattr(cast, person)))


def five(cast):
    return [
        Target(Method.LOCATION, str(cast.emergency.uuid)),
        Target(Method.GROUP, str(cast.chest.uuid)),
        Target(Method.PHYSICIAN, str(cast.ben.uuid), cast.northgate.uuid),
        Target(Method.CODE, "RIVERSIDE", is_read_back=True),
        Target(Method.EMAIL, "Gp@Practice.example"),
    ]


def saved(cast, name="Tuesday MDT", *, recipients=None, person="ana", **more):
    return services.save_recipient_list(
        name=name,
        recipients=five(cast) if recipients is None else recipients,
        offer=offered(cast, person),
        by=acting(getattr(cast, person)),
        **more,
    )


def dialog(client, cast, **more):
    return client.post(
        reverse("sharing:share_check"),
        {"placement": [cast.placement.uuid], **more},
        headers={"HX-Request": "true"},
    )


def number_of_rows():
    return RecipientList.objects.count(), ListedRecipient.objects.count()
