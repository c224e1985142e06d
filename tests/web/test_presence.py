"""Who is here, and what they have selected."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from app.services.present import LASTS, Presence, Present, Tab
from app.web.asking import RequestError, _body


def test_two_tabs_know_of_each_other(visitor: TestClient) -> None:
    """The second tab is told of the first and of what it has selected; itself it is not told."""
    at = f"/t/{visitor.post('/api/v1/example').json()['id']}"
    one = {"client": "one", "screen": "map", "side": "t", "nodes": [3, 4]}
    assert visitor.post(f"{at}/here", json=one).json() == []
    (other,) = visitor.post(f"{at}/here", json={"client": "two", "screen": "review"}).json()
    assert (other["client"], other["nodes"], other["side"]) == ("one", [3, 4], "t")


def test_a_tab_that_went_silent_is_gone() -> None:
    """What was not heard of for a while is not shown; saying the same again keeps it, without news."""
    presence = Presence()

    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert presence.put("t", Present("a", "ada", "Ada", "map"), start)
    assert not presence.put("t", Present("a", "ada", "Ada", "map"), start + LASTS / 2)
    assert presence.there("t", start + LASTS)
    assert presence.there("t", start + 2 * LASTS + timedelta(seconds=1)) == ()


def test_what_was_missed_is_told(visitor: TestClient) -> None:
    """A page says up to where it shows everything, and hears of what came after; where that place means nothing here, that it has to ask anew."""
    made = visitor.post("/api/v1/example").json()
    page = visitor.get(f"/t/{made['id']}").text
    (place,) = re.findall(r'"place": ?"([^"]+)"', page)
    asked = {"tab": f"{made['id']}.one", "at": place}
    rule = {"base_version": made["version"], "plan": 'keygraft_plan 1\nignore "nothing.here"\n', "client": "two"}
    newest = visitor.put(f"/api/v1/transfers/{made['id']}/plan", json=rule).json()["version"]
    news = visitor.get("/happened", params=asked).json()
    assert ("changed", newest) in [(each["kind"], each["version"]) for each in news["told"]]
    assert _told(visitor, asked | {"at": f"of-1,{news['at']}"}) == []
    for lost in ("", "of-another-1", place.split("-")[0] + "-99999"):
        (again,) = _told(visitor, asked | {"at": lost})
        assert (again["kind"], again["version"]) == ("again", newest)


def _told(visitor: TestClient, asked: dict[str, str]) -> list[dict[str, Any]]:
    """What is told of the transfer, besides what may be done to it."""
    return [each for each in visitor.get("/happened", params=asked).json()["told"] if each["transfer"] and each["kind"] != "rights"]


def test_one_connection_for_all_that_are_there() -> None:
    """A tab that another connection took over meanwhile stays; whose tab it is not cannot send it away."""
    presence, tab = Presence(), Tab("t", "a")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    presence.put("t", Present("a", "ada", "Ada", "map"), start)
    presence.carry([tab])
    presence.carry([tab])
    presence.let_go([tab])
    assert presence.carried(tab)
    presence.let_go([tab])
    assert not presence.carried(tab)
    assert presence.drop("t", "a", "bob") is None
    assert presence.drop("t", "a", "ada") is not None
    assert presence.there("t", start) == ()


def test_a_tab_that_says_so_is_gone_at_once(visitor: TestClient) -> None:
    """Where no connection stands for it."""
    at = f"/t/{visitor.post('/api/v1/example').json()['id']}"
    visitor.post(f"{at}/here", json={"client": "one", "screen": "map"})
    assert len(visitor.post(f"{at}/here", json={"client": "two", "screen": "map"}).json()) == 1
    assert visitor.post(f"{at}/gone", json={"client": "one"}).status_code == 200
    assert visitor.post(f"{at}/here", json={"client": "two", "screen": "map"}).json() == []


def test_a_request_that_breaks_off_is_no_defect() -> None:
    """A tab that is closed while it says so leaves half a request: refused like any other, not an error of ours."""

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(RequestError, match="request_broken_off") as refused:
        anyio.run(_body, Request({"type": "http", "method": "POST", "headers": []}, nothing))
    assert isinstance(refused.value.__cause__, ClientDisconnect)
