"""The review page, asked like a browser would."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.web.markdown import rendered

RULE = '"backbone_conv.weight" = "conv1.weight"'
HTMX = {"HX-Request": "true"}


@pytest.fixture
def at(visitor: TestClient) -> Iterator[str]:
    """Address of a transfer whose plan has one rule."""
    made = visitor.post("/api/v1/example").json()
    path = f"/t/{made['id']}"
    version = visitor.get(f"/api/v1/transfers/{made['id']}").json()["version"]
    put = {"base_version": version, "plan": f"keygraft_plan 1\n{RULE}\n"}
    visitor.put(f"/api/v1/transfers/{made['id']}/plan", json=put)
    yield path
    visitor.patch(f"/api/v1/transfers/{made['id']}", json={"archived": True})


def test_the_page_tells_what_changed(visitor: TestClient, at: str) -> None:
    """The rule in words and in code, the family whose outcome changed, and what an approval still takes."""
    page = visitor.get(f"{at}/review").text
    assert "backbone_conv.weight takes conv1.weight" in page
    assert "One approval is missing." in page
    assert "<code>backbone_conv.weight</code>" in page


def test_every_form_works_without_a_script(visitor: TestClient, at: str) -> None:
    """A plain form comes back to the page; htmx gets the part alone."""
    say = {"kind": "rule", "what": RULE, "body": "Why **so**?"}
    plain = visitor.post(f"{at}/review/comments", data=say, follow_redirects=False)
    assert (plain.status_code, plain.headers["location"].endswith(f"{at}/review")) == (303, True)
    part = visitor.post(f"{at}/review/comments", data=say, headers=HTMX).text
    assert "<html" not in part
    assert "Why <strong>so</strong>?" in part


def test_a_verdict_needs_the_newest_version(visitor: TestClient, at: str) -> None:
    """An older one is refused with a sentence; the newest is shown with who decided."""
    old = visitor.post(f"{at}/review/verdict", data={"version": 0, "verdict": "approve"}, headers=HTMX)
    assert old.status_code == 409
    newest = int(visitor.get(f"/api/v1/transfers/{at.rsplit('/', 1)[1]}").json()["version"])
    done = visitor.post(f"{at}/review/verdict", data={"version": newest, "verdict": "approve"}, headers=HTMX)
    assert "review-did" not in done.text
    assert "approved" in done.text


def test_the_raw_diff_is_there_on_demand(visitor: TestClient, at: str) -> None:
    """Lines that came are marked."""
    found = visitor.get(f"{at}/review/diff?since=0").text
    assert "+&#34;backbone_conv.weight&#34;" in found


def test_a_key_can_be_spoken_of_from_elsewhere(visitor: TestClient, at: str) -> None:
    """The workspace's link opens a comment on that key."""
    page = visitor.get(f"{at}/review?about=target:fc.weight").text
    assert 'name="what" value="fc.weight"' in page


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://elsewhere.example/track.png)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '<a href="https://a.example" onclick="x()">y</a>',
        "`<b>`\n\n    <iframe>",
        "> " * 400 + "deep",
    ],
)
def test_markdown_brings_no_script_and_no_picture(text: str) -> None:
    """Nothing of what people write becomes an element that acts or fetches."""
    html = str(rendered(text)).lower()
    assert "<script" not in html
    assert "<img" not in html
    assert "<iframe" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert "<a href" not in html or "onclick=" not in html.replace("&quot;", '"').split("<a href", 1)[1].split(">", 1)[0]


def test_each_layer_of_markdown_holds_by_itself() -> None:
    """HTML is text already before it is cleaned; the cleaning knows few schemes, and marks links."""
    assert "&lt;b&gt;" in rendered("<b>bold</b>")
    link = str(rendered("[x](https://a.example) [y](ftp://a.example)"))
    assert 'rel="noopener noreferrer nofollow"' in link
    assert 'href="ftp' not in link
