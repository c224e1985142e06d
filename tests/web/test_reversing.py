"""The page of the way back."""


def test_one_click_reverses(client, example):
    """The export page and the palette have the button; the answer says what is lost and leads on."""
    assert f'action="{example}/reverse"' in client.get(f"{example}/export").text
    assert f'action="{example}/reverse"' in client.get(example).text
    answer = client.post(f"{example}/reverse", follow_redirects=False)
    assert answer.status_code == 200
    assert "do not come back as they were" in answer.text
