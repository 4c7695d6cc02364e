"""Everyone who can open a study: a pure function of the facts that `sharing.explanation` reads for one person."""

from collections import defaultdict

from sharing.explanation import Facts, opens_at


def all_who_can_open(facts: Facts) -> set[int]:
    """Everyone among the people of the facts who can open the study, by key: those for whom `explain` has a way."""
    standings, able = facts.standings, set()
    by_account: dict[int, list[int]] = defaultdict(list)
    held_at = [*standings.members]
    for place in standings.places.values():
        if place.account_id is not None:
            by_account[place.account_id].append(place.worklist_id)
        elif place.owner_id is not None:
            held_at.append((place.owner_id, place.worklist_id))
    for person, worklist in held_at:
        known = person in able or worklist not in standings.places
        if not known and opens_at(facts, worklist, standings.held(person, worklist)):
            able.add(person)
    for (person, account), joined in standings.joined.items():
        if not joined.every_worklist or person in able:
            continue
        asked: set[tuple[bool, bool]] = set()
        for worklist in by_account[account]:
            # The same role on each of them: one where the study is visible answers for all such.
            state = (facts.visible(worklist), facts.awaiting(worklist))
            if (person, worklist) in standings.members or state in asked:
                continue
            asked.add(state)
            if opens_at(facts, worklist, standings.held(person, worklist)):
                able.add(person)
                break
    return able
