"""The services that need no call of their own in service_calls.py, by reason."""

NOT_A_DEED = {
    # They build, check, lock or read; nothing is done and nothing is shown.
    "audit.recording.event",
    "accounts.registration.check_usable",
    "worklists.account.tidied_account_name",
    "worklists.worklists.check_share_code",
    "worklists.common.check_an_administrator_stays", "worklists.common.check_not_being_replaced",
    "worklists.common.check_role_is_of", "worklists.common.given", "worklists.common.has_administrator",
    "worklists.common.locked", "worklists.common.standing", "worklists.common.unused_code",
    "worklists.staff_claims.held",
    "worklists.staff_offers.judge",
    "worklists.staff_offers.tidied_offers",
    "worklists.staff_offers.waiting_offers",
    # Sentences with a number in them.
    "accounts.limits.too_many_invited",
    "accounts.limits.too_many_mails",
    "accounts.limits.too_many_mails_of_an_invitation",
    "studies.denials.on_denied",
    "studies.ingest.check_upload",
    "studies.reads.check_open",
    "studies.trail.check_view_audit",
    "sharing.settling.lock_studies",
    # What a dialog offers or a page announces before a deed. Reading these is not audited; the pages they stand on are.
    "sharing.dialog.check_emails",
    "sharing.dialog.directory",
    "sharing.dialog.offer",
    "sharing.previews.preview_deletion",
    "sharing.previews.visible_placements",
    "sharing.previews.preview_end",
    "sharing.previews.preview_removal",
    "sharing.previews.preview_withdrawal",
}  # fmt: skip
PART_OF_A_DEED = {
    "sharing.press.audit",
    "sharing.press.write",
    "worklists.staff_invitations.invite_within",
    # They write inside the transaction of a deed that has a row above; alone nobody calls them.
    "accounts.outbox.queue_mail",
    "worklists.members.enrol",
    "worklists.replacements.narrow_again",
    "worklists.staff_claims.end_waiting",
    "accounts.outbox.queue_mails",
    "accounts.outbox.queue_written",
    "studies.leftovers.leave_bytes",
    "studies.erasing.erase_study",
    "sharing.notices.queue_notices",
    "sharing.settling.drop_every_placement",
    "sharing.settling.end",
    "sharing.settling.locked_graphs",
    "sharing.settling.settle",
    "sharing.settling.stop",
}
NOBODYS_DEED = {
    # The worker carries out what an audited deed decided: a mail leaves, a picture is made, people go over to a role.
    # Nor is it anybody's that a browser was seen again, a counter counted, or a key to a secret changed.
    "accounts.sessions.note_seen",
    "accounts.tallies.consume",
    "accounts.tallies.give_back",
    "accounts.limits.count_codes",
    "accounts.limits.give_back_codes",
    "accounts.limits.count_mail",
    "accounts.limits.count_emails",
    "accounts.limits.count_invited",
    "accounts.limits.count_typed_code",
    "sharing.codes.count_tried",
    "accounts.limits.may_look_up",
    "accounts.second_factor.reseal_all",
    "accounts.outbox.deliver_waiting",
    "worklists.replacements.carry_on_replacements",
    "studies.previews.render_previews",
    "studies.previews.render_waiting",
}
