"""A frozen plan carries what it expects of its sources and the keys of its target, so that `apply` needs nothing else."""

import hashlib
from collections.abc import Mapping

import msgspec

from app.keys import KeyTree, TensorInfo, spell_token
from app.mapping.plan import FrozenTensor, Plan, SourceExpectation


def digest(tree: KeyTree) -> str:
    """Hash keys, shapes and dtypes, in whatever order they are listed: `sha256:` and 64 hexadecimal digits."""
    lines = sorted(f"{key}\0{info.shape}\0{info.dtype}" for key, info in tree.tensors.items())
    joined = "\n".join(lines).encode("utf-8", "surrogatepass")
    return "sha256:" + hashlib.sha256(joined).hexdigest()


def expectation(tree: KeyTree) -> SourceExpectation:
    """Say what a plan that was made for this tree expects."""
    return SourceExpectation(digest(tree), len(tree.tensors), tuple(spell_token(token) for token in tree.nesting))


def freeze(plan: Plan, sources: Mapping[str, KeyTree], target: KeyTree) -> Plan:
    """Return the plan with its source expectations and its frozen target."""
    frozen = {key: FrozenTensor(info.shape, info.dtype) for key, info in target.tensors.items()}
    return msgspec.structs.replace(plan, sources={name: expectation(tree) for name, tree in sources.items()}, target=frozen)


def thaw(plan: Plan) -> KeyTree:
    """Return the frozen target as a tree."""
    tensors = {key: TensorInfo(tensor.shape, tensor.dtype) for key, tensor in plan.target.items()}
    return KeyTree("plan", tensors, separator=_separator(plan.target))


def _separator(keys: Mapping[str, object]) -> str:
    slashes = sum("/" in key for key in keys)
    return "/" if slashes > len(keys) / 2 else "."


def unmet(plan: Plan, sources: Mapping[str, KeyTree]) -> list[str]:
    """Names of the sources that are not what the plan was frozen for (absent, or of another digest)."""
    return [name for name, expected in plan.sources.items() if name not in sources or digest(sources[name]) != expected.digest]
