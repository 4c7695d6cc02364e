"""What the worker does for worklists and roles."""

from celery import shared_task

from worklists import services


@shared_task(name="worklists.note_rights")
def note_rights() -> None:
    services.note_rights()


@shared_task(name="worklists.replace_roles")
def replace_roles() -> None:
    services.carry_on_replacements()
