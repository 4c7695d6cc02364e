"""Who acts: the one value that services, selectors and the audit trail take as `by`.

A user at an IP address, a user through a token, a sender, a guest link, the system, or a person who is not signed in.
The value is frozen: the actor cannot change between a check and a write. The rights of an actor on a worklist are read
by `worklists.access`. The worklists app passes that module in here when the app starts, because audit may not import
worklists.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    # The user model that the settings name: audit may not import accounts.
    from django.contrib.auth.models import _User as User

LONGEST_LABEL = 300  # the column's length
READ = frozenset({"list_studies", "open_study", "download_study"})
STORE = frozenset({"upload_study"})
SYSTEM_NAME = "CIMAR"
NOT_SIGNED_IN = "Someone not signed in"  # allowed: stored in events


class Kind(StrEnum):
    USER = "user"
    TOKEN = "token"
    SENDER = "sender"
    GUEST_LINK = "guest link"
    SYSTEM = "system"
    STRANGER = "stranger"


@dataclass(frozen=True, kw_only=True)
class Token:
    """The limits of a token: its worklists, and whether it may store studies there as well as read them."""

    uuid: UUID
    name: str
    worklist_ids: frozenset[int]
    may_store: bool = False

    @property
    def scope(self) -> frozenset[str]:
        """The rights that a token can carry at most; administration and sharing are never among them."""
        return READ | STORE if self.may_store else READ


@dataclass(frozen=True, kw_only=True)
class Sender:
    """A machine of an account that stores studies into one worklist; a sender belongs to no person."""

    uuid: UUID
    name: str
    worklist_id: int


@dataclass(frozen=True, kw_only=True)
class GuestLink:
    """Some placements on one worklist, shown to the holder of the link under the role *Guest*.

    The link works only while its maker may make guest links on that worklist. A guest can never do more than the maker
    may do.
    """

    uuid: UUID
    name: str
    worklist_id: int
    placements: frozenset[UUID]
    made_by: "User"
    may_download: bool = False

    @property
    def scope(self) -> frozenset[str]:
        """The rights that the link can carry at most: the rights that its maker chose when making the link."""
        return frozenset({"open_study", "download_study"} if self.may_download else {"open_study"})


class Place(Protocol):
    """A worklist, as far as rights are read on it."""

    pk: int
    account_id: int | None


class RightsReader(Protocol):
    """Reads an actor's rights and role; `worklists.access` implements this protocol."""

    def rights(self, by: "Actor", worklist: Place) -> frozenset[str]: ...

    def may(self, by: "Actor", codename: str, worklist: Place) -> bool: ...

    def role_label(self, by: "Actor", account_id: int | None, worklist_id: int | None) -> str: ...


_reader: RightsReader | None = None


def read_rights_with(reader: RightsReader) -> None:
    """Called once, when the worklists app starts."""
    global _reader
    _reader = reader


