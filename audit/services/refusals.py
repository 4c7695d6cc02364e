"""Refusals: the first of a burst is an event at once, the others are counted and are one event when the burst is over.

The trail is never pruned, and a refusal costs its sender nothing: an event for each would let anyone fill the disk.
"""

import json
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models.functions import Now

from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent, RefusalBurst
from audit.services.recording import COPIED, On, count_again, event, record_all

BURST = timedelta(minutes=10)
# Different refusals of one person in the trail at a time, and those of all strangers together; the rest is one burst.
APART = 50
APART_STRANGERS = 100
STRANGERS, SIGN_INS_OF_STRANGERS = "strangers", "sign-ins of strangers"
# The network of a stranger, by version of the IP protocol: a sender in it can use every IP address of it.
PREFIX = {4: 24, 6: 56}

OTHERS = {"what": "several pages"}
OTHER_SIGN_INS = "several_emails"
# Of the person whose email is tried from several networks.
KEPT = ("address", "user_label")

COUNT = """
    INSERT INTO audit_refusalburst (key, who, first) VALUES (%(key)s, %(who)s, %(first)s)
    ON CONFLICT (key) DO UPDATE SET count = audit_refusalburst.count + 1, last_at = statement_timestamp()
    RETURNING count
"""


@transaction.atomic(durable=True)
def record_denied(*, by: Actor, on: On | None = None, what: str, why: str = "") -> None:
    """Record a refusal in a transaction of its own: the action's transaction is undone, this event stays.

    `what` names the page or action; `why` is the sentence that the person read.
    """
    on = on or On()
    detail = {**on.detail, "what": what[:200], "why": why[:300]}
    refusal = event(Action.DENIED, by=by, on=replace(on, detail=detail), outcome="refused")
    others = event(Action.DENIED, by=by, on=On(detail=OTHERS), outcome="refused")
    who = f"user {by.user_id}" if by.user_id else STRANGERS
    _record(refusal, others=others, who=who)


@transaction.atomic
def record_failed_sign_in(*, by: Actor, on: On, outcome: str, of: int | None) -> None:
    """Record that a sign-in failed. `of` is the person whose email was entered; None where it is no one's.

    The tries at each person's email are a burst of their own, so that tries at invented emails cannot hide them.
    """
    refusal = event(Action.SIGN_IN_FAILED, by=by, on=on, outcome=outcome)
    kept: dict[str, Any] = {name: on.detail[name] for name in KEPT if of and name in on.detail}
    several = On(detail={**kept, "why": "several_networks" if of else OTHER_SIGN_INS})
    others = event(Action.SIGN_IN_FAILED, by=by, on=several, outcome=outcome)
    _record(refusal, others=others, who=f"sign-ins of user {of}" if of else SIGN_INS_OF_STRANGERS)


def _record(refusal: AuditEvent, *, others: AuditEvent, who: str) -> None:
    """The first of a burst is an event; what would be one burst too many belongs to the burst of the others."""
    key = _key(refusal)
    if not RefusalBurst.objects.filter(pk=key).exists() and _has_many(who):
        key, refusal = f"{who}, others", others
    if _count(key, who, refusal) == 1:
        record_all([refusal])
    else:
        count_again(refusal)


@transaction.atomic
def record_bursts() -> int:
    """One event for each burst that is over and was more than the refusal it began with; returns their number."""
    over = RefusalBurst.objects.select_for_update().filter(began_at__lte=Now() - BURST)
    bursts = list(over.order_by("began_at", "key"))
    RefusalBurst.objects.filter(pk__in=[burst.pk for burst in bursts]).delete()
    closing = [_closing(burst) for burst in bursts if burst.count > 1]
    record_all(closing)
    return len(closing)


def _key(refusal: AuditEvent) -> str:
    """The same for refusals that would read the same in the trail, whatever else was sent."""
    who = refusal.by_id or f"{refusal.by_label} in {_network(refusal.ip_address)}"
    about = [refusal.detail.get(name, "") for name in ("what", "why")]
    if refusal.action == Action.SIGN_IN_FAILED:
        about += [refusal.action, refusal.outcome, refusal.detail.get("address", "")]
    return json.dumps([who, refusal.worklist_id, refusal.study_id, *about])


def _network(sender: str | None) -> str:
    if not sender:
        return ""
    return str(ip_network(f"{sender}/{PREFIX[ip_address(sender).version]}", strict=False))


def _has_many(who: str) -> bool:
    most = APART_STRANGERS if who in (STRANGERS, SIGN_INS_OF_STRANGERS) else APART
    return RefusalBurst.objects.filter(who=who).count() >= most


def _count(key: str, who: str, refusal: AuditEvent) -> int:
    """The number of this refusal in its burst, beginning with 1."""
    first = {name: getattr(refusal, name) for name in (*COPIED, "detail")}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"key": key, "who": who, "first": json.dumps(first, cls=DjangoJSONEncoder)})
        number: int = cursor.fetchone()[0]
    return number


def _closing(burst: RefusalBurst) -> AuditEvent:
    again = {"again": burst.count - 1, "until": burst.last_at.isoformat()}
    return AuditEvent(**{**burst.first, "detail": {**burst.first["detail"], **again}})
