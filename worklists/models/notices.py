"""What a person is notified of a worklist, event by event: at once, once a day, or not."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy


class NoticeEvent(models.TextChoices):
    """What people can be notified of; the label is what the person's page and the worklist's page call it."""

    SHARED_HERE = "shared_here", gettext_lazy("A study is shared with this worklist")
    APPROVAL_NEEDED = "approval_needed", gettext_lazy("A share waits for approval")
    DECIDED = "decided", gettext_lazy("A decision is made about what I shared or asked for")
    ENDING_SOON = "ending_soon", gettext_lazy("A share ends soon")
    LINK_USED = "link_used", gettext_lazy("My guest link is opened")
    OPENED = "opened", gettext_lazy("What I shared is opened for the first time")
    TIME_ASKED = "time_asked", gettext_lazy("Someone asks me for more time")
    URGENT = "urgent", gettext_lazy("An urgent study is not opened in time")


# Of an urgent study its sharer and the worklist's contacts are notified at once: no one chooses otherwise.
ALWAYS = frozenset({NoticeEvent.URGENT})
TO_CHOOSE = [event.value for event in NoticeEvent if event not in ALWAYS]


class NoticeTime(models.TextChoices):
    NOW = "now", gettext_lazy("At once")
    DAILY = "daily", gettext_lazy("Once a day")
    OFF = "off", gettext_lazy("Not")


class NoticeChoice(models.Model):
    """A person's own choice; without a row the worklist's preset counts."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_choices")
    # The unique constraint of both begins with it.
    worklist = models.ForeignKey(
        "worklists.Worklist", models.CASCADE, related_name="notice_choices", db_index=False
    )
    event = models.CharField(max_length=20, choices=NoticeEvent)
    time = models.CharField(max_length=10, choices=NoticeTime)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worklist", "event", "user"],
                name="one_notice_choice_for_a_user_worklist_and_event",
            ),
            models.CheckConstraint(
                name="a_notice_choice_is_of_a_known_event_and_time",
                condition=Q(event__in=TO_CHOOSE, time__in=NoticeTime.values),
            ),
        ]

    def __str__(self) -> str:
        return f"notice choice {self.pk}"


class NoticePreset(models.Model):
    """What the members of a worklist start with; without a row `PRESETS` counts."""

    worklist = models.ForeignKey(
        "worklists.Worklist", models.CASCADE, related_name="notice_presets", db_index=False
    )
    event = models.CharField(max_length=20, choices=NoticeEvent)
    time = models.CharField(max_length=10, choices=NoticeTime)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worklist", "event"], name="one_notice_preset_for_a_worklist_and_event"
            ),
            models.CheckConstraint(
                name="a_notice_preset_is_of_a_known_event_and_time",
                condition=Q(event__in=TO_CHOOSE, time__in=NoticeTime.values),
            ),
        ]

    def __str__(self) -> str:
        return f"notice preset {self.pk}"


# Where no one chose and the worklist has no preset. On one's own worklist everything is about oneself.
PRESETS = {
    NoticeEvent.SHARED_HERE: NoticeTime.OFF,
    NoticeEvent.APPROVAL_NEEDED: NoticeTime.NOW,
    NoticeEvent.DECIDED: NoticeTime.NOW,
    NoticeEvent.ENDING_SOON: NoticeTime.DAILY,
    NoticeEvent.LINK_USED: NoticeTime.DAILY,
    NoticeEvent.OPENED: NoticeTime.OFF,
    NoticeEvent.TIME_ASKED: NoticeTime.NOW,
    NoticeEvent.URGENT: NoticeTime.NOW,
}
PERSONAL_PRESETS = {
    **PRESETS,
    NoticeEvent.SHARED_HERE: NoticeTime.NOW,
    NoticeEvent.ENDING_SOON: NoticeTime.NOW,
}


# The events that a person can choose a time for.
OFFERED = tuple(event for event in NoticeEvent if event not in ALWAYS)


def preset_of(event: str, *, personal: bool) -> str:
    return str((PERSONAL_PRESETS if personal else PRESETS)[NoticeEvent(event)])
