"""Runs `studies.pixels` as a process of its own and starts it anew when a file has crashed it or hung it."""

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
SECONDS_EACH = 200
MEMORY = 3 * 1024**3

# Of one object, however many frames it has.
FRAMES_SHOWN = 200


def gettext_noop(sentence: str) -> str:
    """Marks a sentence for translation. Django's own wants settings, which the renderer's process does not have."""
    return sentence


# What is shown in place of a picture, or beside it. Kept as it is here, and translated where it is shown.
UNREADABLE = gettext_noop("The images in this file could not be read.")
TOO_SLOW = gettext_noop("The images took too long to prepare.")
TOO_LARGE = gettext_noop("The image is too large to show here.")
VIDEO = gettext_noop("This is a video. It cannot be shown here.")
NO_IMAGE_DATA = gettext_noop("It holds no image data.")
NO_SYNTAX = gettext_noop("It does not say how its values are encoded (Transfer Syntax).")
NO_DECODER = gettext_noop("It is compressed in a way that cannot be read here.")
NO_SIZE = gettext_noop("It does not say how many rows and columns it has.")
NO_BITS = gettext_noop("Its values have a size that cannot be read (Bits Allocated).")
NO_PHOTOMETRIC = gettext_noop(
    "It does not say what its values mean, or in a way we cannot read (Photometric Interpretation)."
)
NO_SIGN = gettext_noop("It does not say whether its values are signed (Pixel Representation).")
NO_PLANES = gettext_noop("It does not say in which order its colours lie (Planar Configuration).")
NO_PALETTE = gettext_noop("Its table of colours cannot be read.")
OTHER_SAMPLES = gettext_noop("It says two different things about its colours (Samples per Pixel).")
FEWER_VALUES = gettext_noop("It holds less image data than one image needs.")
MORE_DATA = gettext_noop("It holds more image data than it says. The rest is not shown.")
OVERLAYS_DRAWN = gettext_noop("An overlay of this image (drawings or text) is drawn over it.")
OVERLAYS_LEFT_OUT = gettext_noop("This image has an overlay (drawings or text), which is not shown here.")
UNCALIBRATED = gettext_noop(
    "The conversion of its values cannot be read. It is shown from its least to its greatest value."
)
# Of a picture that a program asked for with words of its own.
NO_SUCH_FRAME = gettext_noop("It has no such frame.")
OUTSIDE = gettext_noop("The viewport names a part that is not inside the image.")
WINDOW_OF_COLOURS = gettext_noop("A window is for grey images. An image of colours is shown without it.")
WINDOW_UNCALIBRATED = gettext_noop(
    "The conversion of its values cannot be read, so a window of your own would not mean what it says."
)
TOO_MANY_FRAMES = gettext_noop("It has too many frames for one picture. Ask for its frames.")
NOT_THE_SAME = gettext_noop("It cannot be had without its compression and stay the same in all else.")
# Of a view copy: why its series is shown by pictures alone.
FLOATING = gettext_noop("Its values are fractions, which are shown as pictures alone.")
TABLE_OF_VALUES = gettext_noop("Its values go through a table of its own, so it is shown as pictures alone.")
TOO_WIDE = gettext_noop("Its values need more than 16 bits, so it is shown as pictures alone.")
TOO_MANY_IMAGES = gettext_noop("It has too many images for the viewer, so it is shown as pictures alone.")
TABLE_NOT_APPLIED = gettext_noop(
    "This image has a table of grey values of its own, which is not applied here."
)
NOT_EXACT = gettext_noop("Its values could not be packed without a loss, so it is shown as pictures alone.")
# Of these the request is at fault, and not the image.
OF_THE_REQUEST = frozenset({NO_SUCH_FRAME, OUTSIDE, WINDOW_UNCALIBRATED})


def frames_left_out(shown: int, total: int) -> str:
    return f"The first {shown} of {total} frames are shown."  # allowed: stored with the picture, with its numbers


@dataclass(frozen=True)
class Rendered:
    """How many frames have their pictures; the note says why none or not all."""

    frames: int
    note: str = ""


class Renderer:
    """One child process for many files, so that its start-up is paid once."""

    def __init__(
        self,
        *,
        seconds_each: float = SECONDS_EACH,
        memory: int = MEMORY,
        idle_seconds: int = 0,
    ) -> None:
        """A child that had no job for `idle_seconds` ends; at 0 it stays."""
        self._seconds = seconds_each
        self._arguments = [str(memory), str(idle_seconds)]
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop()

    def render(self, source: Path, folder: Path) -> Rendered:
        """All pictures of a file for its pages."""
        answer = self.ask(kind="pages", source=str(source.resolve()), folder=str(folder.resolve()))
        if "error" in answer:
            return Rendered(0, answer["error"])
        return Rendered(answer["frames"], answer["note"])

    def ask(self, **job: Any) -> dict[str, Any]:
        """Never raises for what is in the file: a crash or a hang is an `error` too."""
        try:
            return self._ask(json.dumps(job).encode() + b"\n")
        except TimeoutError:
            self._stop()
            return {"error": TOO_SLOW}
        except (OSError, ValueError):
            self._stop()
            return {"error": UNREADABLE}

    def _ask(self, line: bytes) -> dict[str, Any]:
        if self._child is None or self._child.poll() is not None:
            self._stop()
            self._child = self._start()
        child = self._child
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(line)
        child.stdin.flush()
        return json.loads(_line(child.stdout.fileno(), time.monotonic() + self._seconds))

    def _start(self) -> subprocess.Popen[bytes]:
        # Nothing of our environment but where programs and libraries are: no secret, no database.
        keep = {
            name: os.environ[name]
            for name in ("PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR")
            if name in os.environ
        }
        return subprocess.Popen(
            [sys.executable, "-m", "studies.pixels", *self._arguments],
            cwd=ROOT,
            env={**keep, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # A Ctrl-C at the terminal is for our parent to pass on.
            start_new_session=True,
        )

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.communicate()


def _line(descriptor: int, until: float) -> bytes:
    """One answer; empty when the child has died, TimeoutError when it is not quick enough."""
    answer = b""
    while not answer.endswith(b"\n"):
        left = until - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise TimeoutError
        piece = os.read(descriptor, 65_536)
        if not piece:
            break
        answer += piece
    return answer
