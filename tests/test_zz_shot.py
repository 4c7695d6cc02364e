import pytest
from django.conf import settings
from django.test import Client
from tests.cast import make_cast
from tests.trails import make_world, look
from axe_playwright_python.sync_playwright import Axe

@pytest.mark.urls("tests.trails_urls")
@pytest.mark.django_db(transaction=True)
def test_shot(live_server, page):
    cast = make_cast(); world = make_world(cast)
    for _ in range(3): look(world.home, cast.vera, address="192.0.2.7")
    look(world.home, cast.vera, outcome="failed")
    c = Client(); c.force_login(cast.ana)
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": c.cookies[settings.SESSION_COOKIE_NAME].value, "url": live_server.url}])
    errors = []
    page.on("console", lambda m: errors.append(m.text))
    for name, w, h, q in [("wide",1280,900,""),("narrow",390,900,""),("bad",1280,700,"?since=x&until=2026-02-01")]:
        page.set_viewport_size({"width":w,"height":h})
        page.goto(f"{live_server.url}/placements/{cast.placement.uuid}/trail/{q}")
        page.screenshot(path=f"/tmp/trail-{name}.png", full_page=(name!="wide"))
        r = Axe().run(page)
        print(name, r.violations_count, r.generate_report() if r.violations_count else "")
        print(page.evaluate("document.documentElement.scrollWidth"))
    print(errors)
