"""A server of our own, and a browser that looks at it."""

import importlib.util
import threading
import time
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import expect, sync_playwright

from app.bootstrap import create_app, open_house
from app.gate.entry import Entry
from app.services import accounts
from app.settings import Settings

from .acts import PATIENCE

HERE = Path(__file__).parent
expect.set_options(timeout=PATIENCE)
TOKEN = "a token of these tests"
PASSWORD = "correct horse battery"
LEFT_OUT = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),  # pages behind the address line that nobody sees
    *("SpareRendererForSitePerProcess", "MultipleSpareRPHs"),  # processes for pages that may come
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable"),
    *("LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect"),
    *("OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"),
)
"""What Chromium need not do for a window without a person: a sixth of its time. Of several such lists the last counts, so Playwright's own follow."""


def _finder():
    spec = importlib.util.spec_from_file_location("find_chromium", HERE / "find_chromium.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pytest_collection_modifyitems(items):
    """Everything here drives Chromium."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


class Site:
    """A running server: where it is, how to get in, and the house behind it."""

    def __init__(self, port, entry, house, base=""):
        self.house = house
        self.url = f"http://127.0.0.1:{port}{base}"
        self.link = entry.link(port)


def _serve(folder, shared, **changes):
    settings = Settings(data=folder / "data", port=0, roots=(shared / "checkpoints",), **({"token": TOKEN} | changes))
    entry = Entry(settings)
    app = create_app(settings, entry=entry)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    return server, thread, Site(port, entry, app.state.house, settings.base_path)


@pytest.fixture(scope="session")
def site(tmp_path_factory, shared):
    """One server for all tests; each test makes transfers of its own."""
    server, thread, made = _serve(tmp_path_factory.mktemp("site"), shared, remote_private=("127.0.0.1",), remote_http=True)
    yield made
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def team(tmp_path_factory, shared):
    """A server where people have accounts: Ada looks after it, Bob works there."""
    folder = tmp_path_factory.mktemp("team")
    house = open_house(Settings(data=folder / "data"), alone=True)
    for name in ("ada", "bob"):
        accounts.add(house, name, password=PASSWORD, admin=name == "ada")
    house.close()
    server, thread, made = _serve(folder, shared, token="")
    yield made
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests."""
    path = _finder().chromium()
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox", f"--disable-features={','.join(LEFT_OUT)}"])
        yield browser
        browser.close()


@pytest.fixture
def faults():
    """What the page complained about; a test that expects a complaint takes it out."""
    return []


@pytest.fixture
def page(chromium, site, faults, request):
    """A page that is let in; errors on it fail the test; how it looked at the end is kept in tests/_out."""
    context = chromium.new_context(viewport={"width": 1280, "height": 860}, accept_downloads=True)
    made = context.new_page()
    made.set_default_timeout(PATIENCE)
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    made.goto(site.link)
    yield made
    made.screenshot(path=HERE.parent / "_out" / f"{request.node.name}.png")
    context.close()
    assert faults == []
