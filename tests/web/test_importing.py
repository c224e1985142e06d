"""The import dialog: what it says, what it does."""


def test_an_import_is_said_and_done(client, example):
    """A look reports; the import is an edit like any other; a broken plan names its line."""
    assert 'id="import-form"' in client.get(f"{example}/import").text
    body = {"version": 0, "text": '[["conv1.weight", "backbone_conv.weight"], ["no", "where"]]'}
    seen = client.post(f"{example}/import", json=body).json()
    assert seen["rules"] == 1
    assert "A list of pairs." in seen["report"]
    assert "1 entry is left out" in seen["report"]
    done = client.post(f"{example}/import", json=body | {"apply": True}).json()
    assert done["said"] == "One rule imported"
    assert done["undo"]
    broken = client.post(f"{example}/import", json=body | {"text": 'keygraft_plan 1\n"a" = = "b"\n'}, headers={"X-Keygraft": "script"})
    assert broken.status_code in {400, 422}
    assert "line 2" in broken.json()["message"].lower()


def test_the_plan_is_changed_as_text(client, example):
    """The dialog holds the plan as it stands; what is sent back takes its place."""
    shown = client.get(f"{example}/plan-text").text
    assert "keygraft_plan 1" in shown
    version = client.post(f"{example}/now", json={"version": 0}).json()["version"]
    sent = {"version": version, "apply": True, "text": 'keygraft_plan 1\ninit "fc.{p}" with zeros\n'}
    assert client.post(f"{example}/import", json=sent).json()["version"] == version + 1
    assert "init &#34;fc.{p}&#34; with zeros" in client.get(f"{example}/plan-text").text
