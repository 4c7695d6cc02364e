"""The first step of a real installation: an account, its shipped roles, and its invited administrator."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.actor import OPERATOR
from worklists.services import Begun, OfferOutcome, begin_account


class Command(BaseCommand):
    help = (
        "Create an account with its shipped roles and invite its first administrator by email. Running it again "
        "creates nothing twice; while the account has no administrator, it renews the invitation."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help='the name of the account, such as "Northgate Hospital"')
        parser.add_argument(
            "--admin-email",
            required=True,
            metavar="EMAIL",
            help="whom to invite as administrator",
        )
        parser.add_argument(
            "--timezone", default="Europe/London", help="the account's time zone; Europe/London if left out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, email = options["name"], options["admin_email"]
        try:
            begun = begin_account(name=name, email=email, timezone=options["timezone"], by=OPERATOR)
        except ValidationError as refusal:
            raise CommandError(refusal.messages[0]) from refusal
        account = begun.account
        if begun.is_new:
            roles = ", ".join(account.roles.order_by("pk").values_list("name", flat=True))
            self.stdout.write(f"{account.name} was created ({account.timezone}) with the roles {roles}.")
        else:
            self.stdout.write(f"There is already an account named {account.name}; it was not changed.")
        self.stdout.write(_of_the_administrator(begun, email))


def _of_the_administrator(begun: Begun, email: str) -> str:
    if begun.answer is None:
        return "It has an administrator, who can invite others in the administration. No one was invited."
    match begun.answer.outcome:
        case OfferOutcome.INVITED:
            days = begun.account.invitation_days
            return (
                f"{email} has been invited by email as administrator. The invitation works for {days} days."
            )
    return f"{email} has already been invited as administrator and has not accepted yet. No second email was sent."
