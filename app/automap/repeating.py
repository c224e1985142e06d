"""What a decision says of keys that nothing else speaks for: the same names under other numbers, and the parameters beside it."""

import re
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping

from app.keys import KeyTree
from app.mapping.claims import Claim

_NUMBER = re.compile(r"(?<![^./])[0-9]+(?![^./])")
_LAST = re.compile(r"[^./]+\Z")


def repeated(
    fixed: Mapping[str, Claim | None], claimed: Container[str], sources: Mapping[str, KeyTree], target: KeyTree
) -> Iterator[tuple[str, Claim]]:
    """Yield target key -> claim for keys that nothing is proposed for, where a decided key and its source count alike."""
    heard: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for key, claim in fixed.items():
        if claim is None or claim.op != "identity" or len(claim.sources) != 1 or key in claimed:
            continue
        source, name = claim.sources[0], claim.names[0] if claim.names else ""
        if _NUMBER.findall(key) != _NUMBER.findall(source):
            continue
        heard[_form(key)].add((_form(source), name))
        if key[_last(key) :] == source[_last(source) :]:
            heard[_form(key[: _last(key)])].add((_form(source[: _last(source)]), name))
    lessons = {form: said.pop() for form, said in heard.items() if len(said) == 1}
    for key in target.tensors if lessons else ():
        if key in claimed or key in fixed or len(heard.get(_form(key), ())) > 1:
            continue
        own = _last(key)
        taught, rest = (lessons[_form(key)], "") if _form(key) in lessons else (lessons.get(_form(key[:own])), key[own:])
        if taught is None or taught[1] not in sources:
            continue
        source = taught[0] % tuple(_NUMBER.findall(key)) + rest
        tensor = sources[taught[1]].tensors.get(source)
        if tensor is not None and tensor.shape == target.tensors[key].shape:
            yield key, Claim((source,), names=(taught[1],) if taught[1] else ())


def _form(key: str) -> str:
    return _NUMBER.sub("%s", key.replace("%", "%%"))


def _last(key: str) -> int:
    found = _LAST.search(key)
    return found.start() if found else 0
