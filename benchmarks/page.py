"""Drive the workspace of a transfer with 90,067 keys (the shape of a DeepSeek-V3) in Chromium, as a person would.

usage: python benchmarks/page.py [--gestures N]

Prints, each beside its aim: first useful paint (the first row of the model is there), frames a second while both trees scroll at once and while
one is thrown, lines that were blank when a frame was drawn, memory of the page (JavaScript heap and documents), and the server's 95th percentile
for each gesture. The peer, in the same run and browser: one page with all rows of the target in the DOM, as a plain listing would print them.
Times depend on the machine and on what else it does; the peer says by how much.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))

from evaluation import keys, renamed
from find_chromium import chromium
from playwright.sync_api import sync_playwright

TOKEN = "a-token-of-this-benchmark"  # noqa: S105  # of a server that ends with this run

SCROLL = """async ({panes, seconds, step}) => {
  const frames = [], blanks = [];
  const elements = panes.map((id) => document.getElementById(id));
  const row = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row"));
  const blank = (element) => {
    const window = element.querySelector(".window");
    const box = window.getBoundingClientRect(), seen = element.getBoundingClientRect();
    const above = Math.max(0, Math.min(box.top, seen.bottom) - seen.top);
    const rest = element.scrollHeight - element.scrollTop > element.clientHeight ? seen.bottom : Math.min(seen.bottom, box.bottom);
    const below = Math.max(0, rest - Math.max(box.bottom, seen.top));
    return Math.floor((above + below) / row);
  };
  const end = performance.now() + seconds * 1000;
  let last = performance.now(), way = step;
  await new Promise((done) => {
    const frame = (now) => {
      frames.push(now - last);
      last = now;
      for (const element of elements) {
        blanks.push(blank(element));
        if (element.scrollTop + element.clientHeight >= element.scrollHeight - 2) way = -Math.abs(step);
        if (element.scrollTop <= 0) way = Math.abs(step);
        element.scrollTop += way;
      }
      now < end ? requestAnimationFrame(frame) : done();
    };
    requestAnimationFrame(frame);
  });
  return {frames: frames.slice(2), blanks};
}"""


def serve(folder):
    """Start the program as a person does, in a process of its own; returns it, its address and the link that lets in."""
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--data", str(folder / "data")]
    given = {**os.environ, "KEYGRAFT_TOKEN": TOKEN, "KEYGRAFT_ROOTS": str(folder)}
    server = subprocess.Popen(
        command, cwd=Path(__file__).parents[1], env=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )  # our own
    link = next(found.group() for line in server.stdout if (found := re.search(r"http://\S+", line)))
    return server, f"http://{urlsplit(link).netloc}", link


def call(url, method, path, body):
    """Ask the API."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    with urlopen(Request(f"{url}/api/v1{path}", data=body, method=method, headers=headers), timeout=300) as answer:  # noqa: S310  # our own server
        return json.load(answer)


def begin(url):
    """Make the transfer: the same model under other names."""
    source = {key: {"shape": list(shape), "dtype": dtype} for key, (shape, dtype) in keys().items()}
    target = {renamed(key): entry for key, entry in source.items()}
    sides = [
        call(url, "PUT", f"/uploads/{name}.json", json.dumps(side).encode())["id"]
        for name, side in (("deepseek", source), ("mine", target))
    ]
    made = call(url, "POST", "/transfers", json.dumps({"sources": {"": sides[0]}, "target": sides[1], "title": "90k"}).encode())["id"]
    return made, len(target), target


class Watch:
    """Server times of requests by what they are for, measured in the browser from the first byte sent to the last received."""

    def __init__(self, page):
        self.times = {}
        page.on("requestfinished", self._seen)

    def _seen(self, request):
        if request.method == "POST" and "/t/" in request.url:
            timing = request.timing
            name = request.url.rpartition("/")[2]
            self.times.setdefault(name, []).append(timing["responseEnd"] - timing["requestStart"])


