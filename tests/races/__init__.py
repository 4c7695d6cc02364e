"""What can happen at the same time."""

from tests.races import ends, invitations, leaving, shares

SCENES = [*shares.SCENES, *ends.SCENES, *invitations.SCENES, *leaving.SCENES]
