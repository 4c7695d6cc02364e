"""The QR on a printed share code card: a picture without colours, sizes or styles of its own."""

from dataclasses import dataclass

import qrcode


@dataclass(frozen=True)
class Picture:
    """One path of an SVG, and how many squares it is wide and high, its quiet border among them."""

    path: str
    size: int


def qr(code: str) -> Picture:
    """What a scanner reads is the code and nothing else.

    An address of ours would tell nobody anything new, a code being public. But there is no page that takes one: a code
    is typed, or scanned, into the share dialog's field. Should there be such a page one day, its address belongs here.
    """
    # M stands a coffee stain; the border is the four squares that scanners ask for.
    drawn = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    drawn.add_data(code)
    squares = drawn.get_matrix()
    return Picture("".join(_runs(squares)), len(squares))


def _runs(squares: list[list[bool]]) -> list[str]:
    """Neighbours in a line as one bar: fewer marks, and no hairlines between them in print."""
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
