"""The house's own rules: each finds what it is for, and lets its neighbour pass."""

import pytest

from cimar.checks import arrows, code, kept, loops, marks, templates, words

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
    ("sharing/forms.py", 'HELP = gettext_lazy("Up to %(n)s.") % {"n": 5}', "stays in one language"),
    ("sharing/forms.py", 'HELP = gettext_lazy("Up to {}.").format(5)', "stays in one language"),
    ("sharing/forms.py", "def f():\n    for _, x in y: pass\n    return _('Shared')", "f assigns _"),
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
    ("sharing/forms.py", 'HELP = format_lazy(gettext_lazy("Up to {}."), 5)'),
    ("sharing/forms.py", 'def f():\n    return _("Up to %(n)s.") % {"n": len([1 for _, x in y])}'),
    ("sharing/forms.py", "def f():\n    for _, x in y: pass"),
]


def sentences(path: str, source: str) -> list[str]:
    return [finding.sentence for finding in code.check(path, f'"""A module."""\n{source}')]


@pytest.mark.parametrize(("path", "source", "sentence"), FOUND)
def test_a_breach_is_found_and_told_in_a_sentence(path, source, sentence):
    (finding,) = sentences(path, source)
    assert sentence in finding


@pytest.mark.parametrize(("path", "source"), LET_PASS)
def test_what_is_allowed_passes(path, source):
    assert sentences(path, source) == []


def test_a_module_without_its_line_is_found():
    (finding,) = code.check("sharing/law.py", "x = 1\n")
    assert str(finding) == "sharing/law.py:1: a module begins with one line that says what it is."


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
    (finding,) = templates.check("templates/studies/list.html", f"\n{source}\n")
    assert sentence in finding.sentence
    assert finding.line == 2


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
    ("sharing/mail.py", 'x = _("The link works until today.")', "STYLE.md"),
    ("templates/base.html", "<th>Works until</th>", "STYLE.md"),
    ("templates/base.html", "x" * 161, "break them"),
]


@pytest.mark.parametrize(("path", "source", "sentence"), WORDS_FOUND)
def test_a_word_to_avoid_is_found_where_it_is_new(path, source, sentence):
    (finding,) = words.check(path, source, {})
    assert sentence in finding.sentence


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


UNMARKED = [
    ("sharing/mail.py", 'raise Refused("no.")'),
    ("sharing/mail.py", "raise Refused(f'{name} is not here.')"),
    ("sharing/mail.py", 'x = "The study was deleted."'),
    ("sharing/mail.py", 'x = f"“{name}” was deleted."'),
    ("sharing/mail.py", 'x = "Your" if own else "This study"'),
    ("sharing/mail.py", 'messages.success(request, "Saved.")'),
    ("sharing/mail.py", 'ValidationError(["nothing"])'),
    ("sharing/mail.py", 'forms.CharField(label="name")'),
    ("sharing/mail.py", '_("The study" + name)'),
    ("sharing/mail.py", '_(f"The study {name} was deleted.")'),
    ("sharing/mail.py", 'x = "Name: %s" % _("name")'),
    ("templates/a.html", "<p>Shared with {{ name }}.</p>"),
    ("templates/a.html", "<p>{% if shared %}Shared{% endif %}</p>"),
    ("templates/a.html", "<input placeholder='Filter'>"),
    ("templates/a.html", '<a aria-label="About {{ name }}"></a>'),
    ("templates/a.html", '{% button "Check code" %}'),
    ("templates/a.html", "{% card title='Your details' %}"),
    ("templates/a.html", '{% card text="one of yours" %}'),
    ("templates/a.html", '{% include "a.html" with legend="Groups" %}'),
    ("templates/a.html", '{{ name|default:"No name" }}'),
    ("templates/mail/subject.txt", "{{ by }} shared a study"),
]


