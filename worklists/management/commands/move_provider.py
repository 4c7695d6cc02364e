"""Makes the provider of the environment an account's own."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from accounts import mail
from accounts.models import Account
from audit.actor import OPERATOR
from common.text import identity
from worklists.services import set_provider


class Command(BaseCommand):
    help = "Make the sign-in provider of CIMAR_OIDC_ISSUER the own provider of an account, and say what is left to do."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="the account's name")
        parser.add_argument("--name", required=True, help="of the client secret in CIMAR_OIDC_SECRETS")

    def handle(self, *args: Any, **options: Any) -> None:
        apps = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
        account = Account.objects.filter(identity=identity(options["account"])).first()
        if not apps:
            raise CommandError("CIMAR_OIDC_ISSUER is not set: there is no provider to move.")
        if account is None:
            raise CommandError(f"There is no account named “{options['account']}”.")
        of = {"issuer": apps[0]["settings"]["server_url"], "domains": apps[0]["settings"]["domains"]}
        try:
            provider = set_provider(
                account=account, name=options["name"], client_id=apps[0]["client_id"], by=OPERATOR, **of
            )
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        back = mail.link(reverse("provider_own_back", args=[provider.uuid]))
        self.stdout.write(f"{account.name} has its own provider. What is left to do:")
        self.stdout.write(f"1. At the provider, add the redirect URI {back}")
        self.stdout.write(f"2. In CIMAR_OIDC_SECRETS, add the line: {provider.name} SECRET")
        self.stdout.write(
            "3. Unset CIMAR_OIDC_ISSUER and the rest of CIMAR_OIDC_…, and start the site again."
        )
