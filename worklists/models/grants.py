"""Guardian's tables: rights on worklists, held by groups. Only `worklists/access/` writes them."""

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from worklists.models.worklist import Worklist


class WorklistGroupObjectPermission(GroupObjectPermissionBase):
    """A right on a worklist, held by the group of one (worklist, role)."""

    content_object = models.ForeignKey(Worklist, on_delete=models.CASCADE)


class WorklistUserObjectPermission(UserObjectPermissionBase):
    """Guardian needs the table; it stays empty: rights go to groups, people are in groups."""

    content_object = models.ForeignKey(Worklist, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        constraints = [
            models.CheckConstraint(name="rights_go_to_groups_never_to_users", condition=Q(pk__isnull=True)),
        ]


class WorklistRole(models.Model):
    """A role in use on a worklist, and the group that carries its rights there."""

    worklist = models.ForeignKey(Worklist, models.CASCADE, related_name="roles_in_use")
    role = models.ForeignKey("accounts.Role", models.CASCADE, related_name="in_use_on")
    group = models.OneToOneField(Group, models.CASCADE, related_name="worklist_role")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worklist", "role"], name="one_group_for_a_worklist_and_role"),
        ]

    def __str__(self) -> str:
        return f"role {self.role_id} on worklist {self.worklist_id}"
