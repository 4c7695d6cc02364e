"""Upload addresses: at which a worklist takes studies from people who are no members of it (ADR 0049)."""

from uuid import UUID

from worklists.models import Worklist


def worklist_of_address(code: str, uuid: UUID | None = None) -> Worklist | None:
    """The worklist with this share code (as it is stored) that has an upload address; of this uuid, if it is given."""
    if not code:
        return None
    addresses = Worklist.objects.filter(share_code=code, inbox__isnull=False, takes_shares=True)
    if uuid is not None:
        addresses = addresses.filter(uuid=uuid)
    return addresses.with_names().select_related("inbox__account").first()
