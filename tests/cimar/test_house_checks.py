"""The house's own rules: each finds what it is for, and lets its neighbour pass."""

import pytest

from cimar.checks import code, templates, words

SHORT_VIEW = "def detail(request):\n" + "    x = 1\n" * 24
LONG_VIEW = "def detail(request):\n" + "    x = 1\n" * 25
LONG_METHOD = "class Detail:\n    def post(self, request):\n" + "        x = 1\n" * 25

FOUND = [
    ("studies/views/list.py", "user.has_perm('x', y)", "has_perm"),
    ("sharing/services/press.py", "get_objects_for_user(user, 'x')", "get_objects_for_user"),
    ("sharing/services/press.py", "guardian.core.ObjectPermissionChecker(user)", "ObjectPermissionChecker"),
    ("studies/views/list.py", "Study.objects.create(name='x')", "only services"),
    ("studies/selectors/listing.py", "study.save()", "only services"),
    ("worklists/forms.py", "form.delete()", "only services"),
    ("studies/views/list.py", LONG_VIEW, "has 25 lines"),
    ("studies/views/list.py", LONG_METHOD, "has 25 lines"),
    ("sharing/law.py", "x = 1\n" * 351, "at most 350"),
    ("tests/test_x.py", "x = 1\n" * 601, "at most 600"),
    ("sharing/law.py", "SQL = 'SELECT CURRENT_TIMESTAMP'", "statement_timestamp"),
    ("administration/roles.py", "request.effect = effect", "request.effect is set here"),
    ("administration/people.py", "request.left: object = row", "request.left is set here"),
    ("studies/views/list_page.py", "self.request.shown += 1", "request.shown is set here"),
    ("accounts/forms/people.py", "a, request.draft = pair", "request.draft is set here"),
    ("sharing/views/share.py", "del request.draft", "request.draft is set here"),
    ("administration/roles.py", "request.method = 'GET'", "request.method is set here"),
    ("administration/roles.py", "setattr(request, 'effect', effect)", "behind its back"),
    ("administration/page.py", "row.__dict__['name'] = 'Viewer'", "behind its back"),
    ("administration/page.py", "vars(request)['kept'] = 1", "behind its back"),
    ("administration/people.py", "services.remove_member_without_shares(membership=row)", "leave_account"),
    ("studies/views/study.py", "from studies.services import erase_study", "delete_study"),
    ("sharing/views/deletion.py", "erase_study(study=study)", "delete_study"),
]
LET_PASS = [
    ("worklists/access/rights.py", "get_objects_for_user(user, 'x')"),
    ("tests/test_x.py", "Study.objects.create(); user.has_perm('x')"),
    ("sharing/services/shares.py", "Share.objects.bulk_create(rows)"),
    ("studies/ingest/rows.py", "Study.objects.create()"),
    ("studies/forms/lists.py", "super().save()"),
    ("studies/views/list.py", "x.save()  # allowed: a file of the reader's own"),
    ("studies/views/list.py", SHORT_VIEW),
    ("studies/selectors/listing.py", LONG_VIEW),
    ("studies/migrations/0001_initial.py", "x = 1\n" * 700),
    ("sharing/law.py", "x = 1\n" * 349),
    ("administration/site.py", "request.current_app = self.name"),
    ("administration/page.py", "response.refusal = cause; found = request.user.name"),
    ("accounts/middleware/idle.py", "request.factor_reminder = demands"),
    ("sharing/services/removal.py", "erase_study(study=study)"),
    ("administration/people.py", "services.leave_account(membership=row)"),
]


def sentences(path: str, source: str) -> list[str]:
    return [finding.sentence for finding in code.check(path, f'"""A module."""\n{source}')]


@pytest.mark.parametrize(("path", "source", "sentence"), FOUND)
def test_a_breach_is_found_and_told_in_a_sentence(path, source, sentence):
    (found,) = sentences(path, source)
    assert sentence in found


@pytest.mark.parametrize(("path", "source"), LET_PASS)
def test_what_is_allowed_passes(path, source):
    assert sentences(path, source) == []


def test_a_module_without_its_line_is_found():
    (found,) = code.check("sharing/law.py", "x = 1\n")
    assert str(found) == "sharing/law.py:1: a module begins with one line that says what it is."


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("<script>alert(1)</script>", "inline script"),
        ("<script type='module'>x</script>", "inline script"),
        ("<style>p {}</style>", "inline style sheet"),
        ("<p class='x' style='color: red'>", "inline style"),
        ("<button type='button' onclick='x()'>", "inline event handler"),
        ("<div hx-on:click='x()'>", "inline event handler"),
        ("<a href='javascript:x()'>", "script in a link"),
        ("{{ name|safe }}", "unescaped"),
        ("{% autoescape off %}", "unescaped"),
    ],
)
def test_a_template_that_the_policy_would_break_is_found(source, sentence):
    (found,) = templates.check("templates/studies/list.html", f"\n{source}\n")
    assert sentence in found.sentence
    assert found.line == 2


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("templates/studies/list.html", "<script src='x.js' defer></script>"),
        ("templates/studies/list.html", "{# <script>x</script> #}"),
        ("templates/studies/list.html", "<p class='onset' data-style='x'>once = upon</p>"),
        ("templates/sharing/mail/invitation/body.html", "<p style='color: red'>"),
    ],
)
def test_a_template_within_the_policy_passes(path, source):
    assert templates.check(path, source) == []


WORDS_FOUND = [
    ("sharing/mail.py", "address = 1", "say email, ip_address or url"),
    ("sharing/mail.py", "def send(address: str) -> None: ...", "say email, ip_address or url"),
    ("sharing/mail.py", "for one in rows: pass", "use a noun"),
    ("sharing/mail.py", '"""What the deed was."""', "say change or action"),
    ("sharing/mail.py", "# Somebody's rows.", "STYLE.md"),
    ("templates/base.html", "x" * 161, "break them"),
]


@pytest.mark.parametrize(("path", "source", "sentence"), WORDS_FOUND)
def test_a_word_to_avoid_is_found_where_it_is_new(path, source, sentence):
    (found,) = words.check(path, source, {})
    assert sentence in found.sentence


@pytest.mark.parametrize(("path", "source", "sentence"), WORDS_FOUND)
def test_a_word_that_a_file_has_already_may_stay(path, source, sentence):
    assert list(words.check(path, source, {path: dict(words.counts(path, source))})) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("sharing/mail.py", "email_address = ip_address = None"),
        ("sharing/mail.py", "share.address"),
        ("tests/test_x.py", "for one in rows: pass"),
        ("sharing/migrations/0001_initial.py", "address = 1"),
        ("templates/base.html", "x" * 160),
    ],
)
def test_a_plain_word_passes(path, source):
    assert list(words.check(path, source, {})) == []