def frames(found):
    """Frames a second over all, and in the slowest tenth; blank lines at worst."""
    spent = found["frames"]
    slow = sorted(spent)[int(len(spent) * 0.9) :]
    return 1000 * len(spent) / sum(spent), 1000 / statistics.mean(slow), max(found["blanks"]), sum(blank > 0 for blank in found["blanks"])


def busy(session):
    """Seconds of processor time that the page's main thread has spent; frames cannot be drawn while it works."""
    return next(each["value"] for each in session.send("Performance.getMetrics")["metrics"] if each["name"] == "TaskDuration")


def memory(session):
    """Megabytes of the page's JavaScript heap, and nodes in its documents."""
    session.send("HeapProfiler.collectGarbage")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return metrics["JSHeapUsedSize"] / 1e6, int(metrics["Nodes"])


def resident():
    """Megabytes that the largest renderer process holds for itself (private pages)."""
    largest = 0.0
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"--type=renderer" in status.read_bytes():
                rollup = (status.parent / "smaps_rollup").read_text()
                private = sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private"))
                largest = max(largest, private / 1000)
        except OSError:
            continue
    return largest


def p95(times):
    """The 95th percentile."""
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]


def wait_rows(page):
    """Wait until the rows of the view in force are there."""
    page.locator(".window [data-node]:visible, [data-rows] tr:visible, .triage-case:visible").first.wait_for()


def _opened(page):
    """Lines of both trees once every row is open."""
    tall = "() => ['s', 't'].every((side) => document.querySelector(`#pane-${side} .spacer`).offsetHeight > 28 * 60_000)"
    page.wait_for_function(tall, timeout=120_000)
    return page.locator("#pane-t .spacer").evaluate("(each) => each.offsetHeight") / 28


def first_paint(page, address):
    """Milliseconds from the request to the first row of the model, measured by the page itself."""
    page.goto(address, wait_until="commit")
    return page.evaluate(
        """() => new Promise((done) => {
          const look = () => document.querySelector(".window [data-node]") ? requestAnimationFrame(() => done(performance.now())) : setTimeout(look, 4);
          look();
        })"""
    )


def gestures(page, count):
    """What a person does most, over and over."""
    page.get_by_role("button", name="Free", exact=True).click()
    wait_rows(page)
    for turn in range(count):
        field = page.locator('[data-filter="t"]')
        field.fill(f"experts.{turn}.w")
        page.wait_for_timeout(350)
        field.fill("")
        page.wait_for_timeout(350)
        if page.locator("#pane-t .row").count() < 10:
            page.locator('[data-act="expand-t"]').click()
        page.wait_for_timeout(250)
        page.locator("#pane-t .row").nth(4 + turn % 5).click()
        page.wait_for_timeout(250)
        page.keyboard.press("u")
        page.wait_for_timeout(500)
        page.keyboard.press("Control+z")
        page.wait_for_timeout(500)
    page.locator('[data-mode="table"]').last.click()
    wait_rows(page)
    for column in ("source", "state", "keys", "target"):
        page.locator(f'[data-sort="{column}"]').click()
        page.wait_for_timeout(300)
    page.get_by_role("button", name="Triage").click()
    page.locator(".triage-case, .triage-end").first.wait_for()
    for _ in range(count):
        page.keyboard.press("s")
        page.wait_for_timeout(250)


def listing(page, target):
    """The peer: all rows in the DOM; milliseconds until the first stands, frames a second while it scrolls, nodes."""
    rows = "".join(
        f'<div class="row"><code>{key}</code><span>{"x".join(map(str, entry["shape"]))}</span><b>{entry["dtype"]}</b></div>'
        for key, entry in target.items()
    )
    markup = f"<!doctype html><style>:root{{--row:28px}}#pane{{height:600px;overflow:auto}}.row{{display:flex;height:28px}}</style><div id=pane><div class=window>{rows}</div></div>"
    started = time.perf_counter()
    page.set_content(markup, wait_until="load", timeout=240_000)
    page.locator(".row").first.wait_for(timeout=240_000)
    spent = time.perf_counter() - started
    found = page.evaluate(SCROLL, {"panes": ["pane"], "seconds": 3, "step": 90})
    return 1000 * spent, frames(found)[0]