def _rights_reader() -> RightsReader:
    if _reader is None:
        raise RuntimeError("Rights are read before the worklists app has started.")
    return _reader


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Make an actor with `of`, `through`, `machine`, `guest`, `system` or `stranger`."""

    kind: Kind
    user: "User | None" = None
    ip_address: str | None = None
    token: Token | None = None
    sender: Sender | None = None
    guest_link: GuestLink | None = None
    # The rights that the system was given for one task; a person's rights come from roles alone.
    given: frozenset[str] = frozenset()
    label: str = ""
    # Role names already read, by (account, worklist): the role of an actor stays the same during a request.
    _roles: dict[tuple[int | None, int | None], str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, user: "User", ip_address: str | None = None) -> "Actor":
        return cls(kind=Kind.USER, user=user, ip_address=ip_address, label=label_of(user))

    @classmethod
    def through(cls, token: Token, *, owner: "User", ip_address: str | None = None) -> "Actor":
        """A user whose request carries a token instead of a session."""
        return cls(kind=Kind.TOKEN, user=owner, token=token, ip_address=ip_address, label=label_of(owner))

    @classmethod
    def machine(cls, sender: Sender, *, ip_address: str | None = None) -> "Actor":
        return cls(
            kind=Kind.SENDER,
            sender=sender,
            ip_address=ip_address,
            label=f"Sender {sender.name}"[:LONGEST_LABEL],  # allowed: stored in events
        )

    @classmethod
    def guest(cls, link: GuestLink, *, ip_address: str | None = None) -> "Actor":
        return cls(
            kind=Kind.GUEST_LINK,
            guest_link=link,
            ip_address=ip_address,
            label=f"Guest link {link.name}"[:LONGEST_LABEL],  # allowed: stored in events
        )

    @classmethod
    def system(cls, *given: str) -> "Actor":
        """The system acting by itself, with only the rights that are given here, by codename."""
        return cls(kind=Kind.SYSTEM, given=frozenset(given), label=SYSTEM_NAME)

    @classmethod
    def stranger(cls, ip_address: str | None = None, label: str = NOT_SIGNED_IN) -> "Actor":
        """A person who is not signed in, such as the holder of an invitation's link."""
        return cls(kind=Kind.STRANGER, ip_address=ip_address, label=label[:LONGEST_LABEL])

    def as_email(self, email: str) -> "Actor":
        """The same person under the invited email: all that an account may see before the person is a member."""
        return Actor.stranger(self.ip_address, label=email)

    @property
    def person(self) -> "User":
        """The user who acts in person; raises PermissionDenied for every other actor, a token of the user included.

        Only users in person share, invite, administer and change their own details.
        """
        if self.kind is not Kind.USER or self.user is None:
            raise PermissionDenied(_("Only a person who is signed in may do this."))
        return self.user

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user is not None else None

    def rights(self, worklist: Place) -> frozenset[str]:
        """Every right on the worklist, by codename: `worklists.access.rights`."""
        return _rights_reader().rights(self, worklist)

    def may(self, codename: str, worklist: Place) -> bool:
        """Whether the actor has the right on the worklist: `worklists.access.may`."""
        return _rights_reader().may(self, codename, worklist)

    def role_label(self, account_id: int | None, worklist_id: int | None) -> str:
        """The name of the actor's role on the worklist or in the account, for the audit trail; read once for each."""
        if self.kind is Kind.SYSTEM:
            # The system has no role. Its actor lives as long as the process, so kept names would fill the memory.
            return ""
        place = (account_id, worklist_id)
        if place not in self._roles:
            self._roles[place] = _rights_reader().role_label(self, account_id, worklist_id)
        return self._roles[place]

    def note_role(self, account_id: int | None, worklist_id: int | None, label: str) -> None:
        """Keep the name of a role that was read with the rights, so that the audit trail need not read it again."""
        self._roles.setdefault((account_id, worklist_id), label)

    @property
    def trail_detail(self) -> dict[str, Any]:
        """What an event records beside the label: which token, sender or guest link acted, and on whose authority."""
        if self.token is not None:
            return {"token": str(self.token.uuid), "token_name": self.token.name}
        if self.sender is not None:
            return {"sender": str(self.sender.uuid), "sender_name": self.sender.name}
        if self.guest_link is not None:
            maker = self.guest_link.made_by
            return {
                "guest_link": str(self.guest_link.uuid),
                "authoriser_id": maker.pk,
                "authoriser": label_of(maker),
            }
        return {}


def label_of(user: "User") -> str:
    """`Ana Moreau <ana@northgate.example>`; a very long name is cut, so that the email stays whole."""
    if not user.name:
        return user.email[:LONGEST_LABEL]
    email = f" <{user.email}>"
    return f"{user.name[: LONGEST_LABEL - len(email)]}{email}"


# The system without any right: for what ends at a set time, and for the tasks of workers.
SYSTEM = Actor.system()
# A person who runs a command on the server: may administer accounts, and has no right on any worklist.
OPERATOR = Actor.system("administer_account")
