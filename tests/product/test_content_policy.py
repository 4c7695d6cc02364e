"""The viewer's pages alone have a wider content policy: every other URL has the site's."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.matrix import Row, answer, signed_in, undone, world
from tests.product.test_access_matrix import ROWS

__all__ = ["world"]

pytestmark = pytest.mark.django_db

WIDER = ("unsafe-inline", "unsafe-eval", "unsafe-hashes", "blob:", "http:", "https:", "*")
# Each with its policy, which tests beside it read.
OF_THEIR_OWN = {"studies:viewer", "studies:viewer_stream", "studies:full_viewer", "studies:full_viewer_file"}
EVERYWHERE = {"default-src", "object-src", "base-uri", "form-action", "frame-ancestors"}


@pytest.mark.parametrize("name", sorted({row.name for row in ROWS} - OF_THEIR_OWN))
def test_no_other_page_has_a_wider_policy(world: SimpleNamespace, name: str) -> None:
    rows: list[Row] = [row for row in ROWS if row.name == name]
    assert rows
    for row in rows:
        with undone():
            response: Any = answer(signed_in(world, "adam"), row, world)
            policy = response.headers.get("Content-Security-Policy", "")
            assert [word for word in WIDER if word in policy] == [], row
            if response.get("Content-Type", "").startswith("text/html"):
                assert {rule.split()[0] for rule in policy.split(";")} >= EVERYWHERE, row
