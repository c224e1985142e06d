"""What the lint finds, in the tab of rules."""


def test_the_rule_bears_its_finding(client, example):
    """Sentence and hint stand under the rule, the count in the tab follows each edit."""
    dead = {"version": 0, "statements": ['rename replace "nowhere_at_all" -> "x"']}
    answer = client.post(f"{example}/rules", json=dead | {"version": client.post(f"{example}/now", json={"version": 0}).json()["version"]})
    assert answer.status_code == 200
    rules = client.get(f"{example}/rules").text
    assert "This rename changes no key." in rules
    assert "mend what it looks for" in rules
    assert rules.index('data-rule="0"') < rules.index("This rename changes no key.")
    assert 'data-odd=""' not in answer.json()["meter"]
    assert 'id="odd-count"' in client.get(example).text
