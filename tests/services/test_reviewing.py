"""Verdicts, what makes them stale, what an approval takes, and what waits for whom."""

import json

import pytest
from safetensors import safe_open

from app.errors import ConflictError, KeygraftError, NotFoundError, RefusedError
from app.mapping.edits import AddRule
from app.mapping.plan import Bind, Init, Ref
from app.mapping.text import statement
from app.services import conversing, edits, exports, finding, inbox, reviewing, transfers, workspaces
from app.services.cards import Said, TransferCard
from app.services.conversing import Anchor
from app.services.finding import Sought
from app.services.house import LOCAL, House
from app.services.visitors import local
from app.store import AccountRow, accounts, comments, people, roles

RULE = Bind("backbone_conv.weight", Ref("conv.weight"))
OTHER = Init("fc.weight")
ME = local("me")


@pytest.fixture
def ada(house: House, transfer: TransferCard) -> str:
    """Somebody who did not write the plan."""
    return known(house, transfer, "ada", "Ada Lovelace")


def known(house: House, transfer: TransferCard, person: str, name: str) -> str:
    """Somebody with an account who may review the transfer."""
    with house.database.write() as tx:
        accounts.add(tx, AccountRow(person, name, person, None, admin=False, disabled=False, created=house.clock()))
        roles.give(tx, transfer.id, "reviewer", person=person)
    return person


def edit(house: House, transfer: TransferCard, rule: object, by: str = LOCAL) -> int:
    """Add a rule on the newest version."""
    base = workspaces.open_workspace(house, transfer.id).version
    return edits.apply(house, transfer.id, base, [AddRule(rule)], label=Said("edit-rules", {"count": 1}), by=by).version


def finished(house: House, transfer: TransferCard, by: str = LOCAL) -> int:
    """A plan that leaves nothing open."""
    edit(house, transfer, RULE, by)
    return edit(house, transfer, OTHER, by)


def test_an_approval_of_the_newest_version_lets_it_go(house: House, transfer: TransferCard, ada: str) -> None:
    """With one approval and the coverage check held, the transfer may go; before, it may not."""
    version = finished(house, transfer)
    assert not reviewing.standing(house, transfer.id).may_go
    standing = reviewing.decide(house, transfer.id, version, "approve", by=ada)
    assert standing.may_go
    assert (standing.approved, standing.missing) == (version, 0)


def test_any_edit_after_it_makes_an_approval_stale(house: House, transfer: TransferCard, ada: str) -> None:
    """An edit, even one that is taken back, leaves the transfer without approval; the review starts at the approved version."""
    version = finished(house, transfer)
    reviewing.decide(house, transfer.id, version, "approve", by=ada)
    edits.undo(house, transfer.id)
    found = reviewing.review(house, transfer.id)
    assert found.standing.state == "stale"
    assert found.since == version
    assert [(change.kind, change.name) for change in found.changes.rules] == [("removed", statement(OTHER))]
    edits.redo(house, transfer.id)
    assert reviewing.standing(house, transfer.id).state == "stale"


def test_a_transfer_that_begins_with_a_plan_shows_its_rules(house: House, transfer: TransferCard, ada: str) -> None:
    """To who sees it first; once it was approved as it began, only what changed since."""
    finished(house, transfer)
    copied = transfers.fork(house, transfer.id)
    with house.database.write() as tx:
        roles.give(tx, copied.id, "reviewer", person=ada)
    first = reviewing.review(house, copied.id)
    assert (first.since, first.version) == (0, 0)
    assert {(change.kind, change.name) for change in first.changes.rules} == {("added", statement(RULE)), ("added", statement(OTHER))}
    reviewing.decide(house, copied.id, 0, "approve", by=ada)
    assert reviewing.review(house, copied.id).changes.rules == ()


def test_a_check_that_fails_holds_an_approval_back(house: House, transfer: TransferCard, ada: str) -> None:
    """Keys that are missing keep the transfer from being approved, whatever people say."""
    version = edit(house, transfer, RULE)
    standing = reviewing.decide(house, transfer.id, version, "approve", by=ada)
    assert standing.state == "open"
    assert [(check.name, check.holds) for check in standing.checks] == [("coverage", False)]
    reviewing.set_terms(house, transfer.id, 1, [])
    assert reviewing.standing(house, transfer.id).may_go


