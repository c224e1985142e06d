"""Models from code on the page: folders, mistakes that are corrected in place, keys without running, the snippet, the status."""

import json
import subprocess
import sys

from playwright.sync_api import expect

NET = """
from torch import nn
print("seen <b>while</b> importing")
class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        if width > 9:
            raise ValueError("too wide")
        self.fc = nn.Linear(width, 3)
"""
REFUSED = "Failed to load resource: the server responded with a status of 400 (Bad Request)"


def _read(page, text):
    page.locator("#slot-t textarea[name=text]").fill(text)
    page.locator("#slot-t").get_by_role("button", name="Read it").click()


def test_a_mistake_is_corrected_in_place(page, site, faults):
    """The failure says what happened and shows the log as text; the form keeps what was typed; the corrected form builds."""
    page.goto(f"{site.url}/new")
    _read(page, NET)
    form = page.locator("#slot-t .candidate").first
    form.get_by_label("width").fill("12")
    form.get_by_text("Edits, other environment").click()
    form.get_by_label("Edit after building").fill("net.fc = nn.Linear(512, 10)")
    form.get_by_role("button", name="Build it").click()
    expect(form.locator(".failure")).to_contain_text("too wide")
    expect(form.locator("[data-log]")).to_have_text("seen <b>while</b> importing\n")
    expect(form.get_by_label("Edit after building")).to_have_value("net.fc = nn.Linear(512, 10)")
    form.get_by_label("width").fill("8")
    form.get_by_role("button", name="Build it").click()
    expect(page.locator("#slot-t [data-state=ready]")).to_contain_text("A model with 2 keys")
    expect(page.locator("#slot-t [data-versions]")).to_contain_text("torch 2.")
    assert faults.pop() == REFUSED


def test_keys_without_running(page, site, faults):
    """A package that is missing is said before; the failure brings the keys that are certain, and they are taken."""
    page.goto(f"{site.url}/new")
    _read(page, "import not_a_package_anywhere\n" + NET)
    form = page.locator("#slot-t .candidate").first
    expect(page.locator("[data-missing]")).to_contain_text("not_a_package_anywhere")
    form.get_by_label("width").fill("8")
    form.get_by_role("button", name="Build it").click()
    expect(form.locator("[data-foretold=complete]")).to_contain_text("fc.weight")
    form.get_by_role("button", name="Use these keys").click()
    expect(page.locator("#slot-t [data-state=ready]")).to_contain_text("without running it")
    assert faults.pop() == REFUSED


def test_the_snippet_gives_the_tree(page, site, tmp_path):
    """What is offered to be copied prints, beside a live model, what the box reads."""
    page.goto(f"{site.url}/new")
    _read(page, NET)
    form = page.locator("#slot-t .candidate").first
    form.get_by_label("width").fill("8")
    form.get_by_role("button", name="Keys without running").click()
    form.get_by_text("Where the model already runs").click()
    snippet = form.locator("pre[id^=snippet]").inner_text()
    script = tmp_path / "live.py"
    script.write_text(f"from torch import nn\nmodel = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))\n{snippet}")
    printed = subprocess.run([sys.executable, script], check=True, capture_output=True, text=True).stdout
    assert len(json.loads(printed)["tensors"]) == 7
    page.get_by_role("button", name="Something else").click()
    _read(page, printed)
    expect(page.locator("#slot-t [data-state=ready]")).to_contain_text("7 keys")


def test_a_folder_of_code(page, site, tmp_path):
    """A chosen folder is a project, whatever its packages are called."""
    project = tmp_path / "repo"
    for name, content in {
        "app/__init__.py": "",
        "app/parts.py": "from torch import nn\nclass Head(nn.Linear): pass\n",
        "static/__init__.py": "",
        "static/net.py": "from torch import nn\nfrom app.parts import Head\nclass Whole(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.head = Head(2, 3)\n",
    }.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(content)
    page.goto(f"{site.url}/new")
    page.locator("#slot-t [data-folder]").set_input_files(project)
    form = page.locator("#slot-t .candidate", has_text="Whole").first
    form.get_by_role("button", name="Build it").click()
    expect(page.locator("#slot-t [data-state=ready]")).to_contain_text("2 keys")


def test_a_library_that_is_not_there(page, site, faults):
    """Its name is understood; what is missing is said beside the snippet."""
    page.goto(f"{site.url}/new")
    _read(page, "timm:no_such_model_of_any_library")
    failure = page.locator("#box-failure-t")
    expect(failure.locator(".failure")).to_contain_text("timm")
    expect(page.locator("#slot-t textarea")).to_have_value("timm:no_such_model_of_any_library")
    assert faults.pop() == REFUSED


def test_the_status_page(page, site):
    """Each wall has its line, and says whether it holds."""
    page.goto(f"{site.url}/status")
    expect(page.locator("[data-wall=network]")).to_contain_text("holds")
    expect(page.locator("main")).to_contain_text("torch")


def test_the_page_waits_as_long_as_the_server_works(page, site):
    """It gives up on nothing by itself: which limit was hit is for the server to say, and its limits are settings."""
    page.goto(f"{site.url}/new")
    assert page.evaluate("htmx.config.defaultTimeout") == 0
