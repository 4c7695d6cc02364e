"""A call of every service that shows or keeps something for several worklists, for `service_calls`."""

import sharing.services.recipient_lists as lists
import studies.services
from sharing.models import Method
from sharing.services import dialog
from sharing.targets import Target
from studies.selectors import Order, Question
from studies.services.by_number import read_by_numbers
from tests.cast import acting
from tests.everything import World
from tests.matrix import a_recipient_list
from tests.product.call_parts import Call, inside

PICKER: dict[str, Call] = {
    "by_number.read_by_numbers": lambda w: read_by_numbers(
        text=f"{w.cast.study.patient_id}, nobody", by=acting(w.cast.ana)
    ),
    "all_lists.read_all_lists": lambda w: studies.services.read_all_lists(
        by=acting(w.cast.ana), question=Question(text="Quill"), order=Order()
    ),
}


def offered(w: World) -> dialog.Offer:
    return dialog.offer(placements=[w.cast.placement.uuid], by=acting(w.cast.ana))


def emergency(w: World) -> list[Target]:
    return [Target(Method.LOCATION, str(w.cast.emergency.uuid))]


RECIPIENT_LISTS: dict[str, Call] = {
    "recipient_lists.read_recipient_lists": lambda w: lists.read_recipient_lists(by=acting(w.cast.ana)),
    "recipient_lists.read_recipient_list": inside(
        lambda w: lists.read_recipient_list(
            recipient_list=a_recipient_list(w.cast).uuid, by=acting(w.cast.ana)
        )
    ),
    "recipient_lists.save_recipient_list": lambda w: lists.save_recipient_list(
        name="Tuesday MDT", recipients=emergency(w), offer=offered(w), by=acting(w.cast.ana)
    ),
    "recipient_lists.replace_recipients": inside(
        lambda w: lists.replace_recipients(
            recipient_list=a_recipient_list(w.cast).uuid,
            version=1,
            recipients=emergency(w),
            offer=offered(w),
            by=acting(w.cast.ana),
        )
    ),
    "recipient_lists.change_recipient_list": inside(
        lambda w: lists.change_recipient_list(
            recipient_list=a_recipient_list(w.cast).uuid,
            version=1,
            name="Wednesday MDT",
            keep=[f"group:{w.cast.chest.uuid}"],
            by=acting(w.cast.ana),
        )
    ),
    "recipient_lists.remove_recipient_list": inside(
        lambda w: lists.remove_recipient_list(
            recipient_list=a_recipient_list(w.cast).uuid, version=1, by=acting(w.cast.ana)
        )
    ),
}
