"""The QR on a printed share code card: a picture without colours, sizes or styles of its own."""

from dataclasses import dataclass

import qrcode


@dataclass(frozen=True)
class Picture:
    """One path of an SVG, and how many squares it is wide and high, its quiet border among them."""

    path: str
    size: int


def qr(text: str) -> Picture:
    """What a scanner reads: the URL that puts a code into the next share. A code is public, and so is its URL."""
    # M survives a coffee stain; the border is the four squares that scanners need.
    drawn = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    drawn.add_data(text)
    squares = drawn.get_matrix()
    return Picture("".join(_runs(squares)), len(squares))


def _runs(squares: list[list[bool]]) -> list[str]:
    """Neighbouring squares of a line as one bar: fewer shapes, and no hairlines between them in print."""
    bars = []
    for y, line in enumerate(squares):
        start = None
        for x, dark in enumerate([*line, False]):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                bars.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
                start = None
    return bars