@pytest.mark.parametrize(("path", "source"), UNMARKED)
def test_a_text_without_a_translation_mark_is_found(path, source):
    (finding,) = marks.findings({path: f"\n{source}\n"}, {})
    assert "carries no translation mark" in finding.sentence
    assert finding.line == 2


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("sharing/mail.py", 'raise Refused(_("You may not."))'),
        ("sharing/mail.py", 'raise Refused(_("%(name)s is not here.") % {"name": name})'),
        ("sharing/mail.py", 'x = ngettext("%(n)s study is", "%(n)s studies are", n)'),
        ("sharing/mail.py", 'label = translation.gettext_lazy("The name")'),
        ("sharing/mail.py", '"""What the module is for."""'),
        ("sharing/mail.py", 'log.info("The mail %s was sent", mail)'),
        ("sharing/mail.py", 'raise ValueError("No such component")'),
        ("sharing/mail.py", 'SQL = "SELECT name FROM studies"'),
        ("sharing/mail.py", 'x == "The name"'),
        ("sharing/mail.py", 'x: "Sequence[Study, Share]" = y'),
        ("sharing/mail.py", 'x = "Shared"'),
        ("sharing/mail.py", 'x = "a b c"'),
        ("sharing/mail.py", 'x = "ISO_IR 6"'),
        ("sharing/mail.py", 'x = "PatientName StudyDate".split()'),
        ("sharing/mail.py", 'x = "Mozilla 5.0 like"  # allowed: a browser says it'),
        ("sharing/migrations/0001_initial.py", 'x = "The name of it"'),
        ("sharing/management/commands/x.py", 'x = "The name of it"'),
        ("tests/test_x.py", 'x = "The name of it"'),
        ("templates/a.html", '<p>{% translate "Shared" %}</p>'),
        ("templates/a.html", "{% blocktranslate trimmed %}\nShared with <b>{{ x }}</b>.\n{% endblocktranslate %}"),
        ("templates/a.html", "{% blocktranslate count n=n %}A study{% plural %}Studies{% endblocktranslate %}"),
        ("templates/a.html", "<input placeholder='{% translate \"Filter\" %}'>"),
        ("templates/a.html", '{% button _("Check code") tone="accent" hx_trigger="change delay:1s" %}'),
        ("templates/a.html", '{% card title=_("Your details") class="a b" %}'),
        ("templates/a.html", '{% if x == "A B" %}{% url "a:b" %}{% endif %}'),
        ("templates/a.html", '{{ n|counted:"study is" }}'),
        ("templates/a.html", "{# A word about it #}{% comment %}And more{% endcomment %}<!-- Here -->"),
        ("templates/a.html", "<script src='x.js'>let x = 1</script>"),
        ("templates/a.html", "{% block main_class %}page page--narrow{% endblock %}"),
        ("templates/a.html", "<b>{{ a }} &middot; CIMAR – 3</b>"),
        ("templates/a.html", "<b>DICOM</b>{# allowed: the standard's name #}"),
        ("templates/gallery.html", "<p>For developers.</p>"),
    ],
)  # fmt: skip
def test_a_text_with_its_mark_passes_and_so_does_what_no_person_sees(path, source):
    assert list(marks.findings({path: source}, {})) == []


