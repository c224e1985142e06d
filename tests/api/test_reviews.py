"""Review over HTTP."""

from fastapi.testclient import TestClient

AT = "/api/v1"
RULE = '"backbone_conv.weight" = "conv1.weight"'


def begun(client: TestClient) -> str:
    """Address of a new transfer whose plan has one rule."""
    at = f"{AT}/transfers/{client.post(f'{AT}/example').json()['id']}"
    client.put(f"{at}/plan", json={"base_version": 0, "plan": f"keygraft_plan 1\n{RULE}\n"})
    return at


def test_a_review_tells_rules_outcomes_and_standing(client: TestClient) -> None:
    """What came since the start, by rule and by family; the coverage check does not hold yet."""
    found = client.get(f"{begun(client)}/review").json()
    assert [(each["kind"], each["after"]["statement"], each["after"]["keys"]) for each in found["changes"]["rules"]] == [("added", RULE, 1)]
    assert found["changes"]["outcomes"][0]["family"] == "backbone_conv.weight"
    assert (found["standing"]["state"], found["standing"]["may_go"]) == ("open", False)
    assert found["standing"]["checks"][0]["holds"] is False


def test_a_conversation_is_held_and_a_suggestion_taken(client: TestClient) -> None:
    """Say, answer, suggest, take: the plan has the suggested rule, the thread is closed."""
    at = begun(client)
    asked = {"anchor": {"kind": "rule", "what": RULE}, "suggestion": 'init "backbone_conv.weight" with zeros'}
    made = client.post(f"{at}/comments", json={"body": "Rather **zeros**?", **asked})
    assert made.status_code == 201
    thread = made.json()["id"]
    assert client.post(f"{at}/comments", json={"body": "Fine.", "thread": thread}).status_code == 201
    assert client.post(f"{at}/comments/{thread}/take", json={}).json()["version"] == 2
    found = client.get(f"{at}/review").json()["threads"][0]
    assert (found["resolved"], found["outdated"], len(found["comments"])) == (True, True, 2)
    assert "zeros" in client.get(f"{at}/plan?spelling=text").text


def test_verdicts_name_the_version(client: TestClient) -> None:
    """An approval of an older version is a conflict; of the newest it is kept; terms decide whether it may go."""
    at = begun(client)
    assert client.post(f"{at}/review/verdict", json={"version": 0, "verdict": "approve"}).status_code == 409
    assert client.put(f"{at}/review/terms", json={"approvals": 1, "checks": []}).status_code == 204
    assert client.post(f"{at}/review/verdict", json={"version": 1, "verdict": "approve"}).json()["may_go"] is True
    assert client.put(f"{at}/review/terms", json={"approvals": 1, "checks": ["luck"]}).status_code == 400


def test_who_is_asked_finds_it_in_the_inbox(client: TestClient) -> None:
    """Asked for a verdict, it waits; given, it is gone."""
    at = begun(client)
    assert client.post(f"{at}/review/reviewers", json={"person": "local"}).status_code == 204
    assert [each["kind"] for each in client.get(f"{AT}/inbox").json()] == ["asked"]
    client.post(f"{at}/review/verdict", json={"version": 1, "verdict": "request_changes", "body": "No."})
    assert "asked" not in {each["kind"] for each in client.get(f"{AT}/inbox").json()}
