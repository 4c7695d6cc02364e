"""The process that renders pictures is kept from test to test: to start it takes longer than most files.

Only for the services that render what was taken in. Tests of the renderer itself start their own.
"""

import subprocess
from collections.abc import Iterator

import pytest

_idle: list[subprocess.Popen[bytes]] = []


@pytest.fixture(autouse=True, scope="session")
def _renderer_kept() -> Iterator[None]:
    from studies.renderer import Renderer
    from studies.services import previews, view_copies

    class Kept(Renderer):
        def _start(self) -> subprocess.Popen[bytes]:
            child = _idle.pop() if _idle else super()._start()
            return child if child.poll() is None else super()._start()

        def __exit__(self, *exc: object) -> None:
            if self._child is not None and exc == (None, None, None) and not _idle:
                _idle.append(self._child)
                self._child = None
            super().__exit__(*exc)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(previews, "Renderer", Kept)
        patch.setattr(view_copies, "Renderer", Kept)
        yield
    while _idle:
        child = _idle.pop()
        child.kill()
        child.communicate()
