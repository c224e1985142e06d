"""Score the automatic mapper on a corpus of real conversions, as listed, sorted and shuffled.

usage: python benchmarks/automap.py [CORPUS] [--order listed sorted shuffled] [--only GLOB] [--variant plain no-roles renamed] [--cases]
"""

import argparse
import fnmatch
import hashlib
import importlib.util
import re
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
CORPUS = ROOT / ".." / "shared" / "corpus"


def scorer(corpus):
    """Load the corpus' own scorer."""
    spec = importlib.util.spec_from_file_location("score", corpus / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tree_of(entries):
    from app.keys.tree import from_shapes

    return from_shapes({key: (tuple(entry["shape"]), entry["dtype"]) for key, entry in entries.items()})


def renamed(entries, salt):
    """Give every word of the names a random other one, the same one wherever it stands on this side; parameter names and integers stay."""
    words = {}
    kept = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
    out = {}
    for key in entries:
        segments = re.split(r"([./])", key)
        for at, segment in enumerate(segments):
            if segment.isdigit() or segment in kept or segment in "./":
                continue
            segments[at] = words.setdefault(segment, "w" + hashlib.blake2b(f"{salt}{segment}".encode(), digest_size=4).hexdigest())
        out[key] = "".join(segments)
    return out


def cases(score, corpus, only):
    """The corpus, or the families that tests/automap writes down by hand."""
    if corpus == "families":
        from tests.automap.conversions import cases as families

        yield from (pair for pair in families() if fnmatch.fnmatch(pair[0], only))
    else:
        yield from ((name, score.load_case(path)) for name, path in score.cases(str(corpus), only))


def inverted(case):
    """The conversion the other way round, where its ops have an inverse; slices of a fused tensor become its concat."""
    truth, pieces = {}, {}
    back = {"identity", "transpose", "reshape"}
    for key, t in case["truth"].items():
        if t["op"] == "slice":
            pieces.setdefault(t["source"][0], []).append((t["args"]["start"], key, t["args"]["dim"]))
        elif t["op"] == "concat":
            start = 0
            for source in t["source"]:
                size = case["source"][source]["shape"][t["args"]["dim"]]
                truth[source] = {"source": [key], "op": "slice", "args": {"dim": t["args"]["dim"], "start": start, "length": size}}
                start += size
        elif t["op"] in back and len(t["source"]) == 1:
            args = {"shape": case["source"][t["source"][0]]["shape"]} if t["op"] == "reshape" else t["args"]
            truth.setdefault(t["source"][0], {"source": [key], "op": t["op"], "args": args})
    for source, parts in pieces.items():
        parts.sort()
        if sum(case["target"][key]["shape"][parts[0][2]] for _, key, _ in parts) == case["source"][source]["shape"][parts[0][2]]:
            truth[source] = {"source": [key for _, key, _ in parts], "op": "concat", "args": {"dim": parts[0][2]}}
    return {"source": case["target"], "target": case["source"], "truth": truth}


def disturbed(case, how, name):
    """A case made harder: modules missing on either side, words renamed here and there, a second copy of the source in the file."""

    def share(text):
        return hashlib.blake2b(f"{how}{name}{text}".encode(), digest_size=2).digest()[0] / 256

    def module(key):
        return re.sub(r"[0-9]+", "#", key.rpartition("." if "." in key else "/")[0])

    source, target, truth = dict(case["source"]), dict(case["target"]), dict(case["truth"])
    if how == "source-lacks":
        source = {key: value for key, value in source.items() if share(module(key)) > 0.2}
    elif how == "target-lacks":
        target = {key: value for key, value in target.items() if share(module(key)) > 0.2}
    elif how == "fewer-layers":
        blocks = {
            (match[1], int(match[2]))
            for key in target
            for match in [re.match(r"(.*?[./](?:layer|layers|blocks|h|block)[./])([0-9]+)[./]", key)]
            if match
        }
        gone = {(stem, number) for stem, number in blocks if number >= 0.7 * (1 + max(n for s, n in blocks if s == stem))}
        target = {key: value for key, value in target.items() if not any(key.startswith(f"{stem}{number}.") for stem, number in gone)}
    elif how == "some-renamed":
        words = {
            word
            for key in target
            for word in re.split(r"[./]", key)
            if not word.isdigit() and word not in {"weight", "bias", "running_mean", "running_var"}
        }
        new = {word: f"u{int(share(word) * 1e4)}" for word in words if share(word + "?") < 0.3}
        renames = {key: "".join(new.get(part, part) for part in re.split(r"([./])", key)) for key in target}
        target = {renames[key]: value for key, value in target.items()}
        truth = {renames[key]: value for key, value in truth.items()}
    elif how == "twice":
        source |= {"ema." + key: value for key, value in source.items()}
    truth = {key: t for key, t in truth.items() if key in target and all(source_key in source for source_key in t["source"])}
    return {"source": source, "target": target, "truth": truth}


DISTURBANCES = ("source-lacks", "target-lacks", "fewer-layers", "some-renamed", "twice")


def decisions_needed(case, source, target, most=9):
    """How many truthful answers, one open family at a time, finish a case: every key with a truth is then taken rightly."""
    from app.automap import propose
    from app.mapping.claims import Claim

    fixed = {}
    while len(fixed) < most:
        proposals = propose({"": source}, target, fixed=fixed)
        for key, proposal in proposals.items():
            truth = case["truth"].get(key)
            if not proposal.accepted and key not in fixed and (proposal.claim is not None or truth is not None):
                fixed[key] = Claim(tuple(truth["source"]), truth["op"], truth["args"]) if truth else None
                break
        else:
            break
    return len(fixed)


def run(score, corpus, order, variant, only, show):
    from app.automap import propose, to_json

    options = {}
    if variant == "no-roles":
        from app.automap.vocabulary import NO_WORDS

        options["vocabulary"] = NO_WORDS
    rows, counts = [], []
    for name, given in cases(score, corpus, only):
        case = inverted(given) if variant == "inverted" else disturbed(given, variant, name) if variant in DISTURBANCES else given
        if variant == "renamed":
            to = {side: renamed(case[side], name + side) for side in ("source", "target")}
            case["truth"] = {to["target"][k]: {**t, "source": [to["source"][s] for s in t["source"]]} for k, t in case["truth"].items()}
            for side in ("source", "target"):
                case[side] = {to[side][k]: v for k, v in case[side].items()}
        source, target = tree_of(score.listed(case["source"], order)), tree_of(score.listed(case["target"], order))
        start = time.process_time()
        prediction = to_json(propose({"": source}, target, **options))
        if variant == "decisions":
            needed = decisions_needed(case, source, target)
            counts.append(needed)
            if needed and show != "none":
                print(f"{name:<48} {needed} decisions")
            continue
        row = {"name": name, **score.score_case(case, prediction), "seconds": time.process_time() - start, "error": None}
        rows.append(row)
        if show == "all" or (show == "bad" and (row["f1"] < 1 or row["recipe_acc"] < 1 or row["accepted_precision"] < 1)):
            print(score.line(row), flush=True)
    if counts:
        print(
            f"{variant:<9} {order:<9} {len(counts)} cases  median {statistics.median(counts)}  worst {max(counts)}  mean {statistics.mean(counts):.2f}",
            flush=True,
        )
        return rows
    total = score.summary(rows)
    print(
        f"{variant:<9} {order:<9} {total['cases']} cases  F1 {total['f1']:.4f}  recipe {total['recipe_acc']:.4f}  accepted: precision"
        f" {total['accepted_precision']:.4f} share {total['accepted_share']:.4f}  perfect {total['perfect']}  {total['seconds']:.1f} s",
        flush=True,
    )
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", nargs="?", default=CORPUS, help="a folder, or `families`")
    parser.add_argument("--order", nargs="*", default=["listed", "sorted", "shuffled"])
    parser.add_argument("--variant", nargs="*", default=["plain"])
    parser.add_argument("--only", default="*")
    parser.add_argument("--cases", default="none", choices=["none", "bad", "all"])
    args = parser.parse_args()
    score = scorer(CORPUS if args.corpus == "families" else Path(args.corpus))
    print(score.HEAD)
    for variant in args.variant:
        for order in args.order:
            run(score, args.corpus, order, variant, args.only, args.cases)


if __name__ == "__main__":
    main()
