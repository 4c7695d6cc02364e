"""Several people are invited at once: first each line is checked and shown, then exactly that is done."""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from accounts.models import Account, Role
from administration.invitation_forms import InvitationListForm
from administration.invitation_table import COLUMNS, MOST_BYTES, MOST_LINES, ListedPerson, as_list, read_list
from audit.actor import Actor
from audit.requests import actor_of
from common.nouns import counted
from worklists import services
from worklists.models import Worklist
from worklists.services import Answer, MembershipOffer, OfferOutcome

SALT = "cimar.invite-batch"
HOUR = 3600
INVITING = (OfferOutcome.INVITED, OfferOutcome.CHANGED)
SOMETHING = (OfferOutcome.INVITED, OfferOutcome.CHANGED, OfferOutcome.ADDED)
STALE = gettext_noop("This check is more than an hour old. Check the list again.")
GONE = gettext_noop("The role or a worklist in this line was deleted after you checked the list.")
NOTHING_CHANGES = gettext_noop("Already invited; nothing changes")
ON_THEM = gettext_noop("A member already, on these worklists; nothing changes")

WILL = {
    OfferOutcome.INVITED: (gettext_noop("Will be invited"), "info"),
    OfferOutcome.CHANGED: (gettext_noop("Already invited; the invitation will change"), "info"),
    OfferOutcome.ALREADY: (NOTHING_CHANGES, "neutral"),
    OfferOutcome.ADDED: (gettext_noop("A member already; will be added to the worklists"), "info"),
    OfferOutcome.THERE: (ON_THEM, "neutral"),
    OfferOutcome.REFUSED: (gettext_noop("Will not be invited"), "danger"),
}
DONE = {
    OfferOutcome.INVITED: (gettext_noop("Invited"), "good"),
    OfferOutcome.CHANGED: (gettext_noop("Invitation changed"), "good"),
    OfferOutcome.ALREADY: (NOTHING_CHANGES, "neutral"),
    OfferOutcome.ADDED: (gettext_noop("Added to the worklists"), "good"),
    OfferOutcome.THERE: (ON_THEM, "neutral"),
    OfferOutcome.REFUSED: (gettext_noop("Not invited"), "danger"),
}


@dataclass(frozen=True)
class ResultLine:
    """One line of the result: a word with its tone, the sentence that explains it, and the offer."""

    number: int
    typed: str
    word: str
    tone: str
    sentence: str
    line: str
    offer: MembershipOffer | None = None


@require_http_methods(["GET", "HEAD", "POST"])
def batch_page(request: HttpRequest, page: Any, account: Account) -> HttpResponse:
    if request.method != "POST":
        return _page(request, page, "batch", form=InvitationListForm())
    if "agreed" in request.POST:
        return _invite(request, page, account)
    if "again" in request.POST:
        again = request.POST["again"][:MOST_BYTES]
        return _page(request, page, "batch", form=InvitationListForm(initial={"pasted": again}))
    form = InvitationListForm(request.POST, request.FILES)
    try:
        if form.is_valid():
            return _check(request, page, account, read_list(form.cleaned_data["text"], account))
    except ValidationError as refusal:
        form.add_error(None, refusal)
    return _page(request, page, "batch", 422, form=form)


def _check(request: HttpRequest, page: Any, account: Account, lines: list[ListedPerson]) -> HttpResponse:
    offered = [line for line in lines if line.offer is not None]
    offers = [line.offer for line in offered if line.offer is not None]
    answers = (
        services.preview_invitations(account=account, offers=offers, by=actor_of(request)) if offers else []
    )
    by_line = {line.number: answer for line, answer in zip(offered, answers, strict=True)}
    rows = [_shown(line, by_line.get(line.number), WILL) for line in lines]
    doing = [line for line in offered if by_line[line.number].outcome in SOMETHING]
    agreed = _sign(account, request.user, doing, by_line, _refused(rows))
    added = sum(by_line[line.number].outcome == OfferOutcome.ADDED for line in doing)
    return _check_page(request, page, rows, agreed, len(doing), added)


def _check_page(
    request: HttpRequest,
    page: Any,
    rows: list[ResultLine],
    agreed: str,
    doing: int,
    added: int,
    wrong: str = "",
) -> HttpResponse:
    return _page(
        request, page, "batch_check", 422 if wrong else 200, rows=rows, agreed=agreed, doing=doing,
        button=_button(doing - added, added),
        refused=len(_refused(rows)), wrong=wrong, again=as_list(row.line for row in rows),
    )  # fmt: skip


def _button(invited: int, added: int) -> str:
    people = {"invited": counted(invited, "person"), "added": counted(added, "person")}
    if not added:
        return _("Invite %(invited)s") % people
    return (_("Invite %(invited)s, add %(added)s") if invited else _("Add %(added)s to worklists")) % people


