"""Mail is a row first, and leaves once: twice perhaps, never not at all."""

import threading
import time
from datetime import timedelta
from importlib import import_module

import pytest
from celery import current_app
from django.apps import apps
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.mail import Message, NothingToSend, render_mail
from accounts.models import OutboxMail
from accounts.services import outbox
from tests.mail_server import html_of, mail_server, text_of

__all__ = ["mail_server"]

GREETING = "tests.accounts.test_outbox.greeting"


def greeting(mail):
    return Message("A greeting", f"Number {mail.data['number']}\n", f"<p>Number {mail.data['number']}</p>\n")


def nothing(mail):
    raise NothingToSend("It has ended meanwhile.")


def killer(mail):
    raise KeyboardInterrupt


def broken(mail):
    raise KeyError("Hazel Quill")


@pytest.fixture(autouse=True)
def kinds(settings):
    here = "tests.accounts.test_outbox"
    settings.CIMAR_MAIL_KINDS = {
        kind: f"{here}.{kind}" for kind in ("greeting", "nothing", "killer", "broken")
    }


@pytest.fixture
def dead_broker():
    was = current_app.conf.broker_url
    _use_broker("redis://127.0.0.1:1/0")
    yield
    _use_broker(was)


def _use_broker(url):
    current_app.conf.broker_url = url
    current_app.pool.force_close_all()
    current_app.amqp._producer_pool = None


def queue(number=1, kind="greeting", **more):
    return outbox.queue_mail(
        kind=kind, recipient=f"reader{number}@example.org", data={"number": number}, **more
    )


def test_a_mail_leaves_as_text_and_html_and_keeps_its_ids(transactional_db, mail_server):
    row = queue(7)
    assert outbox.deliver_waiting() == 1
    [mail] = mail_server.received
    assert (mail["To"], mail["Subject"]) == ("reader7@example.org", "A greeting")
    assert "Number 7" in text_of(mail)
    assert "<p>Number 7</p>" in html_of(mail)
    row.refresh_from_db()
    assert (row.delivered_at is not None, row.attempts, row.data) == (True, 1, {"number": 7})
    assert outbox.deliver_waiting() == 0


def test_a_mail_of_a_deed_undone_was_never_there(transactional_db):
    with pytest.raises(RuntimeError), transaction.atomic():
        queue()
        raise RuntimeError
    assert not OutboxMail.objects.exists()


def test_a_refused_mail_waits_and_is_delivered_later(transactional_db, mail_server, clock):
    row = queue()
    mail_server.refusing = True
    assert outbox.deliver_waiting() == 0
    row.refresh_from_db()
    assert (row.attempts, row.claimed_until, row.delivered_at) == (1, None, None)
    mail_server.refusing = False
    assert outbox.deliver_waiting() == 0
    clock.move(seconds=11)
    assert outbox.deliver_waiting() == 1
    assert mail_server.recipients == ["reader1@example.org"]


def test_a_refused_mail_does_not_hold_up_the_others(transactional_db, mail_server):
    queue(1, kind="broken")
    queue(2)
    assert outbox.deliver_waiting() == 1
    assert mail_server.recipients == ["reader2@example.org"]


def test_a_mail_server_that_is_gone_costs_one_attempt_a_run(transactional_db, mail_server, clock):
    rows = [queue(number) for number in range(3)]
    mail_server.stop()
    assert outbox.deliver_waiting() == 0
    assert sum(OutboxMail.objects.values_list("attempts", flat=True)) == 1
    mail_server.start()
    clock.move(seconds=11)
    assert outbox.deliver_waiting() == len(rows)
    assert sorted(mail_server.recipients) == [
        "reader0@example.org",
        "reader1@example.org",
        "reader2@example.org",
    ]


def test_waits_between_attempts_grow_to_a_quarter_of_an_hour(transactional_db, mail_server, clock):
    row = queue()
    mail_server.refusing = True
    waits = []
    for _ in range(7):
        outbox.deliver_waiting()
        row.refresh_from_db()
        waits.append(round((row.due_at - clock.now()).total_seconds()))
        clock.move(seconds=waits[-1] + 1)
    assert waits == [10, 30, 60, 300, 900, 900, 900]


def test_a_second_deliverer_passes_by_what_the_first_is_taking(transactional_db, mail_server):
    first, second = queue(1), queue(2)
    with transaction.atomic():
        assert OutboxMail.objects.select_for_update().get(pk=first.pk) == first
        other = threading.Thread(target=_deliver_on_a_connection_of_its_own)
        other.start()
        other.join(timeout=20)
        assert not other.is_alive()
    assert mail_server.recipients == [second.recipient]


