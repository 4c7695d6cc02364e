"""Templates in bin/dev: compiled once, and a change to a file shows the next time it is used."""

import os
from pathlib import Path

import pytest
from django.core.signals import request_started
from django.template import Context, Engine, TemplateDoesNotExist
from django.utils import translation
from django.utils.safestring import SafeString

from common.components.library import forget_renderings, rendered_once

PAGE = "{% extends 'base.html' %}{% block content %}{% include 'part.html' %}{% endblock %}"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """The project's templates, and those of an application that it may replace."""
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    return tmp_path / "ours", tmp_path / "theirs"


@pytest.fixture
def engine(folders: tuple[Path, Path]) -> Engine:
    ours, theirs = folders
    write(ours / "base.html", "base({% block content %}{% endblock %})")
    write(ours / "page.html", PAGE)
    write(ours / "part.html", "part")
    write(theirs / "other.html", "theirs")
    loaders = [("cimar.embedded.templates.Loader", ["django.template.loaders.filesystem.Loader"])]
    return Engine(dirs=[ours, theirs], loaders=loaders)


def write(file: Path, text: str) -> None:
    """Each time a second later: a file system may count no finer."""
    later = file.stat().st_mtime + 1 if file.exists() else None
    file.write_text(text)
    if later is not None:
        os.utime(file, (later, later))


def shown(engine: Engine, name: str = "page.html") -> str:
    return engine.get_template(name).render(Context())


def test_a_template_is_compiled_once(engine):
    assert shown(engine) == "base(part)"
    assert engine.get_template("page.html") is engine.get_template("page.html")


@pytest.mark.parametrize(
    ("file", "text", "rendered"),
    [
        ("page.html", PAGE.replace("{% include", "new {% include"), "base(new part)"),
        ("base.html", "new({% block content %}{% endblock %})", "new(part)"),
        ("part.html", "new", "base(new)"),
    ],
)
def test_a_change_shows_the_next_time(engine, folders, file, text, rendered):
    assert shown(engine) == "base(part)"
    write(folders[0] / file, text)
    assert shown(engine) == rendered


def test_a_template_that_was_not_there_is_there_once_it_is_written(engine, folders):
    with pytest.raises(TemplateDoesNotExist):
        engine.get_template("late.html")
    write(folders[0] / "late.html", "late")
    assert shown(engine, "late.html") == "late"


def test_a_file_of_the_project_takes_the_place_of_an_applications_and_gives_it_back(engine, folders):
    assert shown(engine, "other.html") == "theirs"
    write(folders[0] / "other.html", "ours")
    assert shown(engine, "other.html") == "ours"
    (folders[0] / "other.html").unlink()
    assert shown(engine, "other.html") == "theirs"


def test_a_deleted_template_is_gone(engine, folders):
    shown(engine)
    (folders[0] / "part.html").unlink()
    with pytest.raises(TemplateDoesNotExist):
        shown(engine)


def test_what_is_rendered_once_is_so_for_each_language_and_forgotten_with_the_next_request_of_a_developer(
    engine, languages
):
    # The first template makes the loader, which listens.
    shown(engine)
    rendered = []

    @rendered_once
    def fields() -> SafeString:
        rendered.append(translation.get_language())
        return SafeString(f"in {rendered[-1]}")

    for language in ("en-gb", "fr", "en-gb"):
        with translation.override(language):
            assert fields() == f"in {language}"
    assert rendered == ["en-gb", "fr"]

    assert [
        receiver for receiver in request_started._live_receivers(None)[0] if receiver is forget_renderings
    ]
    forget_renderings(sender=None)
    fields()
    assert len(rendered) == 3
