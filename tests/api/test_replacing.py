"""A side replaced by a program."""

from tests.services.keylists import keys


def test_foreseen_then_done(client):
    """Without a version nothing happens; with one it is a step, and what moved is said in both."""
    old, new = (
        client.post("/api/v1/sides", json={"text": text}).json()["id"]
        for text in (
            keys(layers__0__weight=(4, 4), layers__1__weight=(4, 4), fc=(3,)),
            keys(blocks__0__weight=(4, 4), blocks__1__weight=(4, 4), fc=(3,)),
        )
    )
    made = client.post("/api/v1/transfers", json={"sources": {"": old}, "target": old}).json()["id"]
    told = client.post(f"/api/v1/transfers/{made}/sides/source", json={"side": new}).json()
    assert told["moved"] == {"layers.0.weight": "blocks.0.weight", "layers.1.weight": "blocks.1.weight"}
    assert told["refound"] == ["layers.0.weight", "layers.1.weight"]
    assert told["applied"] is None
    assert client.get(f"/api/v1/transfers/{made}").json()["version"] == 0
    done = client.post(f"/api/v1/transfers/{made}/sides/source", json={"side": new, "base_version": 0}).json()
    assert done["applied"]["version"] == 1
    card = client.get(f"/api/v1/transfers/{made}").json()
    assert card["coverage"]["keys"] == card["total"]["keys"] == 3
    assert client.get(f"/api/v1/transfers/{made}").json()["sources"][""]["id"] == new
    (side,) = client.get(f"/api/v1/transfers/{made}/review").json()["sides"]
    assert (side["side"], side["tensors_before"], side["tensors_after"]) == ("source", 3, 3)


def test_what_is_not_there_is_refused(client):
    """Another transfer's source name, and a side that nobody gave."""
    side = client.post("/api/v1/sides", json={"text": keys(a=(2,))}).json()["id"]
    made = client.post("/api/v1/transfers", json={"sources": {"": side}, "target": side}).json()["id"]
    assert client.post(f"/api/v1/transfers/{made}/sides/source", json={"side": side, "name": "x"}).status_code == 404
    assert client.post(f"/api/v1/transfers/{made}/sides/target", json={"side": "none"}).status_code == 404