def test_who_wrote_it_is_no_second_pair_of_eyes(house: House, transfer: TransferCard, ada: str) -> None:
    """In a team the writer's own approval does not count; somebody else's does."""
    version = finished(house, transfer, by=ada)
    assert reviewing.decide(house, transfer.id, version, "approve", by=ada).missing == 1
    bob = known(house, transfer, "bob", "Bob")
    assert reviewing.decide(house, transfer.id, version, "approve", by=bob).may_go


def test_two_approvals_take_two_persons(house: House, transfer: TransferCard, ada: str) -> None:
    """The same person twice is one; two are two."""
    version = finished(house, transfer)
    reviewing.set_terms(house, transfer.id, 2, ["coverage"])
    reviewing.decide(house, transfer.id, version, "approve", by=ada)
    assert reviewing.decide(house, transfer.id, version, "approve", by=ada).missing == 1
    assert reviewing.decide(house, transfer.id, version, "approve", by=known(house, transfer, "bob", "Bob")).may_go


def test_requested_changes_stand_until_that_person_decides_anew(house: House, transfer: TransferCard, ada: str) -> None:
    """Another's approval does not lift them; they need words."""
    version = finished(house, transfer)
    with pytest.raises(KeygraftError, match="verdict_without_words"):
        reviewing.decide(house, transfer.id, version, "request_changes", " ", by=ada)
    reviewing.decide(house, transfer.id, version, "request_changes", "The head should start fresh.", by=ada)
    standing = reviewing.decide(house, transfer.id, version, "approve", by=known(house, transfer, "bob", "Bob"))
    assert standing.state == "changes_requested"
    assert reviewing.decide(house, transfer.id, version, "approve", by=ada).may_go


def test_a_verdict_is_about_the_newest_version(house: House, transfer: TransferCard, ada: str) -> None:
    """A page that shows an older version cannot approve the newer one by accident."""
    finished(house, transfer)
    with pytest.raises(ConflictError, match="verdict_on_older"):
        reviewing.decide(house, transfer.id, 1, "approve", by=ada)


def test_a_tick_goes_with_the_change(house: House, transfer: TransferCard, ada: str) -> None:
    """What I ticked is mine, and can be taken away."""
    finished(house, transfer)
    name = reviewing.change_id("", statement(RULE))
    reviewing.tick(house, transfer.id, name, by=ada)
    assert name in reviewing.review(house, transfer.id, by=ada).seen
    assert name not in reviewing.review(house, transfer.id).seen
    reviewing.tick(house, transfer.id, name, seen=False, by=ada)
    assert not reviewing.review(house, transfer.id, by=ada).seen


def test_a_thread_is_answered_resolved_and_outlives_its_rule(house: House, transfer: TransferCard, ada: str) -> None:
    """A comment on a rule stays when the rule goes, marked as outdated."""
    edit(house, transfer, RULE)
    thread = conversing.say(house, transfer.id, "Why **this** one?", anchor=Anchor("rule", statement(RULE)), by=ada)
    conversing.reply(house, transfer.id, thread, "Same shape.")
    edits.undo(house, transfer.id)
    (found,) = conversing.threads(house, transfer.id)
    assert found.comments[0].name == "Ada Lovelace"
    assert (found.outdated, found.resolved, len(found.comments)) == (True, False, 2)
    conversing.resolve(house, transfer.id, thread)
    assert conversing.threads(house, transfer.id)[0].resolved


def test_a_suggestion_is_taken_as_one_edit(house: House, transfer: TransferCard, ada: str) -> None:
    """The rule gets the suggested wording, its note stays, the thread is closed; taken twice is refused."""
    edit(house, transfer, Bind("backbone_conv.weight", Ref("left.weight"), note="looked right"))
    was = statement(workspaces.open_workspace(house, transfer.id).plan.rules[0])
    thread = conversing.say(house, transfer.id, "", anchor=Anchor("rule", was), suggestion=statement(RULE), by=ada)
    conversing.take(house, transfer.id, thread)
    (rule,) = workspaces.open_workspace(house, transfer.id).plan.rules
    assert (statement(rule), rule.note) == (statement(RULE), "looked right")
    assert conversing.threads(house, transfer.id)[0].resolved
    with pytest.raises(ConflictError, match="suggestion_gone"):
        conversing.take(house, transfer.id, thread)


def test_only_rules_that_can_be_read_are_suggested(house: House, transfer: TransferCard, ada: str) -> None:
    """What is no rule is refused before anybody sees it."""
    edit(house, transfer, RULE)
    with pytest.raises(KeygraftError):
        conversing.say(house, transfer.id, "So?", anchor=Anchor("rule", statement(RULE)), suggestion="layers = = (", by=ada)