def test_two_deliverers_at_once_send_each_mail_once(transactional_db, mail_server):
    for number in range(20):
        queue(number)
    workers = [threading.Thread(target=_deliver_on_a_connection_of_its_own) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert sorted(mail_server.recipients) == sorted(f"reader{number}@example.org" for number in range(20))


def _deliver_on_a_connection_of_its_own():
    try:
        outbox.deliver_waiting()
    finally:
        connection.close()


def test_what_a_killed_worker_had_claimed_is_sent_when_the_claim_runs_out(
    transactional_db, mail_server, clock, settings
):
    row = queue(kind="killer")
    with pytest.raises(KeyboardInterrupt):
        outbox.deliver_waiting()
    settings.CIMAR_MAIL_KINDS = {"killer": GREETING}
    assert outbox.deliver_waiting() == 0
    clock.move(minutes=2, seconds=1)
    assert outbox.deliver_waiting() == 1
    row.refresh_from_db()
    assert row.attempts == 2


def test_a_mail_about_what_has_ended_is_dropped_with_the_reason(db, mailoutbox):
    row = queue(kind="nothing")
    assert outbox.deliver_waiting() == 0
    row.refresh_from_db()
    assert (row.dropped_at is not None, row.dropped_because) == (True, "It has ended meanwhile.")
    assert row.dropped_as == OutboxMail.Dropped.NOTHING
    assert mailoutbox == []


def test_a_written_mail_is_erased_when_it_has_left(db, mailoutbox):
    message = Message("Your code", "It is 123456", "<p>It is 123456</p>")
    row = outbox.queue_written(
        kind="code", recipient="a@example.org", message=message, good_for=timedelta(minutes=15)
    )
    outbox.deliver_waiting()
    row.refresh_from_db()
    assert (row.subject, row.text_body, row.html_body) == ("", "", "")
    assert [mail.body for mail in mailoutbox] == ["It is 123456"]


def test_a_written_mail_past_its_life_is_erased_and_not_sent(db, mailoutbox, clock):
    message = Message("Your code", "It is 123456", "")
    row = outbox.queue_written(
        kind="code", recipient="a@example.org", message=message, good_for=timedelta(minutes=15)
    )
    clock.move(minutes=16)
    assert outbox.deliver_waiting() == 0
    row.refresh_from_db()
    assert (row.text_body, row.dropped_because) == ("", "It was no longer good when its turn came.")
    assert row.dropped_as == OutboxMail.Dropped.LATE
    assert mailoutbox == []


def test_nobody_gives_up_before_three_days(db, clock):
    row = queue(kind="broken")
    OutboxMail.objects.filter(pk=row.pk).update(attempts=200)
    clock.move(days=2, hours=23)
    outbox.deliver_waiting()
    row.refresh_from_db()
    assert row.dropped_at is None
    clock.move(hours=2)
    outbox.deliver_waiting()
    row.refresh_from_db()
    assert row.dropped_because == "The mail server did not take it for three days."
    assert row.dropped_as == OutboxMail.Dropped.GIVEN_UP


def test_mails_dropped_before_there_was_a_word_for_it_are_given_one(db, monkeypatch):
    migration = import_module("accounts.migrations.0007_how_old_mails_were_dropped")
    because = {
        "It was no longer good when its turn came.": "late",
        "The mail server did not take it for three days.": "given_up",
        "The person has registered.": "nothing",
    }
    dropped = {
        OutboxMail.objects.create(
            kind="code", recipient="a@example.org", dropped_at=Now(), dropped_because=sentence
        ).pk: word
        for sentence, word in because.items()
    }
    waiting = queue()
    # Two batches whose border is among these mails, however many numbers were given out before.
    monkeypatch.setattr(migration, "BATCH", sorted(dropped)[1])

    migration.fill(apps, None)

    assert dict(OutboxMail.objects.filter(pk__in=dropped).values_list("pk", "dropped_as")) == dropped
    waiting.refresh_from_db()
    assert waiting.dropped_as == ""


def test_a_mail_that_waited_for_our_own_workers_is_still_sent(db, mailoutbox, clock):
    queue()
    clock.move(days=5)
    assert outbox.deliver_waiting() == 1


def test_an_error_is_logged_without_its_text(db, caplog):
    queue(kind="broken")
    outbox.deliver_waiting()
    assert "KeyError" in caplog.text
    assert "Quill" not in caplog.text


def test_mails_to_many_are_written_at_once(db, django_assert_num_queries):
    to = [(f"reader{number}@example.org", {"number": number}) for number in range(30)]
    with django_assert_num_queries(1):
        outbox.queue_mails(kind="greeting", to=to)


def test_a_dead_broker_costs_the_request_nothing(transactional_db, dead_broker, caplog):
    started = time.monotonic()
    queue()
    assert time.monotonic() - started < 3
    assert "the broker did not take accounts.deliver_mail" in caplog.text
    assert OutboxMail.objects.filter(due_at__lte=Now()).count() == 1


def test_names_cannot_turn_the_text_or_write_html():
    mail = render_mail("accounts/mail/registration_code", {"code": "<b>A & B</b>\u202egnp", "minutes": 15})
    assert "<b>A & B</b>gnp" in mail.text
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;gnp" in mail.html
