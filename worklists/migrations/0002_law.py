"""Roles, memberships and worklists of one account stay together; every user has a personal worklist.

The two views are the rules of rights as rows: `worklists_effective_role` says which role a person has on a location or
group worklist, `worklists_effective_right` what it lets them do there (a child right only with its parent).
"""

from django.db import migrations

FORWARDS = """
ALTER TABLE worklists_worklist ADD CONSTRAINT a_default_role_is_of_the_worklists_account
    FOREIGN KEY (default_role_id, account_id) REFERENCES accounts_role (id, account_id)
    DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE worklists_worklistmembership
    ADD CONSTRAINT a_worklist_membership_is_of_the_worklists_account
        FOREIGN KEY (worklist_id, account_id) REFERENCES worklists_worklist (id, account_id)
        DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT a_worklist_members_role_is_of_the_worklists_account
        FOREIGN KEY (role_id, account_id) REFERENCES accounts_role (id, account_id)
        DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT a_worklist_member_is_a_member_of_its_account
        FOREIGN KEY (user_id, account_id) REFERENCES accounts_accountmembership (user_id, account_id)
        DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION a_user_has_a_personal_worklist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO worklists_worklist (kind, owner_id) VALUES ('personal', NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER a_user_gets_a_personal_worklist AFTER INSERT ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION a_user_has_a_personal_worklist();

CREATE VIEW worklists_effective_role AS
SELECT am.user_id, w.id AS worklist_id,
       COALESCE(wm.role_id, CASE WHEN wm.id IS NOT NULL THEN w.default_role_id END, am.role_id) AS role_id
FROM worklists_worklist w
JOIN accounts_accountmembership am ON am.account_id = w.account_id AND am.active
LEFT JOIN worklists_worklistmembership wm ON wm.worklist_id = w.id AND wm.user_id = am.user_id
WHERE w.kind <> 'personal' AND (wm.id IS NOT NULL OR am.every_worklist);

-- A role's rights on worklists, less the children whose parent is not ticked.
CREATE VIEW worklists_role_right AS
SELECT rp.role_id, p.id AS permission_id, p.codename
FROM accounts_role_permissions rp
JOIN auth_permission p ON p.id = rp.permission_id
JOIN django_content_type ct ON ct.id = p.content_type_id AND ct.app_label = 'worklists' AND ct.model = 'worklist'
WHERE p.codename NOT LIKE 'share\\_study\\_%'
   OR EXISTS (
        SELECT FROM accounts_role_permissions parent
        JOIN auth_permission pp ON pp.id = parent.permission_id AND pp.content_type_id = p.content_type_id
        WHERE parent.role_id = rp.role_id AND pp.codename = 'share_study');

CREATE VIEW worklists_effective_right AS
SELECT er.user_id, er.worklist_id, rr.codename
FROM worklists_effective_role er
JOIN worklists_role_right rr ON rr.role_id = er.role_id;
"""

BACKWARDS = """
DROP VIEW worklists_effective_right;
DROP VIEW worklists_role_right;
DROP VIEW worklists_effective_role;
DROP TRIGGER a_user_gets_a_personal_worklist ON accounts_user;
DROP FUNCTION a_user_has_a_personal_worklist();
ALTER TABLE worklists_worklistmembership
    DROP CONSTRAINT a_worklist_membership_is_of_the_worklists_account,
    DROP CONSTRAINT a_worklist_members_role_is_of_the_worklists_account,
    DROP CONSTRAINT a_worklist_member_is_a_member_of_its_account;
ALTER TABLE worklists_worklist DROP CONSTRAINT a_default_role_is_of_the_worklists_account;
"""


class Migration(migrations.Migration):
    dependencies = [("worklists", "0001_initial"), ("accounts", "0002_law"), ("contenttypes", "0002_remove_content_type_name")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
