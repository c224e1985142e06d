"""The hub: what happened after a place, to whom it is told."""

from app.services.live import KEPT, Event, Hub


def _kinds(hub: Hub, number: int | None, *transfers: str) -> list[tuple[str, int]]:
    return [(each.event.kind, each.event.version) for each in hub.since(transfers, number).events]


def test_what_happened_after_a_place_is_told_in_order() -> None:
    """Of the transfers that are asked for, and of no other."""
    hub = Hub()
    for version, transfer in enumerate(("a", "b", "a", "c"), 1):
        hub.publish(Event(transfer, "changed", version))
    assert _kinds(hub, 0, "a", "c") == [("changed", 1), ("changed", 3), ("changed", 4)]
    assert _kinds(hub, 3, "a", "b") == []
    assert hub.since(("a",), 2).at == 4


def test_what_is_no_longer_known_is_said() -> None:
    """One event too many, another process, a place that never was: told is that something is lacking."""
    hub = Hub()
    for version in range(KEPT + 1):
        hub.publish(Event("a", "changed", version))
    assert not hub.since(("a",), 0).whole
    assert hub.since(("a",), 1).whole
    assert len(hub.since(("a",), 1).events) == KEPT
    assert not hub.since(("a",), None).whole
    assert not hub.since(("a",), KEPT + 2).whole


def test_places_of_several_processes() -> None:
    """A browser names all that it knows; this process finds its own, and nothing else is a number."""
    hub = Hub()
    assert hub.number(f"other-7,{hub.mark}-12") == 12
    for none in ("", "other-7", f"{hub.mark}-", f"{hub.mark}--1", f"{hub.mark}-\N{SUPERSCRIPT TWO}", f"{hub.mark}-{'9' * 30}"):
        assert hub.number(none) is None


def test_of_a_tab_the_newest_selection_is_told() -> None:
    """Who was away hears where others are now, not where they went meanwhile."""
    hub = Hub()
    for about in ("1", "2"):
        for client in ("x", "y"):
            hub.publish(Event("a", "presence", 0, client, about))
    hub.publish(Event("a", "changed", 5))
    told = [(each.event.client, each.event.about) for each in hub.since(("a",), 0).events]
    assert told == [("x", "2"), ("y", "2"), ("", "")]
