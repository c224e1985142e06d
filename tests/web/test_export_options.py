"""EXPORT when an option cannot be: what is wrong stands beside the form, and the form stays."""


def test_a_wrong_option_is_said_where_it_can_be_mended(client, example):
    """The whole page, with the kinds, the form as it was filled in, and the sentence."""
    answer = client.get(f"{example}/export", params={"kind": "script", "min_coverage": "lots"})
    assert answer.status_code == 400
    assert 'data-code="export_option"' in answer.text
    assert 'value="lots"' in answer.text
    assert 'id="chosen"' in answer.text
    assert client.get(f"{example}/export", params={"kind": "script", "min_coverage": "0.5"}).status_code == 200
