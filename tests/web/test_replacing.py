"""The pages that replace a side."""

from tests.services.keylists import keys


def _side(client, text):
    return client.post("/api/v1/sides", json={"text": text}).json()["id"]


def test_foreseen_confirmed_and_named_in_the_history(client, example):
    """The box, then what comes of it, then the workspace; the history says which side came."""
    assert 'data-then="' in client.get(f"{example}/replace/target").text
    transfer = example.rsplit("/", 1)[1]
    before = client.get(f"/api/v1/transfers/{transfer}").json()
    side = _side(client, keys(conv1__weight=(6, 3, 5, 5), wholly__new=(2,)))
    shown = client.get(f"{example}/replace/target?side={side}").text
    assert 'data-part="added"' in shown
    assert "wholly.new" in shown
    form = {"side": side, "version": str(before["version"])}
    assert client.post(f"{example}/replace/target", data=form, follow_redirects=False).status_code == 303
    steps = client.get(f"/api/v1/transfers/{transfer}/history").json()
    assert steps[0]["kind"] == "replace"
    assert 'data-kind="replaced"' in client.get(f"{example}/review").text
    assert client.post(f"/api/v1/transfers/{transfer}/undo", json={}).status_code == 200
    assert client.get(f"/api/v1/transfers/{transfer}").json()["target"]["id"] == before["target"]["id"]


def test_a_name_that_is_hostile_stays_text(client, example):
    """Keys of the new side are escaped on the page."""
    side = _side(client, '{"<img src=x onerror=alert(1)>": {"shape": [2], "dtype": "F32"}}')
    shown = client.get(f"{example}/replace/target?side={side}").text
    assert "<img" not in shown
    assert "&lt;img" in shown
