"""Destinations: the systems that studies of the account can be sent to. A stored password or token is never shown."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from administration.change import Change, Done
from administration.columns import AE_TITLE, column
from administration.forms import ServiceForm
from administration.page import EditablePage
from audit.models import AuditEvent
from worklists import services
from worklists.models import Destination

BY_DICOMWEB, BY_DIMSE = ("url", "username", "secret"), ("ae_title", "calling_ae_title", "host", "port", "tls")


class DestinationForm(ServiceForm):
    secret = forms.CharField(
        label=gettext_lazy("Password or token"),
        required=False,
        max_length=4000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "With a user name its password, without a user name a bearer token. It is stored encrypted and never shown."
        ),
    )

    class Meta:
        model = Destination
        fields = ("name", "url", "username", "ae_title", "calling_ae_title", "host", "port", "tls")
        labels = {
            "name": gettext_lazy("Name"),
            "url": gettext_lazy("DICOMweb URL"),
            "username": gettext_lazy("User name"),
            "ae_title": AE_TITLE,
            "calling_ae_title": gettext_lazy("Our AE title"),
            "host": gettext_lazy("Host"),
            "port": gettext_lazy("Port"),
            "tls": gettext_lazy("Encrypted (TLS)"),
        }
        help_texts = {
            "name": gettext_lazy("What people choose it by, such as “PACS of Riverside”."),
            "url": gettext_lazy(
                "Such as https://pacs.hospital.example/dicom-web. Studies are stored by STOW-RS."
            ),
            "username": gettext_lazy("Leave empty where the system asks for a token, or for nothing."),
            "ae_title": gettext_lazy("The title that the system is called by."),
            "calling_ae_title": gettext_lazy("The title that we call ourselves by there."),
            "host": gettext_lazy("The machine’s name or IP address."),
            "tls": gettext_lazy(
                "Without it patients’ data can be read on the way: only within the hospital’s own network."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is not None and self.row.sealed_secret:
            kept = _("Leave empty to keep the one that is stored.")
            self.fields["secret"].help_text = f"{self.fields['secret'].help_text} {kept}"


@admin.register(Destination)
class DestinationAdmin(EditablePage):
    row_form = DestinationForm
    can_be_removed = True
    noun, nouns = gettext_noop("destination"), gettext_noop("destinations")
    add_label = gettext_lazy("Add a destination")
    lead = gettext_lazy(
        "PACS and other systems that people with “Studies: Send to another system” can send studies to. "
        "What was sent is out of this site’s reach."
    )
    search_fields = ("name", "url", "ae_title", "host")
    search_help_text = gettext_lazy("By name, URL, AE title or host")
    ordering = ("account__name", "name", "pk")

    def rows(self, request: HttpRequest) -> QuerySet[Destination]:
        """Those that were not removed."""
        return super().rows(request).filter(ended_at=None).select_related("account")

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        return (column("name"), *self.account_column(request), "where", "signs_in")

    @admin.display(description=gettext_lazy("Sent to"))
    def where(self, destination: Destination) -> str:
        if destination.is_dicomweb:
            return destination.url
        way = _("with TLS") if destination.tls else _("without TLS")
        return f"{destination.ae_title}, {destination.host}:{destination.port}, {way}"

    @admin.display(description=gettext_lazy("Signs in with"))
    def signs_in(self, destination: Destination) -> str:
        if destination.username:
            return _("user name and password")
        return _("a token") if destination.sealed_secret else "–"

    # One destination

    def sections(
        self, row: Destination | None, form: DestinationForm
    ) -> list[tuple[str | None, tuple[str, ...]]]:
        return [
            (None, ("name",)),
            (_("By DICOMweb"), BY_DICOMWEB),
            (_("Or by DIMSE"), BY_DIMSE),
        ]

    def add(self, change: Change) -> Done:
        return self.added(services.add_destination(account=change.account, **change.filled, by=change.by))

    def change(self, change: Change) -> Done:
        return self.saved(services.change_destination(destination=change.row, **change.filled, by=change.by))

    def what_ends(self, row: Destination) -> list[str]:
        return [
            _("Nothing more is sent there; what is being sent now is stopped."),
            _("What was sent stays there. The audit trail is kept."),
        ]

    def remove(self, change: Change) -> Done:
        return self.removed(services.end_destination(destination=change.row, by=change.by))

    def history_events(self, row: Destination) -> QuerySet[AuditEvent]:
        about = AuditEvent.objects.filter(account_id=row.account_id)
        return about.filter(action__startswith="account:destination:", detail__destination=str(row.uuid))
