"""Who may come in, under which name, from where."""

import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app import bootstrap, settings
from app.errors import RefusedError
from app.gate import Entry
from app.settings import Settings

TOKEN = "a-token-for-tests"
BASE = "http://127.0.0.1:8400"


def test_nobody_comes_in_without_the_link(stranger: TestClient) -> None:
    """Every address but those of machines that watch is closed."""
    for path in ("/api/v1/transfers", "/api/v1/openapi.json", "/metrics", "/api/v1/files", "/"):
        assert stranger.get(path).status_code == 401
    assert stranger.get("/livez").text == "ok\n"
    assert stranger.get("/readyz").text == "ok\n"


def test_every_route_is_closed_to_strangers(stranger: TestClient) -> None:
    """A new route that nobody thought of is closed too."""
    paths = stranger.app.openapi()["paths"]
    assert len(paths) > 20
    for path, methods in paths.items():
        for method in methods:
            assert stranger.request(method.upper(), path.replace("{", "").replace("}", "")).status_code == 401, (method, path)


def test_the_link_gives_a_cookie(stranger: TestClient) -> None:
    """The cookie is for this server alone, and scripts cannot read it."""
    answer = stranger.get(f"/enter?token={TOKEN}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert TOKEN not in cookie
    assert stranger.get("/api/v1/transfers").status_code == 200


def test_a_wrong_token_does_not(stranger: TestClient) -> None:
    """Neither in the link, nor in the cookie, nor in the header."""
    assert stranger.get("/enter?token=wrong").status_code == 401
    assert stranger.get("/api/v1/transfers", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert stranger.get("/api/v1/transfers", headers={"Authorization": f"Basic {TOKEN}"}).status_code == 401
    assert stranger.get("/api/v1/transfers", headers={"Cookie": "keygraft-8400=wrong"}).status_code == 401
    assert stranger.get("/api/v1/transfers", headers={"Cookie": '"; keygraft-8400'}).status_code == 401


@pytest.mark.parametrize("after", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_the_link_leads_nowhere_else(stranger: TestClient, after: str) -> None:
    """The page to land on is one of ours."""
    answer = stranger.get("/enter", params={"token": TOKEN, "next": after}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_a_name_that_was_pointed_at_us_is_refused(client: TestClient) -> None:
    """Rebinding: the right address under a stranger's name."""
    assert client.get("/api/v1/transfers", headers={"Host": "evil.example"}).json()["code"] == "host_refused"
    assert client.get("/api/v1/transfers", headers={"Host": "localhost:8400"}).status_code == 200
    assert client.get("/api/v1/transfers", headers={"Host": "[::1]:8400"}).status_code == 200
    assert client.get("/api/v1/transfers", headers={"Host": "127.0.0.1.evil.example"}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
    ],
)
def test_writes_from_other_sites_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    """By what the browser says of where they come from."""
    assert client.post("/api/v1/example", headers=headers).json()["code"] == "cross_site"


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": BASE}])
def test_our_own_writes_pass(client: TestClient, headers: dict[str, str]) -> None:
    """The page's, and those of programs."""
    assert client.post("/api/v1/example", headers=headers).status_code == 200


def test_browsers_are_bound(client: TestClient, stranger: TestClient) -> None:
    """Answers of every kind carry the policy, and nothing inline is allowed."""
    for answer in (client.get("/api/v1/transfers"), client.get("/nowhere"), stranger.get("/livez"), client.post("/api/v1/sides", json={})):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_others_are_let_in_only_with_a_token(tmp_path: Path) -> None:
    """A bind beyond loopback needs KEYGRAFT_TOKEN."""
    with pytest.raises(RefusedError, match="bind_without_token"):
        bootstrap.create_app(settings.load(data=tmp_path, host="192.0.2.1"))
    with pytest.raises(RefusedError, match="token_short"):
        bootstrap.create_app(settings.load(data=tmp_path, host="192.0.2.1", token=SecretStr("guess-me")))
    app = bootstrap.create_app(settings.load(data=tmp_path, host="192.0.2.1", token=SecretStr(TOKEN)))
    app.state.house.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.1"])
@pytest.mark.parametrize("code", [True, False])
def test_code_is_built_wherever_it_is_not_switched_off(tmp_path: Path, host: str, code: bool) -> None:
    """The walls of the sandbox are the same for those who come over a network."""
    app = bootstrap.create_app(settings.load(data=tmp_path, host=host, token=SecretStr(TOKEN), code=code))
    assert (app.state.house.builder is not None) is code
    app.state.house.close()


def test_allowed_hosts_behind_a_proxy(tmp_path: Path) -> None:
    """Under a base path, whether the proxy keeps it or cuts it off."""
    made = settings.load(data=tmp_path, token=SecretStr(TOKEN), base_path="user/ada/kg/", allowed_hosts="hub.example")
    with TestClient(bootstrap.create_app(made), base_url="http://hub.example") as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        assert client.get("/user/ada/kg/api/v1/transfers").status_code == 200
        assert client.get("/api/v1/transfers").status_code == 200
        assert client.get("/user/ada/kg/livez").text == "ok\n"
        answer = client.get(f"/user/ada/kg/enter?token={TOKEN}", follow_redirects=False)
        assert answer.headers["location"] == "/user/ada/kg/"
        assert "Path=/user/ada/kg" in answer.headers["set-cookie"]


def test_a_proxy_that_changes_the_host(tmp_path: Path) -> None:
    """The origin is one of the hosts that were named; others stay outside."""
    made = settings.load(data=tmp_path, token=SecretStr(TOKEN), allowed_hosts="hub.example")
    with TestClient(bootstrap.create_app(made), base_url=BASE, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        assert client.post("/api/v1/example", headers={"Origin": "https://hub.example"}).status_code == 200
        assert client.post("/api/v1/example", headers={"Origin": "https://evil.example"}).status_code == 403
        assert client.post("/api/v1/example", headers={"Origin": "http://["}).status_code == 403


def test_too_much_is_refused(configured: Settings) -> None:
    """Announced or not."""
    small = configured.model_copy(update={"upload_bytes": 1000})
    with TestClient(bootstrap.create_app(small), base_url=BASE, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        assert client.put("/api/v1/uploads/a.txt", content=b"x" * 2000).json()["code"] == "request_too_large"
        assert client.put("/api/v1/uploads/a.txt", content=iter([b"x" * 600] * 3)).json()["code"] == "request_too_large"


def test_the_link_can_be_printed_again(tmp_path: Path) -> None:
    """While the process lives; only its owner can read the record."""
    from app.gate.entry import running_link

    entry = Entry(settings.load(data=tmp_path))
    record = entry.record(8400)
    assert record.stat().st_mode & 0o077 == 0
    link = running_link(tmp_path)
    assert link is not None
    assert entry.matches(link.partition("token=")[2])
    record.write_text('{"pid": 999999999, "link": "x"}')
    assert running_link(tmp_path) is None


def test_tokens_differ_from_start_to_start(tmp_path: Path) -> None:
    """No default, ever."""
    made = settings.load(data=tmp_path)
    assert Entry(made).link(1) != Entry(made).link(1)


def test_the_data_folder_is_closed(configured: Settings, stranger: TestClient) -> None:
    """Others of the machine cannot look in."""
    assert configured.data.stat().st_mode & 0o777 == 0o700


def test_torch_stays_out_of_the_web_process(tmp_path: Path, shared: Path) -> None:
    """Also after a checkpoint was read, proposed for, edited and exported."""
    program = """
import sys
from fastapi.testclient import TestClient
from app import bootstrap, settings
app = bootstrap.create_app(settings.load())
with TestClient(app, base_url="http://127.0.0.1:8400", headers={"Authorization": "Bearer t"}) as client:
    made = client.post("/api/v1/example").json()
    at = f"/api/v1/transfers/{made['id']}"
    assert client.post(f"{at}/proposals/accept", json={"base_version": 0, "certain": True}).status_code == 200
    assert client.get(f"{at}/exports/script").status_code == 200
    assert client.get(f"{at}/exports/safetensors").status_code == 200
    assert client.put("/api/v1/uploads/net.pt", content=open(sys.argv[1], "rb").read()).status_code == 201
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"torch", "safetensors", "transformers"}, loaded
"""
    path = shared / "checkpoints" / "generated" / "lightning_plain.ckpt"
    environment = {"KEYGRAFT_DATA": str(tmp_path), "KEYGRAFT_TOKEN": "t", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", program, str(path)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
