"""What was approved before, on the workspace page."""

from app.services import exports, mappings, proposals, transfers


def test_an_approved_plan_is_offered_taken_and_forgotten(fresh):
    """The page says what it looks like; one click takes it, undo brings it back, another forgets it."""
    house = fresh.app.state.house
    first = transfers.example(house)
    proposals.accept(house, first.id, 0, certain=True)
    mappings.start_fresh(house, first.id, 1, ["fc.weight", "fc.bias"])
    exports.script(house, first.id, taken=True)
    again = transfers.create(house, {"": first.sources[""].id}, first.target.id, title="Again")
    at = f"/t/{again.id}"
    assert first.title in fresh.get(at).text
    assert 'data-act="recall"' in fresh.get(at).text
    taken = fresh.post(f"{at}/recall", json={"version": 0}).json()
    assert taken["version"] == 1
    assert first.title in taken["said"]
    assert 'data-act="recall"' not in taken["meter"]
    assert 'data-act="recall"' in fresh.post(f"{at}/undo", json={"version": 1}).json()["meter"]
    forgotten = fresh.post(f"{at}/forget", json={"version": 2}).json()
    assert forgotten["version"] == 2
    assert 'data-act="recall"' not in forgotten["meter"]
    assert fresh.post(f"{at}/recall", json={"version": 2}).status_code == 404
