"""The share dialog put together: what is offered, what is picked, what is wrong with it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from audit.requests import actor_of
from common.nouns import counted, counted_by_script
from common.text import identity
from sharing import selectors, targets
from sharing.forms import Picked, ShareForm, press_of, sealed, sealed_email, sealed_press, uuids
from sharing.models import Method
from sharing.selectors.directory import FEWEST_LETTERS, Hits
from sharing.selectors.history import History
from sharing.selectors.lives import lives_in_words
from sharing.selectors.recent import Recents
from sharing.services import dialog
from sharing.services.dialog import Offer
from sharing.services.emails import compare
from sharing.views import recents
from sharing.views.already import invalid_in, mark, outside_words
from sharing.views.common import dialog_answer, studies_page
from sharing.views.saved_lists import SavedLists
from worklists.selectors.code_owners import owners_of_codes

MANY_PLACES = 8
NOT_CHOSEN_CODE = "not_chosen"
NOT_CHOSEN = gettext_noop(
    "You typed a physician’s name but did not choose anyone. Choose a person, or clear the field."
)

PARTS = {
    "share-physicians": "sharing/_physicians.html",
    "share-codes": "sharing/_codes.html",
    "share-emails": "sharing/_emails.html",
}


@dataclass
class Dialog:
    """A rendering of the dialog. `part` narrows it to the region that htmx asked for."""

    request: HttpRequest
    offer: Offer
    ticked: list[UUID]
    picked: Picked
    form: ShareForm
    part: str = ""
    hits: Hits | None = None
    code_errors: list[str] = field(default_factory=list)
    email_errors: list[str] = field(default_factory=list)

    def wants(self, part: str) -> bool:
        return self.part in ("", part)

    # The Check step

    def check(self) -> None:
        """Read back what was typed; what is valid becomes a chip, the rest stays in its field."""
        if self.wants("share-codes"):
            self._check_codes()
        if self.wants("share-emails"):
            self._check_emails()
        if self.wants("share-physicians"):
            self._find_physicians()

    @cached_property
    def history(self) -> History:
        return History.of(self.offer.worklist, actor_of(self.request).person)

    @cached_property
    def recents(self) -> Recents:
        return recents.recents_of(self.offer, actor_of(self.request))

    @cached_property
    def lists(self) -> SavedLists:
        return SavedLists(self.request.POST, self.offer, actor_of(self.request))

    def repeat_last(self) -> None:
        """The recipients and the end date of the person's last press."""
        recents.repeat(self.recents, self.picked, self.form)

    def stop_to_check(self) -> None:
        """Instead of a press with unchecked text: read it back, and say what is left to do before it is shared."""
        before = self.picked.number
        self.check()
        if self.picked.has_unchecked:
            sentence = _("Correct or clear the entries that are not recipients, then share.")
        else:
            number = max(self.picked.number - before, 1)
            sentence = ngettext(
                "Check the recipient that was added, then share.",
                "Check the %(number)s recipients that were added, then share.",
                number,
            ) % {"number": number}
        self.form.add_error(None, sentence)

    def _check_codes(self) -> None:
        unread = [code for code, name in self.picked.codes.items() if not name]
        typed = list(dict.fromkeys([*unread, *self.picked.typed_codes()]))
        if not typed or not self.offer.may(Method.CODE):
            return
        read = dialog.read_back(codes=typed, by=actor_of(self.request), ticked=self.offer.worklist)
        left = read.not_asked
        if read.limited:
            self.code_errors.append(read.limited)
        for code, recipient in read.answers:
            if recipient.refusal:
                self.code_errors.append(f"{code[:40]}: {recipient.refusal}")
                left.append(code)
            else:
                self.picked.codes[recipient.target.value] = recipient.label
        for code in unread:
            if self.picked.codes.get(code) == "":
                del self.picked.codes[code]
        self.picked.new_codes = ", ".join(left)

    def _check_emails(self) -> None:
        typed = self.picked.typed_emails()
        if not typed or not self.offer.may(Method.EMAIL):
            return
        left = []
        again = self.picked.typed_emails_again() if self.offer.types_twice else None
        for email, refusal in dialog.check_emails(
            emails=typed, by=actor_of(self.request), ruling=self.offer.ruling, again=again
        ):
            if refusal:
                self.email_errors.append(f"{email[:80]}: {refusal}")
                left.append(email)
                continue
            if identity(email) not in self.picked.emails:
                self.picked.emails.append(identity(email))
            if again is not None:
                self.picked.typed_twice.add(identity(email))
        self.picked.new_emails = ", ".join(left)
        kept = {identity(email) for email in left}
        self.picked.new_emails_again = ", ".join(email for email in again or () if identity(email) in kept)

    def _find_physicians(self) -> None:
        if self.request.POST.get("add_physician"):
            self.picked.find = ""
        if self.picked.find.strip() and self.offer.may(Method.PHYSICIAN):
            accounts = self.offer.accounts(Method.PHYSICIAN)
            by = actor_of(self.request)
            self.hits = dialog.find_people(find=self.picked.find, accounts=accounts, by=by)

    # What the templates read

    def answer(self, *, status: int = 200) -> HttpResponse:
        if self.part:
            context = {**self.context(), "part": PARTS[self.part]}
            return render(self.request, "sharing/_dialog_part.html", context, status=status)
        return dialog_answer(self.request, "sharing/_share.html", self.context(), status=status)

    def context(self) -> dict[str, Any]:
        offer, picked = self.offer, self.picked
        press, person = press_of(self.request.POST, self.request.user.pk), self.request.user.pk
        context: dict[str, Any] = {
            "offer": offer,
            "ticked": self.ticked,
            "picked": picked,
            "form": self.form,
            "close": studies_page(self.request, offer.worklist),
            "studies": len(self.ticked) - offer.gone,
            "several_accounts": offer.worklist.is_personal,
            "focus": self.part,
            "press": press,
            "sealed_press": sealed_press(press, person),
        }
        if not self.part:
            context["recent"] = recents.shown(self.recents, self.picked)
            context["lists"] = self.lists
            context["was_added"] = self.request.POST.get("again") or self.request.POST.get("step") == "last"
            offered = [method for method in Method if offer.may(method)]
            context["lives"] = lives_in_words(offer.worklist, offered)
            context["locations"] = self._places(Method.LOCATION, picked.locations)
            context["groups"] = self._places(Method.GROUP, picked.groups)
        if self.wants("share-physicians"):
            context["physicians"] = self._physicians()
        if self.wants("share-codes"):
            context["codes"] = self._codes()
        if self.wants("share-emails"):
            context["emails"] = self._emails()
        mark(offer, self.history, context)
        refused, typed_wrong = invalid_in(context)
        context["recipients"], context["invalid"] = picked.number - refused, refused + typed_wrong
        context["invalid_entries"] = counted(refused + typed_wrong, "invalid entry")
        context["invalid_by_script"] = counted_by_script("invalid entry")
        return context

    def _section(self, method: Method, anything: bool) -> dict[str, Any]:
        """A method is shown where it is offered and, with the sentence, where it was picked and no longer is."""
        offered = self.offer.may(method)
        refusal = "" if offered else self.offer.why_not(method)
        return {"offered": offered, "show": offered or anything, "refusal": refusal}

    def _places(self, method: Method, chosen: list[str]) -> dict[str, Any]:
        places = self.offer.places(method)
        known = {str(worklist.uuid) for worklist in places}
        return {
            **self._section(method, bool(chosen)),
            "rows": [{"worklist": worklist, "checked": str(worklist.uuid) in chosen} for worklist in places],
            "unknown": [value for value in chosen if value not in known],
            "sentence": _(targets.NO_SUCH[method]),
            "many": len(places) > MANY_PLACES,
        }

    def _physicians(self) -> dict[str, Any]:
        accounts = self.offer.accounts(Method.PHYSICIAN)
        chips = []
        pairs = [
            (value, uuids([value.partition(":")[0]]), uuids([value.partition(":")[2]]))
            for value in self.picked.physicians
        ]
        known = selectors.people_named([(person[0], None) for _, person, _ in pairs if person], accounts)
        for value, person, account in pairs:
            people = known.get(person[0], []) if person else []
            fits = [colleague for colleague in people if not account or colleague.account_uuid == account[0]]
            chips.append({"value": value, "person": fits[0] if fits else None})
        return {
            **self._section(Method.PHYSICIAN, bool(chips)),
            "chips": chips,
            "hits": self.hits,
            "sentence": _(targets.NO_SUCH[Method.PHYSICIAN]),
            "accounts": selectors.account_uuids(accounts) if self.offer.worklist.is_personal else [],
            "fewest": FEWEST_LETTERS,
            "errors": [_(NOT_CHOSEN)] if self.form.has_error(NON_FIELD_ERRORS, NOT_CHOSEN_CODE) else [],
        }

    def _codes(self) -> dict[str, Any]:
        owners = owners_of_codes(code for code, name in self.picked.codes.items() if name)
        chips = [
            {
                "code": code,
                "name": name,
                "owner": owners.get(code, ""),
                "value": sealed(code, name) if name else code,
            }
            for code, name in self.picked.codes.items()
        ]
        anything = bool(chips or self.picked.new_codes.strip())
        return {
            **self._section(Method.CODE, anything),
            "chips": chips,
            "errors": self.code_errors,
            "typed_wrong": len(self.picked.typed_codes()) if self.code_errors else 0,
        }

    def _emails(self) -> dict[str, Any]:
        # Without the right to share by email, no one learns whose an email is.
        known = self.picked.emails if self.offer.may(Method.EMAIL) else []
        names = selectors.members_with(known, self.history.accounts)
        compared = compare(known, history=self.history, by=actor_of(self.request))
        chips = [
            {
                "email": email,
                "name": names.get(email, ""),
                "outside": "" if email in names else outside_words(self.offer.worklist),
                "meant": compared.meant.get(email, ""),
                "confirmed": email in self.picked.confirmed,
                "twice": sealed_email(email) if email in self.picked.typed_twice else "",
            }
            for email in self.picked.emails
        ]
        anything = bool(chips or self.picked.new_emails.strip())
        return {
            **self._section(Method.EMAIL, anything),
            "chips": chips,
            "errors": self.email_errors,
            "typed_wrong": len(self.picked.typed_emails()) if self.email_errors else 0,
            "wants_again": bool(self.picked.typed_emails()) and not self.picked.typed_emails_again(),
        }
