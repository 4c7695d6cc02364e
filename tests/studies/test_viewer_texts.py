"""What the viewer's script says can be translated: the page has each of its sentences, word for word."""

import re
from pathlib import Path

from django.conf import settings

from studies.views.viewer_texts import TEXTS

SOURCE = Path(settings.BASE_DIR) / "viewer" / "src"
ENTRY = re.compile(r'^\s*"?([\w-]+)"?:\s*"((?:[^"\\]|\\.)*)",$', re.MULTILINE)


def entries(path: Path, name: str) -> dict[str, str]:
    source = path.read_text().split(f"{name} = {{", 1)[1].split("};", 1)[0]
    return dict(ENTRY.findall(source))


def test_the_page_has_every_sentence_of_the_script() -> None:
    spoken = entries(SOURCE / "texts.js", "ENGLISH") | entries(SOURCE / "data" / "study.js", "SENTENCES")

    assert len(spoken) > 100
    assert spoken == TEXTS


def test_every_sentence_is_said_somewhere() -> None:
    source = "".join(path.read_text() for path in SOURCE.rglob("*.js") if path.name != "texts.js")

    unsaid = [
        key
        for key in TEXTS
        if f'"{key}"' not in source and f"{key}:" not in source and f"sentences.{key}" not in source
    ]

    # Their keys are put together: the name of a tool, of a plane.
    assert [key for key in unsaid if not key.startswith(("tool-", "plane-"))] == []
