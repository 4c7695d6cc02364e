"""What can happen at the same time."""

from tests.races import ends, invitations, leaving, more_time, shares, worklists

SCENES = [
    *shares.SCENES,
    *ends.SCENES,
    *more_time.SCENES,
    *invitations.SCENES,
    *leaving.SCENES,
    *worklists.SCENES,
]