def _invite(request: HttpRequest, page: Any, account: Account) -> HttpResponse:
    """Only what was shown: the list is signed in the page, and the service checks each line again."""
    try:
        agreed = signing.loads(request.POST["agreed"], salt=SALT, max_age=HOUR)
        if (agreed["account"], agreed["by"]) != (account.pk, request.user.pk):
            raise signing.BadSignature
    except signing.BadSignature:
        form = InvitationListForm()
        return _page(request, page, "batch", 422, form=form, wrong=_(STALE))
    lines, shown = _unpacked(agreed["rows"], account)
    offers = [line.offer for line in lines if line.offer is not None]
    kept = [OfferOutcome(then) for line, then in zip(lines, shown, strict=True) if line.offer is not None]
    try:
        answers = (
            services.invite_members(account=account, offers=offers, by=actor_of(request), shown=kept)
            if offers
            else []
        )
    except ValidationError as refusal:
        seen = [Answer(offer, then) for offer, then in zip(offers, kept, strict=True)]
        rows = _agreed_rows(agreed, lines, seen, WILL)
        return _check_page(
            request, page, rows, request.POST["agreed"], len(offers), kept.count(OfferOutcome.ADDED),
            wrong=refusal.messages[0],
        )  # fmt: skip
    rows = _agreed_rows(agreed, lines, answers, DONE)
    outcomes = [answer.outcome for answer in answers]
    return _page(
        request, page, "batch_result", rows=rows, done=sum(outcome in INVITING for outcome in outcomes),
        added=outcomes.count(OfferOutcome.ADDED),
        already=outcomes.count(OfferOutcome.ALREADY), mailed=outcomes.count(OfferOutcome.INVITED),
        refused=len(_refused(rows)), again=as_list(row.line for row in _refused(rows)),
    )  # fmt: skip


def _agreed_rows(
    agreed: Any, lines: list[ListedPerson], answers: list[Answer], words: dict[OfferOutcome, tuple[str, str]]
) -> list[ResultLine]:
    """Each line that was agreed to with its answer, and at their places the lines that the check refused."""
    coming = iter(answers)
    rows = [_shown(line, next(coming) if line.offer is not None else None, words) for line in lines]
    rows += [
        _result(OfferOutcome.REFUSED, words, number=number, typed=typed, sentence=sentence, line=line)
        for number, typed, sentence, line in agreed["refused"]
    ]
    return sorted(rows, key=lambda row: row.number)


def _shown(
    line: ListedPerson, answer: Answer | None, words: dict[OfferOutcome, tuple[str, str]]
) -> ResultLine:
    outcome = answer.outcome if answer is not None else OfferOutcome.REFUSED
    sentence = answer.sentence if answer is not None else line.sentence
    shown = {"number": line.number, "typed": line.typed, "line": line.line, "offer": line.offer}
    return _result(outcome, words, sentence=sentence, **shown)


def _result(outcome: OfferOutcome, words: dict[OfferOutcome, tuple[str, str]], **shown: Any) -> ResultLine:
    word, tone = words[outcome]
    return ResultLine(word=_(word), tone=tone, **shown)


def _refused(rows: list[ResultLine]) -> list[ResultLine]:
    return [row for row in rows if row.tone == "danger"]


def _sign(
    account: Account, by: Actor, lines: list[ListedPerson], answers: dict[int, Answer], bad: list[ResultLine]
) -> str:
    """By ids: a name may change between the two steps without changing what was agreed to."""
    rows = [
        [
            line.number, line.offer.email, line.offer.role.pk, line.offer.every_worklist,
            [[place.pk, role.pk if role is not None else None] for place, role in line.offer.worklists],
            line.line, answers[line.number].outcome.value,
        ]
        for line in lines
        if line.offer is not None
    ]  # fmt: skip
    refused = [[row.number, row.typed[:254], row.sentence, row.line] for row in bad]
    agreed = {"account": account.pk, "by": by.pk, "rows": rows, "refused": refused}
    return signing.dumps(agreed, salt=SALT, compress=True)


def _unpacked(rows: list[list[Any]], account: Account) -> tuple[list[ListedPerson], list[str]]:
    roles = Role.objects.filter(account=account).in_bulk()
    worklists = Worklist.objects.filter(account=account).in_bulk()
    lines = []
    for number, email, role, every, places, line, _outcome in rows:
        wanted = {role, *(own for _, own in places if own is not None)}
        if wanted - roles.keys() or {place for place, _ in places} - worklists.keys():
            lines.append(ListedPerson(number, email, None, line, _(GONE)))
            continue
        chosen = tuple((worklists[place], roles[own] if own is not None else None) for place, own in places)
        lines.append(ListedPerson(number, email, MembershipOffer(email, roles[role], chosen, every), line))
    return lines, [row[-1] for row in rows]


def _page(request: HttpRequest, page: Any, template: str, status: int = 200, **context: Any) -> HttpResponse:
    titles = {
        "batch": _("Invite several people"),
        "batch_check": _("Check the list"),
        "batch_result": _("Result"),
    }
    about = {"title": titles[template], "columns": COLUMNS, "most": MOST_LINES}
    answer: HttpResponse = page.render(request, template, status, **about, **context)
    return answer
