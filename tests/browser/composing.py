"""Composing played on the page: a checkpoint that stays in the browser, a save picker that gives a real file, and the truth beside."""

import base64
import json

from playwright.sync_api import expect

from app import exporting, mapping
from app.exporting import FileOptions
from app.sources import LocalFiles

PICKERS = """
    globalThis.showSaveFilePicker = async ({suggestedName}) =>
        (await navigator.storage.getDirectory()).getFileHandle(suggestedName, {create: true});
    globalThis.showDirectoryPicker = async () => navigator.storage.getDirectory();
    globalThis.showOpenFilePicker = undefined;
"""
"""No test can drive the system's dialogs: these give handles of the browser's own storage, which are written to like any others."""

NO_PICKERS = """
    for (const name of ["showSaveFilePicker", "showDirectoryPicker", "showOpenFilePicker"]) delete globalThis[name];
    delete DataTransferItem.prototype.getAsFileSystemHandle;
"""
"""A browser without them."""

READ = """async (name) => {
    const file = await (await (await navigator.storage.getDirectory()).getFileHandle(name)).getFile();
    const whole = new Uint8Array(await file.arrayBuffer());
    let text = "";
    for (let at = 0; at < whole.length; at += 32768) text += String.fromCharCode(...whole.subarray(at, at + 32768));
    return btoa(text);
}"""


def lend(page, url, files, *, folder=False):
    """Lend files on the page; the id of the side that it becomes."""
    page.goto(f"{url}/new")
    page.locator("#slot-s [data-folder]" if folder else "#slot-s [data-files]").set_input_files(files)
    card = page.locator("#slot-s [data-card][data-state=ready]")
    expect(card).to_contain_text("Only names and shapes were sent")
    return card.get_attribute("data-card")


def transfer(page, url, sources, target, plan=""):
    """Begin a transfer from lent sides, a list of keys and the text of a plan, and go to its ways out; its id."""
    listed = {key: {"shape": list(shape), "dtype": "F32"} for key, shape in target.items()}
    side = ask(page, "POST", "/api/v1/sides", {"text": json.dumps(listed)})["id"]
    made = ask(page, "POST", "/api/v1/transfers", {"sources": sources, "target": side})["id"]
    ask(page, "PUT", f"/api/v1/transfers/{made}/plan", {"base_version": 0, "plan": f"keygraft_plan 1\n{plan}"})
    page.goto(f"{url}/t/{made}/export?kind=safetensors")
    return made


def ask(page, method, path, body=None):
    """Ask the server from within the page: only the browser knows the names of test hosts."""
    return page.evaluate(
        """async ([method, path, body]) => {
            const headers = {"Content-Type": "application/json"};
            const answer = await fetch(path, {method, headers, body: body === null ? null : JSON.stringify(body)});
            if (!answer.ok) throw new Error(await answer.text());
            return answer.json();
        }""",
        [method, path, body],
    )


def attach(page, files):
    """Give the files again, by the card's own chooser."""
    page.locator("lent-files [data-files]").first.set_input_files(files)


def saved(page, name):
    """The bytes of a file that was saved."""
    return base64.b64decode(page.evaluate(READ, name))


def truth(page, transfer, paths, folder, **options):
    """What `keygraft apply` writes by the same plan: file name -> bytes."""
    loaded = mapping.plan_from_json(json.dumps(ask(page, "GET", f"/api/v1/transfers/{transfer}/exports/plan")).encode())
    out = folder / "truth"
    out.mkdir()
    exporting.apply(
        loaded,
        {name: LocalFiles(path) for name, path in paths.items()},
        out if options else out / "one.safetensors",
        options=FileOptions(**options),
        strict=False,
    )
    return {path.name: path.read_bytes() for path in out.iterdir()}
