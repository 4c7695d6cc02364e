"""Begins a real installation: an account, its shipped roles, and its first administrator, invited by mail."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from worklists.services import Begun, Outcome, begin_account


class Command(BaseCommand):
    help = (
        "Make an account with its shipped roles and invite its first administrator by mail. Run again it makes nothing "
        "twice; while nobody administers the account it renews the invitation."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help='what the account is called, such as "Northgate Hospital"')
        parser.add_argument("--admin-email", required=True, metavar="ADDRESS", help="who is to administer it")
        parser.add_argument(
            "--timezone", default="Europe/London", help="the account's; Europe/London unless said"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, address = options["name"], options["admin_email"]
        try:
            begun = begin_account(name=name, address=address, timezone=options["timezone"], by=None)
        except ValidationError as refusal:
            raise CommandError(refusal.messages[0]) from refusal
        account = begun.account
        if begun.is_new:
            roles = ", ".join(account.roles.order_by("pk").values_list("name", flat=True))
            self.stdout.write(f"{account.name} was created ({account.timezone}) with the roles {roles}.")
        else:
            self.stdout.write(f"There is already an account named {account.name}; it was left as it is.")
        self.stdout.write(_of_the_administrator(begun, address))


def _of_the_administrator(begun: Begun, address: str) -> str:
    if begun.answer is None:
        return "It has an administrator, who invites others in the administration. Nobody was invited."
    match begun.answer.outcome:
        case Outcome.ADDED:
            return f"{begun.answer.user} is registered with {address} and administers it from now on; a mail says so."
        case Outcome.INVITED:
            days = begun.account.invitation_days
            return f"{address} was invited by mail to administer it. The invitation is good for {days} days."
    return (
        f"{address} has been invited to administer it; the invitation still waits. No second mail was sent."
    )