TWICE = [
    ({"sharing/a.py": '_("The study was deleted.")', "studies/b.py": '_("The study was deleted.")'}, 2),
    ({"sharing/a.py": 'x = _("%(a)s was deleted.")\ny = _("%(b)s was deleted.")'}, 2),
    (
        {
            "sharing/a.py": '_("%(a)s was deleted.")',
            "templates/a.html": "{% blocktranslate %}{{ b }} was deleted.{% endblocktranslate %}",
        },
        2,
    ),
    ({"sharing/a.py": '_("What to do with it")', "templates/a.html": '{% card title=_("What to do with it") %}'}, 2),
    (
        {
            "templates/a.html": "{% blocktranslate %}{{ a }} was\n deleted.{% endblocktranslate %}",
            "templates/b.html": "<p>{% blocktranslate %}{{ b }} was deleted.{% endblocktranslate %}</p>",
        },
        2,
    ),
    ({"sharing/a.py": '_("Share studies")', "studies/b.py": '_("Share studies")'}, 0),
    ({"sharing/a.py": '_("Shared by me")', "studies/b.py": '_("Shared by me")'}, 0),
    ({f"templates/m/body.{form}": '{% translate "You were added." %}' for form in ("html", "txt")}, 0),
    ({"templates/a.html": '{% block title %}{{ _("It was deleted.") }}{% endblock %}{{ _("It was deleted.") }}'}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("files", "number"), TWICE)
def test_a_sentence_that_is_typed_twice_is_found_in_both_places(files, number):
    breaches = list(marks.findings(files, {}))
    assert [finding.sentence for finding in breaches if "is typed again in" not in finding.sentence] == []
    assert len(breaches) == number


def test_what_a_file_has_unmarked_may_stay_and_not_become_more():
    had, more = {"sharing/a.py": 'Refused("no")'}, {"sharing/a.py": 'Refused("no"), Refused("never")'}
    allowed = marks.counts(had)

    assert list(marks.findings(had, allowed)) == []
    assert len(list(marks.findings(more, allowed))) == 2


def test_the_kept_counts_fall_and_do_not_rise(tmp_path):
    file = tmp_path / "kept.json"
    rise = [code.Finding("a.py", 1, "more than before")]

    assert kept.write(file, {"a.py": {"x": 2}, "b.py": {"x": 0}}, lambda allowed: rise) == []
    assert kept.read(file) == {"a.py": {"x": 2}}
    assert kept.write(file, {"a.py": {"x": 3}}, lambda allowed: rise) == rise
    assert kept.read(file) == {"a.py": {"x": 2}}
    assert kept.write(file, {"a.py": {"x": 1}}, lambda allowed: []) == []
    assert kept.read(file) == {"a.py": {"x": 1}}


def in_test(body: str, decorator: str = "") -> list[str]:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return [
        str(finding)
        for finding in loops.check("tests/test_x.py", f"{decorator}\ndef test_it(rows):\n{lines}")
    ]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("for row in rows: assert row", 3),
        ("for row in shared(rows): assert row", 3),
        ("for row in enumerate(rows):\n    if row:\n        assert row", 3),
        ("for name, row in rows.items(): assert row", 3),
        ("for row in [x for x in rows]: assert row", 3),
        ("for row in [*rows]: assert row", 3),
        ("for n in range(len(rows)): assert n", 3),
        ("assert all(row.x for row in rows)", 3),
        ("assert more_rows\nfor row in rows: assert row", 4),
        ("for row in rows: assert row\nassert rows", 3),
    ],
)
def test_a_loop_that_may_be_empty_and_test_nothing_is_found(body, line):
    (finding,) = in_test(body)
    assert f":{line}: assert first that there is something in " in finding


@pytest.mark.parametrize(
    "body",
    [
        "assert rows\nfor row in rows: assert row",
        "assert len(rows) == 2\nfor n, row in enumerate(rows): assert row",
        "assert shared(rows)\nfor row in shared(rows): assert row",
        "assert rows\nfor n in range(len(rows)): assert n",
        "for row in (1, 2): assert row",
        "for row in [*rows, 1]: assert row",
        "for row in range(3): assert row",
        "for row in METHODS: assert row",
        "for row in Method: assert row",
        "few = [row for row in (1, 2)]\nfor row in few: assert row",
        "for row in rows: print(row)",
        "for row in rows: assert row  # allowed: none may be left",
        "assert not any(row.x for row in rows)",
    ],
)
def test_a_loop_that_cannot_be_empty_passes(body):
    assert in_test(body) == []


def test_a_loop_over_an_argument_that_is_parametrised_passes():
    assert in_test("for row in rows: assert row", '@pytest.mark.parametrize("rows", ROWS)') == []


CONTRACT = """
[tool.importlinter]
exclude_type_checking_imports = {types}
[[tool.importlinter.contracts]]
ignore_imports = {upward}
"""


@pytest.mark.parametrize(
    ("types", "upward", "sentence"),
    [
        ("false", ["a -> b"] * 4, "4 imports run up from an app to one above it, and 3 may"),
        ("true", ["a -> b"] * 3, "An import for a type counts as any other"),
    ],
)
def test_a_fourth_import_that_runs_up_is_a_finding(types, upward, sentence):
    (finding,) = arrows.check(CONTRACT.format(types=types, upward=upward))

    assert sentence in str(finding)


def test_three_imports_that_run_up_are_no_finding():
    assert not list(arrows.check(CONTRACT.format(types="false", upward=["a -> b"] * 3)))
