"""Everyone who can open a study: a pure function of the facts that `sharing.explanation` reads for one person."""

from collections import defaultdict
from collections.abc import Iterator

from sharing.explanation import opens_at
from sharing.facts import Facts


def all_who_can_open(facts: Facts) -> set[int]:
    """Everyone among the people of the facts who can open the study, by key: those for whom `explain` has a way."""
    standings, able = facts.standings, set()
    owners = [
        (place.owner_id, place.worklist_id)
        for place in standings.places.values()
        if place.account_id is None and place.owner_id is not None
    ]
    own = [each for each in standings.members if each[1] in standings.places]
    for person, worklist in (*own, *owners):
        if person not in able and opens_at(facts, worklist, standings.held(person, worklist)):
            able.add(person)
    return able | set(_on_every_worklist(facts, {person for person, _worklist in own}))


def _on_every_worklist(facts: Facts, with_own: set[int]) -> Iterator[int]:
    """People who can open the study by a membership of every worklist of an account.

    `with_own` are people who also have memberships of single worklists. Of the others, thousands have the same role in
    the same account: whether they can open the study is worked out once for all of them.
    """
    standings = facts.standings
    answers: dict[tuple[int, int, bool, bool], bool] = {}
    by_account = _worklists_alike(facts)
    for (person, account), joined in standings.joined.items():
        if not joined.every_worklist:
            continue
        if person in with_own or account in standings.replacing:
            can = _can_somewhere(facts, person, by_account[account])
        else:
            alike = account, joined.role_id, joined.active, bool(standings.active.get(person))
            if alike not in answers:
                answers[alike] = _can_somewhere(facts, person, by_account[account])
            can = answers[alike]
        if can:
            yield person


def _worklists_alike(facts: Facts) -> dict[int, list[list[int]]]:
    """By account: its worklists, together those on which the study is in the same state."""
    by_account: dict[int, dict[tuple[bool, bool], list[int]]] = defaultdict(lambda: defaultdict(list))
    for place in facts.standings.places.values():
        if place.account_id is not None:
            state = facts.visible(place.worklist_id), facts.awaiting(place.worklist_id)
            by_account[place.account_id][state].append(place.worklist_id)
    alike = {account: list(worklists.values()) for account, worklists in by_account.items()}
    return defaultdict(list, alike)


def _can_somewhere(facts: Facts, person: int, worklists_alike: list[list[int]]) -> bool:
    """On a worklist where the person has no membership of its own; of those alike the first answers for all."""
    standings = facts.standings
    for worklists in worklists_alike:
        asked = next((each for each in worklists if (person, each) not in standings.members), None)
        if asked is not None and opens_at(facts, asked, standings.held(person, asked)):
            return True
    return False
