"""What can happen at the same time."""

from tests.races import ends, invitations, leaving, shares, worklists

SCENES = [*shares.SCENES, *ends.SCENES, *invitations.SCENES, *leaving.SCENES, *worklists.SCENES]