def say(name, value, aim=""):
    """Print one line."""
    print(f"{name:<44}{value:>16}   {aim}")


def main(count):
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        server, url, link = serve(Path(folder))
        transfer, total, target = begin(url)
        browser = started.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--enable-precise-memory-info"])
        page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
        page.set_default_timeout(120_000)
        page.goto(link)
        address = f"{url}/t/{transfer}"
        cold = first_paint(page, address)
        accept = page.locator('[data-act="accept-all"], [data-act="accept-certain"]').last
        accept.wait_for()
        accept.click()
        page.locator(".passes").wait_for()
        page.get_by_role("button", name="Free", exact=True).click()
        warm = [first_paint(page, address) for _ in range(5)]
        say("keys of the model", f"{total:,}")
        say("first useful paint, the server cold", f"{cold:.0f} ms")
        say("first useful paint, median of 5", f"{statistics.median(warm):.0f} ms", "aim < 1,000")
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        begun = time.perf_counter()
        for side in "st":
            page.locator(f'[data-act="fold-{side}"]').click()
            page.locator(f'[data-act="expand-{side}"]').click()
        lines = _opened(page)
        say("lines of one tree, all open", f"{lines:,.0f}")
        say("unfolding and opening both, once", f"{1000 * (time.perf_counter() - begun):.0f} ms", "who scrolls meanwhile sees blank lines")
        page.wait_for_timeout(3000)
        for name, ask in (
            ("both trees, wheel speed (1,700 px/s)", {"panes": ["pane-s", "pane-t"], "seconds": 5, "step": 28}),
            ("both trees, fast (5,400 px/s)", {"panes": ["pane-s", "pane-t"], "seconds": 5, "step": 90}),
        ):
            before = busy(session)
            found = page.evaluate(SCROLL, ask)
            spent = 1000 * (busy(session) - before) / len(found["frames"])
            whole, slow, worst, often = frames(found)
            say(
                f"scroll {name}",
                f"{whole:.1f} fps",
                f"aim >= 55; slowest tenth {slow:.1f}; blank lines at worst {worst}, in {often} looks (aim 0)",
            )
            say("  main thread for each frame", f"{spent:.1f} ms", "of processor time; 60 fps leave 16.7")
        heap, nodes = memory(session)
        say("memory: heap", f"{heap:.0f} MB", f"{nodes:,} nodes")
        say("memory: renderer, private", f"{resident():.0f} MB", "aim < 250")
        for side in "st":
            page.locator(f'[data-act="fold-{side}"]').click()
            page.wait_for_timeout(800)
        watch = Watch(page)
        gestures(page, count)
        for name, times in sorted(watch.times.items()):
            say(f"server, {name} ×{len(times)}", f"{p95(times):.0f} ms", f"p95; median {statistics.median(times):.0f}; aim < 100")
        everything = [each for times in watch.times.values() for each in times]
        say("server, any gesture", f"{p95(everything):.0f} ms", "p95; aim < 100")
        spent, whole = listing(browser.new_context().new_page(), target)
        say("peer, all rows in the DOM: first row", f"{spent:.0f} ms", f"{spent / statistics.median(warm):.0f} times ours")
        say("peer, scroll fast", f"{whole:.1f} fps")
        browser.close()
        server.terminate()
        server.wait()


if __name__ == "__main__":
    given = argparse.ArgumentParser()
    given.add_argument("--gestures", type=int, default=12)
    main(given.parse_args().gestures)