def test_comments_speak_of_what_is_there_and_only_their_author_changes_them(house: House, transfer: TransferCard, ada: str) -> None:
    """A key that is not in the tree is refused; another's comment cannot be changed."""
    with pytest.raises(KeygraftError, match="comment_about_nothing"):
        conversing.say(house, transfer.id, "?", anchor=Anchor("key", "nowhere.weight"), by=ada)
    comment = conversing.say(house, transfer.id, "!", anchor=Anchor("family", "norm.weight"), by=ada)
    with pytest.raises(RefusedError, match="comment_of_another"):
        conversing.change(house, transfer.id, comment, "mine now")
    conversing.change(house, transfer.id, comment, "better", by=ada)
    assert conversing.threads(house, transfer.id)[0].comments[0].body == "better"
    with pytest.raises(NotFoundError, match="comment_not_found"):
        conversing.reply(house, transfer.id, "elsewhere", "hello")
    conversing.erase(house, transfer.id, comment, by=ada)
    assert conversing.threads(house, transfer.id)[0].comments[0].deleted


def test_a_comment_is_found_in_its_own_transfer_alone(house: House, transfer: TransferCard, example: TransferCard, ada: str) -> None:
    """Who may review one transfer does nothing to the comments of another by naming them there."""
    edit(house, transfer, RULE)
    comment = conversing.say(house, transfer.id, "!", anchor=Anchor("rule", statement(RULE)), suggestion="", by=ada)
    before = conversing.threads(house, transfer.id)
    for attempt in (
        lambda: conversing.reply(house, example.id, comment, "hello", by=ada),
        lambda: conversing.change(house, example.id, comment, "other words", by=ada),
        lambda: conversing.erase(house, example.id, comment, by=ada),
        lambda: conversing.resolve(house, example.id, comment, by=ada),
        lambda: conversing.take(house, example.id, comment, by=ada),
    ):
        with pytest.raises(NotFoundError, match="comment_not_found"):
            attempt()
    assert conversing.threads(house, transfer.id) == before
    assert conversing.threads(house, example.id) == ()


def test_only_who_may_look_is_named(house: House, transfer: TransferCard, ada: str) -> None:
    """A name in a comment tells nobody else that there is such a transfer, not even when they come to see it later."""
    eve = "eve"
    with house.database.write() as tx:
        accounts.add(tx, AccountRow(eve, "Eve", eve, None, admin=False, disabled=False, created=house.clock()))
    conversing.say(house, transfer.id, "@eve, @adalovelace: look", by=LOCAL)
    assert inbox.waiting(house, by=eve) == ()
    with house.database.read() as tx:
        assert comments.mentioning(tx, eve) == []
        assert len(comments.mentioning(tx, ada)) == 1


def test_one_is_named_as_one_signs_in_too(house: House, transfer: TransferCard) -> None:
    """The name that is shown may be long; who wrote the invitation knows the other one."""
    known(house, transfer, "mia.k", "Mia Kowalska")
    for words in ("@mia.k, look.", "@MIA.K.", "@miakowalska"):
        conversing.say(house, transfer.id, words)
    conversing.say(house, transfer.id, "@mia and mia.k@example.org are somebody else")
    assert len([each for each in inbox.waiting(house, by="mia.k") if each.kind == "mention"]) == 3


def test_what_waits_for_whom(house: House, transfer: TransferCard, ada: str) -> None:
    """Asked persons, authors whose work was refused and those who are named find it in their inbox, and it goes when it is done."""
    version = finished(house, transfer)
    reviewing.ask(house, transfer.id, ada)
    assert [each.kind for each in inbox.waiting(house, by=ada)] == ["asked"]
    reviewing.decide(house, transfer.id, version, "request_changes", "Please look again.", by=ada)
    assert inbox.waiting(house, by=ada) == ()
    assert [each.kind for each in inbox.waiting(house)] == ["changes_requested"]
    thread = conversing.say(house, transfer.id, "What do you mean, @adalovelace?")
    assert [(each.kind, each.excerpt) for each in inbox.waiting(house, by=ada)] == [("mention", "What do you mean, @adalovelace?")]
    conversing.reply(house, transfer.id, thread, "The head.", by=ada)
    assert inbox.waiting(house, by=ada) == ()
    assert {each.kind for each in inbox.waiting(house)} == {"changes_requested", "thread"}


