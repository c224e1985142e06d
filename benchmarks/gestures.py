"""Server time of what a hand does on a transfer of 90,427 keys (the shape of a DeepSeek-V3), the same on a small one beside it.

usage: python benchmarks/gestures.py [ROUNDS]

Starts the program as a person does, makes both transfers over the API, then sends what the page sends: a look, a drawn pair, fresh, leave, unmap of a row and of a module,
accept, a filter, the table, triage, a rule's switch, move and foresight, undo and redo; all of it with equal families folded, then on trees of which every
key has a line of its own, all open. Prints milliseconds of each gesture (p50, p95), the first one of its kind apart, the
processor time that the server spent on it (what others do on the machine does not count there), and the ratio of the two transfers.
Targets: p95 of any gesture below 100 ms, the page of a fresh transfer below 1 s.
"""

import http.client
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.evaluation import keys, renamed  # noqa: E402

SMALL = 400
"""Keys of the small transfer."""
WAIT = 60.0
FAR = 70_000
"""A line far down in an unfolded tree."""


class Server:
    """The program in a process of its own, in a data folder that goes with it."""

    def __init__(self, folder):
        command = [sys.executable, "-m", "app", "serve", "--port", "0", "--data", folder]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        link = urlsplit(next(re.search(r"http://\S+", line).group() for line in self.process.stdout if "token=" in line))
        self.token = parse_qs(link.query)["token"][0]
        self.spent = 0.0
        self.connection = http.client.HTTPConnection(link.hostname, link.port, timeout=120)

    def busy(self):
        """Milliseconds of processor time that the process has spent, all its threads; nought where the system does not tell."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in threads) / 1e6

    def ask(self, method, path, body=None):
        """The answer and how many milliseconds it took."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "X-Keygraft": "script"}
        content = None if body is None else json.dumps(body)
        before, start = self.busy(), time.perf_counter()
        self.connection.request(method, path, content, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        took = (time.perf_counter() - start) * 1000
        self.spent = self.busy() - before
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return (json.loads(text) if text[:1] in b"{[" else text.decode()), took


def sides(server, limit):
    """Both sides as key lists; the target's names are other ones."""
    listed = dict(list(keys().items())[:limit])
    out = []
    for rename in (str, renamed):
        text = json.dumps({rename(key): {"shape": shape, "dtype": dtype} for key, (shape, dtype) in listed.items()})
        out.append(server.ask("POST", "/api/v1/sides", {"text": text})[0]["id"])
    return out


class Hand:
    """One transfer, and the times that were taken on it."""

    def __init__(self, server, limit):
        self.server, self.folded, self.mode = server, True, "free"
        self.times = {}
        source, target = sides(server, limit)
        made, took = server.ask("POST", "/api/v1/transfers", {"sources": {"": source}, "target": target})
        self.transfer, self.version = made["id"], 0
        self.note("create", took)
        self.note("first page", server.ask("GET", f"/t/{self.transfer}")[1])
        self.look("first look")
        self.waited = self.proposed()

    def note(self, name, took):
        self.times.setdefault(name, []).append((took, self.server.spent))

    def pane(self, **changes):
        return {"expand": "first", "toggled": [], "query": "", "states": [], "folded": self.folded, "top": 0, "count": 100} | changes

    def look(self, name="look", **changes):
        body = {"s": self.pane(**changes), "t": self.pane(**changes), "mode": self.mode, "source": ""}
        answer, took = self.server.ask("POST", f"/t/{self.transfer}/view", body)
        self.note(name, took)
        return answer

    def proposed(self):
        """Seconds until the mapper has answered; the page is asked meanwhile, as a person would."""
        start = time.perf_counter()
        while 'class="looking"' in self.do("now", "/now") and time.perf_counter() - start < WAIT:
            time.sleep(0.25)
        return time.perf_counter() - start

    def do(self, name, path, **body):
        given = {"version": self.version, "client": "bench", "source": "", "s": [], "t": [], "folded": [self.folded] * 2}
        strict = path in {"/rule", "/rules", "/jump"}
        given = {key: value for key, value in given.items() if not strict or key in {"version", "client", "source"}}
        answer, took = self.server.ask("POST", f"/t/{self.transfer}{path}", given | body)
        self.note(name, took)
        self.version = answer.get("version", self.version)
        return answer.get("meter", "")

    def view(self):
        """How the table and triage are asked."""
        return {"expand": "all", "toggled": [], "query": "", "states": [], "folded": self.folded}

    def shown(self):
        """What the trees show while one works on them: unfolded, everything is open, and one is far down."""
        return {} if self.folded else {"expand": "all", "top": FAR}

    def unfold(self):
        """Give every key a line of its own; times are taken apart from here on."""
        times, self.times, self.folded = self.times, {}, False
        self.look("first look", expand="all")
        return times

    def step(self, name, path, **body):
        """A gesture, the look that follows it on the page, and both taken back and done again."""
        before = self.version
        self.do(name, path, **body)
        self.look(f"look after {name}", **self.shown())
        if self.version > before:
            self.do(f"undo {name}", "/undo")
            self.do(f"redo {name}", "/redo")
            self.do(f"undo {name}", "/undo")


def leaves(answer, side):
    """Numbers of the leaf rows of a pane."""
    cells = re.findall(r"<[^>]*data-node=\"(\d+)\"[^>]*>", answer[side]["html"])
    opened = set(re.findall(r"<[^>]*aria-expanded[^>]*data-node=\"(\d+)\"", answer[side]["html"]))
    opened |= set(re.findall(r"<[^>]*data-node=\"(\d+)\"[^>]*aria-expanded", answer[side]["html"]))
    return [int(cell) for cell in cells if cell not in opened]


def module(answer, title):
    """Number of a module's row in the model's pane, by its whole path."""
    before = answer["t"]["html"].partition(f'title="{title}"')[0]
    return int(re.findall(r'data-node="(\d+)"', before)[-1])


def play(hand, rounds):
    """Every gesture, some rounds."""
    for turn in range(rounds):
        rows = hand.look(expand="all")
        s, t = leaves(rows, "s"), leaves(rows, "t")
        hand.look("look filtered", query="experts")
        hand.look("look by expression", query=f"/w[{turn}]/")
        hand.look("look by rule and state", query="rule:none is:needs")
        tables = [(f"table by {by}", "/table", {"s": hand.view(), "t": hand.view(), "by": by}) for by in ("target", "keys")]
        for name, path, body in (("triage", "/triage", {"folded": [hand.folded] * 2}), *tables):
            hand.note(name, hand.server.ask("POST", f"/t/{hand.transfer}{path}", body)[1])
        hand.mode = "aligned"
        hand.look("look aligned", **hand.shown())
        hand.look("look aligned, filtered", expand="all", query="experts")
        hand.mode = "free"
        hand.note("facets", hand.server.ask("GET", f"/t/{hand.transfer}/facets/t")[1])
        hand.step("draw", "/draw", s=[s[3 + turn % 2]], t=[t[3 + turn % 2]])
        hand.step("fresh", "/fresh", t=[t[turn % 3]])
        hand.step("leave", "/leave", s=[s[turn % 3]])
        hand.step("accept row", "/accept", t=[t[4 + turn % 2]])
        hand.step("reject row", "/reject", t=[t[4 + turn % 2]])
        hand.step("accept all", "/accept", everything="all")
        hand.do("detail", "/detail", t=[t[4]])
    hand.do("accept all", "/accept", everything="all")
    for turn in range(rounds):
        hand.step("unmap", "/unmap", t=[t[turn % 5]])
        hand.step("unmap nearly all", "/unmap", t=[module(rows, "transformer.h")])
        rules = hand.server.ask("GET", f"/t/{hand.transfer}/rules")
        hand.note("rules", rules[1])
        said = [re.sub("&#34;", '"', each) for each in re.findall(r'data-was="([^"]*)"', rules[0])]
        hand.step("switch rule", "/rule", index=1, was=said[1], act="toggle")
        hand.step("move rule", "/rule", index=1, was=said[1], act="up")
        took = hand.server.ask("POST", f"/t/{hand.transfer}/rules/foresee", {"statement": said[turn % len(said)]})[1]
        hand.note("foresee", took)
        hand.step("add rule", "/rules", statements=['init "transformer.h.{i}.attn.*" with zeros'])
        hand.note("history", hand.server.ask("GET", f"/t/{hand.transfer}/history")[1])
        hand.note("loader", hand.server.ask("GET", f"/t/{hand.transfer}/loader")[1])


def main(rounds):
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        try:
            hands = [Hand(server, SMALL), Hand(server, None)]
            for hand in hands:
                play(hand, rounds)
            folded = [hand.unfold() for hand in hands]
            for hand in hands:
                hand.do("undo accept all", "/undo")
                play(hand, rounds)
        finally:
            server.process.terminate()
            server.process.wait()
    print(f"proposals came after {hands[0].waited:.1f} s (small), {hands[1].waited:.1f} s (large)")
    report("folded", *folded)
    report("unfolded, all open", *(hand.times for hand in hands))


def report(title, small, large):
    """Print a table, the slowest first."""
    print(f"\n{title:26} {'first ms':>9} {'p50 ms':>8} {'p95 ms':>8} {'p50 CPU':>8} {'p95 CPU':>8} {'of small':>9}")
    every = []
    for name, taken in sorted(large.items(), key=lambda each: -statistics.median(took for took, _ in each[1])):
        every += [] if name in {"create", "first page", "first look"} else taken
        beside = statistics.median(took for took, _ in small.get(name, taken))
        print(f"{name:26} {taken[0][0]:9.1f} {_figures(taken)} {statistics.median(took for took, _ in taken) / beside:9.1f}")
    print(f"{'all gestures':26} {'':9} {_figures(every)}")


def _figures(taken):
    columns = list(zip(*taken, strict=True))
    return " ".join(f"{figure:8.1f}" for each in columns for figure in (statistics.median(each), _late(each)))


def _late(times):
    return sorted(times)[min(len(times) - 1, int(0.95 * len(times)))]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
