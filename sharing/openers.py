"""Everyone who can open a study: a pure function of the facts that `sharing.explanation` reads for one person."""

from collections import defaultdict

from sharing.explanation import opens_at
from sharing.facts import Facts


def all_who_can_open(facts: Facts) -> set[int]:
    """Everyone among the people of the facts who can open the study, by key: those for whom `explain` has a way."""
    standings, able = facts.standings, set()
    by_account: dict[int, dict[tuple[bool, bool], list[int]]] = defaultdict(lambda: defaultdict(list))
    held_at = [*standings.members]
    for place in standings.places.values():
        if place.account_id is not None:
            state = facts.visible(place.worklist_id), facts.awaiting(place.worklist_id)
            by_account[place.account_id][state].append(place.worklist_id)
        elif place.owner_id is not None:
            held_at.append((place.owner_id, place.worklist_id))
    for person, worklist in held_at:
        known = person in able or worklist not in standings.places
        if not known and opens_at(facts, worklist, standings.held(person, worklist)):
            able.add(person)
    for (person, account), joined in standings.joined.items():
        if not joined.every_worklist or person in able:
            continue
        for worklists in by_account[account].values():
            # The same role on each of them: one answers for all on which the study is in the same state.
            asked = next((each for each in worklists if (person, each) not in standings.members), None)
            if asked is not None and opens_at(facts, asked, standings.held(person, asked)):
                able.add(person)
                break
    return able