def test_asking_somebody_who_is_not_here_is_refused(house: House, transfer: TransferCard) -> None:
    """Only people who may look at the transfer can be asked, and named: others learn nothing of it."""
    with pytest.raises(NotFoundError, match="reviewer_unknown"):
        reviewing.ask(house, transfer.id, "nobody")
    with house.database.write() as tx:
        people.ensure(tx, "eve", "Eve", house.clock())
    with pytest.raises(NotFoundError, match="reviewer_unknown"):
        reviewing.ask(house, transfer.id, "eve")
    conversing.say(house, transfer.id, "Look, @eve")
    assert inbox.waiting(house, by="eve") == ()


def test_the_approval_travels_with_what_is_taken_out(house: House, transfer: TransferCard, ada: str) -> None:
    """A document beside it names who approved which version, tied to the plan by its hash; a report says it where that is asked for."""
    version = finished(house, transfer)
    reviewing.decide(house, transfer.id, version, "approve", "Compared the heads.", by=ada)
    told = json.loads(exports.export(house, transfer.id, "approval").data)
    assert (told["state"], told["approved_version"], told["plan"].partition(":")[0]) == ("approved", version, "sha256")
    assert [(each["by"], each["said"]) for each in told["verdicts"]] == [("Ada Lovelace", "Compared the heads.")]
    assert "Ada Lovelace" in exports.preview(house, transfer.id, "report-markdown", {"approval": "true"})
    assert "Ada Lovelace" not in exports.preview(house, transfer.id, "report-markdown")


def test_a_file_carries_its_approval_where_that_is_asked_for(house: House, example: TransferCard) -> None:
    """The metadata of a safetensors file has the same document; without the option nothing of it."""
    reviewing.set_terms(house, example.id, 1, [])
    reviewing.decide(house, example.id, example.version, "approve")
    for options, there in (({"approval": "true"}, True), ({}, False)):
        path = exports.export(house, example.id, "safetensors", options).path
        with safe_open(path, "numpy") as file:
            told = (file.metadata() or {}).get("keygraft.approval", "")
        assert bool(told) is there
        assert not there or json.loads(told)["state"] == "approved"


def test_that_it_loads_can_be_required(house: House, transfer: TransferCard, ada: str) -> None:
    """Where nobody asked torch, the check is open and holds the approval back."""
    version = finished(house, transfer)
    reviewing.set_terms(house, transfer.id, 1, ["coverage", "loads"])
    standing = reviewing.decide(house, transfer.id, version, "approve", by=ada)
    assert [(each.name, each.holds) for each in standing.checks] == [("coverage", True), ("loads", None)]
    assert not standing.may_go


def test_a_list_says_where_each_review_stands(house: House, transfer: TransferCard, ada: str) -> None:
    """As the review itself does, without opening it: nothing said, asked, changes wanted, approved, stale; the filter agrees with the mark."""

    def mark() -> tuple[str, bool]:
        (card,) = finding.find(house, ME, Sought())
        for state in ("changes_requested", "approved", "stale"):
            assert bool(finding.find(house, ME, Sought(state=state))) == (card.review == state)
        assert bool(finding.find(house, ME, Sought(state="asked"))) == card.waits
        standing = reviewing.standing(house, transfer.id)
        assert card.review in {"", standing.state}
        return card.review, card.waits

    assert mark() == ("", False)
    reviewing.ask(house, transfer.id, ada)
    assert mark() == ("open", True)
    reviewing.decide(house, transfer.id, 0, "approve", by=ada)
    assert mark() == ("open", False), "approved, and keys are missing still"
    version = finished(house, transfer)
    assert mark() == ("stale", True)
    reviewing.decide(house, transfer.id, version, "request_changes", "No.", by=ada)
    assert mark() == ("changes_requested", False)
    reviewing.decide(house, transfer.id, version, "approve", by=ada)
    assert mark() == ("approved", False)
    reviewing.set_terms(house, transfer.id, 1, ["coverage", "loads"])
    assert mark() == ("open", False), "torch was not asked"
    reviewing.set_terms(house, transfer.id, 1, ["coverage", "lint"])
    assert mark() == ("approved", False)
    edit(house, transfer, Init("norm.weight"))
    assert mark() == ("stale", True)


def test_a_mark_opens_nothing_where_the_totals_decide(
    house: House, transfer: TransferCard, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start page lists many: none is evaluated for its mark, with what an approval takes by default."""
    version = finished(house, transfer)
    reviewing.decide(house, transfer.id, version, "approve", by=ada)

    def refuse(*_given: object, **_named: object) -> None:
        pytest.fail("a transfer was opened")

    monkeypatch.setattr(workspaces, "open_workspace", refuse)
    assert [card.review for card in finding.find(house, ME, Sought())] == ["approved"]
