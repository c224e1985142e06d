"""Credentials on the page and through the API: secrets go in and never come out."""

TOKEN = "geheim-c0ffee"


def test_kept_and_forgotten_on_the_page(client):
    """The form keeps one, the list names its place and not its secret, the button forgets it."""
    assert client.post("/credentials", data={"place": "files.example.org", "secret": TOKEN}, follow_redirects=False).status_code == 303
    shown = client.get("/credentials").text
    assert "files.example.org" in shown
    assert TOKEN not in shown
    assert 'href="/credentials"' in client.get("/status").text
    client.post("/credentials/remove", data={"place": "files.example.org"})
    assert "files.example.org</code>" not in client.get("/credentials").text


def test_kept_and_forgotten_by_a_program(client):
    """PUT answers with the place, the list has no secret, a refusal does not repeat it."""
    kept = client.put("/api/v1/credentials/s3", json={"secret": TOKEN, "key_id": "AKIA", "region": "eu-1"})
    assert kept.json()["place"] == "s3"
    listed = client.get("/api/v1/credentials")
    assert [each["key_id"] for each in listed.json()] == ["AKIA"]
    refused = client.put("/api/v1/credentials/a%20b", json={"secret": TOKEN})
    misspelt = client.put("/api/v1/credentials/hf", json={"sekret": TOKEN})
    assert (refused.status_code, misspelt.status_code) == (400, 422)
    assert TOKEN not in kept.text + listed.text + refused.text + misspelt.text
    assert client.delete("/api/v1/credentials/s3").status_code == 204
    assert client.get("/api/v1/credentials").json() == []
