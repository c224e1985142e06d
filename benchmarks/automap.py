"""Score the automatic mapper on a corpus of real conversions, as listed, sorted and shuffled.

usage: python benchmarks/automap.py [CORPUS] [--order listed sorted shuffled] [--only GLOB] [--variant plain no-roles renamed family-out] [--cases]
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
    """The corpus, or the families that tests/automap writes down by hand (`families`)."""
    if corpus == "families":
        from tests.automap.families import cases as families

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


BINS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.001)


def reliability(score, corpora, only):
    """How often a proposal is right, by the confidence it was given: for each corpus, (mean confidence, share right, count) a bin."""
    from app.automap import propose

    out = {}
    for corpus in corpora:
        sums = [[0.0, 0, 0] for _ in BINS[1:]]
        for _, case in cases(score, corpus, only):
            for order in ("listed", "sorted", "shuffled"):
                source, target = (tree_of(score.listed(case[side], order)) for side in ("source", "target"))
                for key, proposal in propose({"": source}, target).items():
                    if proposal.claim is None:
                        continue
                    truth = case["truth"].get(key)
                    right = truth is not None and set(truth["source"]) == set(proposal.claim.sources)
                    bin_ = sums[next(at for at, edge in enumerate(BINS[1:]) if proposal.confidence < edge)]
                    bin_[0] += proposal.confidence
                    bin_[1] += right
                    bin_[2] += 1
        out[Path(corpus).name] = [(total / count, right / count, count) for total, right, count in sums if count]
    return out


def report_reliability(found, out):
    """Print the table, and draw it where `out` names a file."""
    for name, points in found.items():
        print(f"reliability, {name}: confidence -> right")
        for confidence, right, count in points:
            print(f"  {confidence:6.3f} {right:6.3f}  {count:>7} proposals")
        sure = [(right * count, count) for confidence, right, count in points if confidence >= 0.9]
        print(f"  of those at 0.9 and above, right: {sum(a for a, _ in sure) / max(sum(b for _, b in sure), 1):.4f}", flush=True)
    if out:
        Path(out).parent.mkdir(exist_ok=True)
        Path(out).write_text(drawn(found), encoding="utf-8")


def drawn(found):
    """The reliability plot as SVG: a proposal's confidence against how often such ones are right."""
    size, left, top = 300, 52, 16
    colours = ("#17704f", "#8a5a0b", "#2a56b8", "#8b2f6b")

    def at(x, y):
        return f"{left + x * size:.1f},{top + (1 - y) * size:.1f}"

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + size + 200} {top + size + 46}" font-family="sans-serif" font-size="12">',
        "<title>Reliability of proposals</title>",
        f'<rect width="100%" height="100%" fill="#fff"/><rect x="{left}" y="{top}" width="{size}" height="{size}" fill="none" stroke="#999"/>',
        f'<polyline points="{at(0, 0)} {at(1, 1)}" stroke="#bbb" stroke-dasharray="4 4" fill="none"/>',
    ]
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        x, y = at(tick, tick).split(",")
        lines.append(f'<text x="{x}" y="{top + size + 16}" text-anchor="middle" fill="#444">{tick:g}</text>')
        lines.append(f'<text x="{left - 8}" y="{float(y) + 4:.1f}" text-anchor="end" fill="#444">{tick:g}</text>')
    lines.append(f'<text x="{left + size / 2}" y="{top + size + 36}" text-anchor="middle" fill="#222">confidence of the proposal</text>')
    lines.append(
        f'<text transform="translate(14 {top + size / 2}) rotate(-90)" text-anchor="middle" fill="#222">share of such proposals that are right</text>'
    )
    for row, (name, points) in enumerate(found.items()):
        colour = colours[row % len(colours)]
        path = " ".join(at(confidence, right) for confidence, right, _ in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for confidence, right, count in points:
            x, y = at(confidence, right).split(",")
            lines.append(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"><title>{name}: {count} proposals</title></circle>')
        lines.append(f'<rect x="{left + size + 18}" y="{top + 6 + 20 * row}" width="12" height="4" fill="{colour}"/>')
        lines.append(f'<text x="{left + size + 36}" y="{top + 12 + 20 * row}" fill="#222">{name}</text>')
    return "\n".join([*lines, "</svg>", ""])


def family_of_case(name):
    """Cases of one architecture: `llama2-7b-meta-to-hf` and `llama3-8b-hf-to-litgpt` are one family."""
    return re.match(r"[a-z]+", name)[0]


def taught_by(score, corpus):
    """Family -> words that, of all the corpus, stand in its keys only."""
    from app.automap.names import joined, words

    spoken = {}
    for name, case in cases(score, corpus, "*"):
        known = spoken.setdefault(family_of_case(name), set())
        for segment in {segment for side in ("source", "target") for key in case[side] for segment in re.split(r"[./]", key)}:
            known.update((joined(segment), joined(segment).rstrip("0123456789"), *words(segment)))
    return {family: known - set().union(*(other for name, other in spoken.items() if name != family)) for family, known in spoken.items()}


def without(own):
    """The vocabulary without the words of one family; tables of gated feed-forwards that need one of them are struck out too."""
    from app.automap import feedforward, vocabulary

    feedforward.GATED = tuple((table, why) for table, why in vocabulary.GATED if not table.keys() & own)
    return vocabulary.Vocabulary(
        {word: meaning for word, meaning in vocabulary.SYNONYMS.items() if word not in own},
        vocabulary.SILENT,
        {word: role for word, role in vocabulary.ALONE.items() if word not in own},
        {word: parts for word, parts in vocabulary.COMPOUNDS.items() if word not in own},
    )


def run(score, corpus, order, variant, only, show):
    from app.automap import feedforward, propose, to_json, vocabulary

    feedforward.GATED = vocabulary.GATED
    options = {}
    if variant == "no-roles":
        from app.automap.vocabulary import NO_WORDS

        options["vocabulary"] = NO_WORDS
    rows, counts = [], []
    taught = taught_by(score, corpus) if variant == "family-out" else {}
    for name, given in cases(score, corpus, only):
        if taught:
            options["vocabulary"] = without(taught[family_of_case(name)])
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
    parser.add_argument("--reliability", nargs="*", default=None, help="corpora to weigh confidence on, instead of scoring")
    parser.add_argument("--plot", default="", help="SVG that the reliability is drawn to")
    args = parser.parse_args()
    score = scorer(CORPUS if args.corpus == "families" else Path(args.corpus))
    if args.reliability is not None:
        report_reliability(reliability(score, args.reliability or [str(CORPUS), "families"], args.only), args.plot)
        return
    print(score.HEAD)
    for variant in args.variant:
        for order in args.order:
            run(score, args.corpus, order, variant, args.only, args.cases)


if __name__ == "__main__":
    main()
