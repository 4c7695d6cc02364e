"""A call of every service about sharing rules and shares of people who left, for `service_calls`."""

from collections.abc import Callable

import sharing.services
from tests.cast import acting
from tests.everything import World

RULES: dict[str, Callable[[World], object]] = {
    "taking_over.take_over_shares": lambda w: sharing.services.take_over_shares(
        account=w.cast.northgate, person=w.cast.ina, successor=w.cast.adam, by=acting(w.cast.adam)
    ),
    "rules.add_share_rule": lambda w: sharing.services.add_share_rule(
        account=w.cast.northgate, allows=False, method="email", to="outside", by=acting(w.cast.adam)
    ),
    "rules.change_share_rule": lambda w: sharing.services.change_share_rule(
        rule=w.share_rule, allows=False, method="code", reason="Ask the office", by=acting(w.cast.adam)
    ),
    "rules.remove_share_rule": lambda w: sharing.services.remove_share_rule(
        rule=w.share_rule, by=acting(w.cast.adam)
    ),
}
