"""What the tests of the pages about shares have in common."""

from sharing import services
from sharing.targets import Target
from tests.cast import acting

HTMX = {"HX-Request": "true"}


def share(by, placement, method, value, **more):
    report = services.share_studies(
        placements=[placement.uuid], targets=[Target(method, str(value))], by=acting(by), **more
    )
    [row] = report.rows
    return row.share


def text(response):
    return " ".join(response.content.decode().split())
