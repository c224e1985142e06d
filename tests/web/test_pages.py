"""Pages and fragments: what they hold, under a strict policy, under a base path, with odd input."""

import re
from html.parser import HTMLParser

import pytest

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class _Markup(HTMLParser):
    """Gathers what a page is made of."""

    def __init__(self, text):
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Check one tag."""
        given = dict(attrs)
        if "style" in given or tag == "style":
            self.wrong.append(f"style in {tag}")
        if any(name.startswith("on") for name in given) or any(name.startswith("hx-on") for name in given):
            self.wrong.append(f"handler in {tag}")
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.wrong.append("inline script")
        if "id" in given:
            self.ids.append(given["id"])
        self.links += [value for name, value in attrs if name in {"href", "src", "action", "hx-get", "hx-post", "data-url"} and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Tags close in the order in which they were opened; svg parts close themselves."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")


@pytest.mark.parametrize("path", ["/", "/new", "/?archived=true", "{example}", "{example}/export", "{example}/rules", "{example}/loader"])
def test_markup_keeps_the_policy(client, example, path):
    """No inline style or script, balanced tags, no id twice."""
    answer = client.get(path.format(example=example))
    assert answer.status_code == 200
    seen = _Markup(answer.text)
    assert seen.wrong == []
    assert len(seen.ids) == len(set(seen.ids))
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_every_address_stands_under_the_base_path(behind):
    """Links, forms, scripts: behind a proxy all of them begin with its path."""
    base = "/user/ada/keygraft"
    place = behind.post(f"{base}/example").headers["location"]
    assert place.startswith(f"{base}/t/")
    for path in (f"{base}/", f"{base}/new", place, f"{place}/export"):
        answer = behind.get(path)
        assert answer.status_code == 200
        assert [link for link in _Markup(answer.text).links if not link.startswith((base, "#", "?"))] == []
        assert f'data-base="{base}"' in answer.text


def test_static_files_are_there(client):
    """Each style sheet and script that a page names can be fetched."""
    for link in _Markup(client.get("/").text).links:
        if "/static/" in link and "/vendor/" not in link:
            assert client.get(link).status_code == 200, link


def test_modules_import_what_is_there(root):
    """Each import of our scripts names a file, and each picture of our style sheets too."""
    for script in (root / "static" / "js").rglob("*.js"):
        for name in re.findall(r'from "(\.[^"]+)"', script.read_text("utf-8")):
            assert (script.parent / name).resolve().is_file(), f"{script.name}: {name}"
    for sheet in (root / "static" / "css").glob("*.css"):
        for name in re.findall(r'url\("([^"]+)"\)', sheet.read_text("utf-8")):
            assert (sheet.parent / name).resolve().is_file(), f"{sheet.name}: {name}"


def test_what_is_not_there(client):
    """A page says what happened and what to do; a script gets the same as JSON; a fragment is a note."""
    page = client.get("/t/none")
    assert page.status_code == 404
    assert "<!doctype html>" in page.text.lower()
    told = client.get("/t/none", headers={"X-Keygraft": "script"}).json()
    assert told["code"] == "transfer_not_found"
    assert told["message"] in page.text
    note = client.get("/t/none", headers={"HX-Request": "true"})
    assert note.text.lstrip().startswith('<div class="failure"')


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"version": "x"}', b"\xff\xfe", b'{"version": 0, "s": [999999]}', b'{"version": 0, "t": [-4]}']
)
@pytest.mark.parametrize("act", ["draw", "unmap", "fresh", "accept", "view", "detail", "rules", "rule", "choose"])
def test_odd_requests_are_refused(client, example, act, body):
    """Whatever is posted: a refusal in words, never a defect."""
    answer = client.post(f"{example}/{act}", content=body, headers={"X-Keygraft": "script"})
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.json()["hint"]


def test_home_works_without_scripts(fresh):
    """Forms of the home page lead on by themselves."""
    client, example = fresh, fresh.post("/example").headers["location"]
    assert client.post(f"{example}/rename", data={"title": "<b>mine</b>"}).status_code == 303
    assert "&lt;b&gt;mine&lt;/b&gt;" in client.get("/").text
    assert client.post(f"{example}/archive", data={"archived": "true"}).status_code == 303
    assert "mine" not in client.get("/").text
    assert "mine" in client.get("/?archived=true").text
    client.post(f"{example}/delete")
    assert client.get(example).status_code == 404


def test_theme_and_density_come_from_cookies(fresh):
    """What the cookie says is in the first byte; odd values are ignored."""
    fresh.cookies.set("kg-theme", "dark")
    fresh.cookies.set("kg-density", '"><script>')
    text = fresh.get("/").text
    assert 'data-theme="dark"' in text
    assert 'data-density="regular"' in text
