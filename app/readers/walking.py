"""From the value of a pickle to its leaves: every tensor with its path, every other leaf in a few words.

The walk is iterative and linear where containers are shared: one without tensors is entered once, one on its own path is a cycle.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from app.keys import ModuleInfo, Token
from app.keys.spelling import spell
from app.readers.errors import ReadLimitError
from app.readers.limits import Limits
from app.readers.pickles import Array, Blob, Call, Global, Mapped, Storage, Tensor
from app.readers.stands import Path, Stands

MAX_DIGITS = 400
_MODULE_PARTS = ("_parameters", "_buffers", "_modules")
_SHOWN = 120
_TORCHBIND = "torch.ScriptObject"
"""An object of torch's own C++ code: a quantized module keeps its weights in one, which state_dict unpacks."""
_MOST_PARTS = 64
_MOST_LEVELS = 4
"""Values in a tuple that is a key, and tuples inside each other."""


class Walked(NamedTuple):
    """All leaves of a file."""

    stands: Stands
    other: dict[str, str]
    modules: dict[str, ModuleInfo]
    flags: list[tuple[str, str]]


class _Step(NamedTuple):
    value: Any
    path: Path
    key: Path


class _Leave(NamedTuple):
    identity: int
    before: int


def walk(root: Any, name: str, limits: Limits) -> Walked:
    """Collect the leaves below `root`. Raises ReadLimitError (`limit`: depth, keys, key length)."""
    return _Walk(name, limits).run(root)


class _Walk:
    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._out = Walked(Stands(), {}, {}, [])
        self._stack: list[_Step | _Leave] = []
        self._active: set[int] = set()
        self._barren: set[int] = set()
        self._steps = 0

    def run(self, root: Any) -> Walked:
        self._stack.append(_Step(root, (), ()))
        while self._stack:
            step = self._stack.pop()
            if isinstance(step, _Leave):
                self._leave(step)
            else:
                self._enter(step)
        return self._out

    def _limit(self, detail: str) -> ReadLimitError:
        return ReadLimitError("limit", file=self._name, detail=detail)

    def _leave(self, step: _Leave) -> None:
        self._active.discard(step.identity)
        if self._out.stands.count == step.before:
            self._barren.add(step.identity)

    def _enter(self, step: _Step) -> None:
        kind = type(step.value)
        if kind is Array and step.value.dtype == "OBJECT":
            self._out.flags.append(("object_array", spell(step.key)))
            self._other(step)
        elif kind is Tensor or kind is Array:
            if self._out.stands.count >= self._limits.keys:
                raise self._limit("keys")
            self._out.stands.add(step.path, step.key, step.value)
        elif kind in _CONTAINERS and (kind is Call or step.value):
            self._container(step)
        else:
            self._other(step)

    def _container(self, step: _Step) -> None:
        identity = id(step.value)
        if identity in self._active:
            if len(self._out.flags) < self._limits.keys:
                self._out.flags.append(("cycle", spell(step.key)))
            return
        if identity in self._barren:
            return
        if len(step.path) > self._limits.depth:
            raise self._limit("depth")
        self._active.add(identity)
        self._stack.append(_Leave(identity, self._out.stands.count))
        before = len(self._stack)
        children = _CONTAINERS[type(step.value)](self, step)
        self._steps += children
        if self._steps > 8 * self._limits.keys + self._limits.opcodes:
            raise self._limit("keys")
        self._stack[before:] = self._stack[before:][::-1]
        if not children:
            self._other(step)

    def _other(self, step: _Step) -> None:
        if len(self._out.other) < self._limits.shown:
            self._out.other[spell(step.path)] = described(step.value)

    def token(self, value: Any) -> Token:
        """Check a dictionary key. Raises ReadLimitError where it is too long; an object that is no key of ours is told in a few words."""
        if type(value) is Blob:
            if value.length > self._limits.key_length:
                raise self._limit("key_length")
            value = value.read().decode("utf-8", "surrogateescape") if value.text else value.read()
        if type(value) is str:
            if len(value) > self._limits.key_length:
                raise self._limit("key_length")
            return value
        if value is None or type(value) in {bool, float}:
            return value  # type: ignore[no-any-return]  # narrowed by the line above
        if type(value) is int:
            if abs(value) >= 10**MAX_DIGITS:
                raise self._limit("key_length")
            return value
        if type(value) is bytes:
            return value
        if type(value) is tuple and _is_plain(value):
            return tuple(self.token(part) for part in value)
        return described(value)

    def mapped(self, step: _Step) -> int:
        """Push the values of a dictionary."""
        value: list[Any] = step.value
        if _TENSORS.issuperset(map(type, value[1::2])) and self._all_tensors(step, value[::2], value[1::2]):
            return len(value) // 2
        pairs = _unique(value[::2], value[1::2], self.token)
        for token, child in pairs:
            self._child(step, token, child)
        return len(pairs)

    def _all_tensors(self, step: _Step, keys: list[Any], values: list[Any]) -> bool:
        """Take a dictionary of nothing but tensors at once, if its keys are plain; False where each must be looked at by itself."""
        if not _TEXT.issuperset(map(type, keys)):
            return False
        found = dict(zip(keys, values, strict=False))
        if max(map(len, found)) > self._limits.key_length:
            raise self._limit("key_length")
        if self._out.stands.count + len(found) > self._limits.keys:
            raise self._limit("keys")
        self._out.stands.extend(step.path, step.key, found, found.values())
        return True

    def listed(self, step: _Step) -> int:
        """Push the items of a list; plain lists of scalars are one leaf."""
        value: list[Any] | tuple[Any, ...] = step.value
        if not any(type(item) in _DEEP for item in value):
            return 0
        for index, item in enumerate(value):
            self._child(step, index, item)
        return len(value)

    def _child(self, step: _Step, token: Token, value: Any) -> None:
        """Push what may hold tensors; tell of what holds none as long as there is room for it, and forget the rest."""
        if type(value) in _DEEP and (type(value) not in _EMPTIABLE or value):
            self._stack.append(_Step(value, (*step.path, token), (*step.key, token)))
        elif len(self._out.other) < self._limits.shown:
            self._other(_Step(value, (*step.path, token), (*step.key, token)))

    def called(self, step: _Step) -> int:
        """Push what an object of a foreign class holds: a module as a module, anything else by its attributes and items."""
        call: Call = step.value
        state = _state_of(call)
        if state is not None and is_module(state):
            return self._module(step, call, state)
        count = 0
        for part in (call.pairs, call.items, state if state is not None else call.state, call.args):
            if type(part) in _DEEP and part:
                count += _CONTAINERS[type(part)](self, step._replace(value=part)) if type(part) is not Call else self._push(part, step)
        return count

    def _push(self, part: Any, step: _Step) -> int:
        self._stack.append(_Step(part, (*step.path, "state"), (*step.key, "state")))
        return 1

    def _module(self, step: _Step, call: Call, state: Mapped) -> int:
        values = {key: value for key, value in _unique(state[::2], state[1::2], self.token) if type(key) is str}
        self._out.modules[spell(step.key)] = ModuleInfo(call.class_name, hyper=_hyperparameters(values))
        hidden = values.get("_non_persistent_buffers_set")
        skipped = {name for name in hidden if type(name) is str} if isinstance(hidden, list | tuple) else set()
        count = 0
        for part in _MODULE_PARTS:
            held = values.get(part)
            if type(held) is not Mapped:
                continue
            for token, child in _unique(held[::2], held[1::2], self.token):
                if child is not None and not (part == "_buffers" and token in skipped):
                    self._stack.append(_Step(child, (*step.path, part, token), (*step.key, token)))
                    count += 1
        for name, value in values.items():
            if type(value) is Call and value.class_name == _TORCHBIND and type(value.state) is tuple and value.state:
                self._stack.append(_Step(value.state[0], (*step.path, name), (*step.key, name)))
                count += 1
        return max(count, 1)


def _state_of(call: Call) -> Mapped | None:
    state = call.state
    if type(state) is tuple and len(state) == 2:
        state = state[0] if type(state[0]) is Mapped else state[1]
    return state if type(state) is Mapped else None


def is_module(state: Mapped) -> bool:
    """Whether this is what a `torch.nn.Module` leaves in a pickle."""
    return sum(1 for key in state[::2] if type(key) is str and key in _MODULE_PARTS) >= 2


def _unique(keys: list[Any], values: list[Any], token: Callable[[Any], Token]) -> list[tuple[Token, Any]]:
    """Pairs with equal keys made one, the last value winning as in Python, without hashing anything but strings.

    Objects that are no keys of ours are told apart by a number: an optimizer's state is kept by its tensors.
    """
    found: dict[str, tuple[Token, Any]] = {}
    taken: Counter[str] = Counter()
    for key, value in zip(keys, values, strict=False):
        made = token(key)
        if type(made) is str and type(key) not in _WRITTEN:
            taken = taken or Counter(each for each in keys if type(each) is str)
            taken[made] += 1
            made = made if taken[made] == 1 else f"{made} ({taken[made]})"
        spelt = made if type(made) is str and not made.startswith("~") else spell((made,))
        found[spelt] = (made, value)
    return list(found.values())


def _is_plain(value: Any) -> bool:
    """Whether a tuple is small enough to be a key, tuples inside it included: spelling doubles its length with each one around."""
    count, level = 0, [value]
    for _ in range(_MOST_LEVELS):
        count += sum(map(len, level))
        if count > _MOST_PARTS:
            return False
        level = [part for inner in level for part in inner if type(part) is tuple]
    return not level


def _hyperparameters(values: dict[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in values.items() if not key.startswith("_") and key != "training"}
    return {key: value for key, value in plain.items() if _is_hyper(value)}


def _is_hyper(value: Any) -> bool:
    return type(value) in {bool, float} or (type(value) is int and abs(value) < 1 << 53) or (type(value) is str and len(value) < _SHOWN)


def described(value: Any) -> str:
    """Return a value that is no tensor in a few words, without raw text of the file."""
    kind = type(value)
    if kind is str:
        return ascii(value[:_SHOWN]) + ("…" if len(value) > _SHOWN else "")
    if kind is int and value.bit_length() > 256:
        return f"a number of {value.bit_length()} bits"
    if kind is Call:
        return f"object of {shown_name(value.class_name) or 'an unnamed class'}"
    if kind is Global:
        return shown_name(value.full)
    if kind is Array:
        return f"array of Python objects, shape {list(value.shape or ())}"
    if kind is Storage:
        return f"storage of {value.nbytes} bytes"
    if kind is Blob:
        return f"{value.length} bytes"
    if kind is bytes:
        return f"{len(value)} bytes"
    if kind is Mapped:
        return "empty dictionary" if not value else f"dictionary of {len(value) // 2}"
    if kind in {list, tuple}:
        return _described_list(value)
    return repr(value)[:_SHOWN] if kind in {bool, int, float, complex, type(None)} else f"a {kind.__name__}"


def _described_list(value: list[Any] | tuple[Any, ...]) -> str:
    inner = [item for item in value[:8] if type(item) in {bool, int, float, str, type(None)}]
    if len(inner) == len(value):
        text = ", ".join(described(item) for item in inner)
        return f"[{text}]"[: 2 * _SHOWN]
    return f"list of {len(value)}"


def shown_name(name: str) -> str:
    """Return a dotted name fit for a message."""
    return ascii(name[:_SHOWN])[1:-1]


_WRITTEN = frozenset({str, Blob})
_EMPTIABLE = frozenset({Mapped, list, tuple})
_TENSORS, _TEXT = frozenset({Tensor}), frozenset({str})
_DEEP = frozenset({Tensor, Array, Mapped, list, tuple, Call})
_CONTAINERS: dict[type, Callable[[_Walk, _Step], int]] = {
    Mapped: _Walk.mapped,
    list: _Walk.listed,
    tuple: _Walk.listed,
    Call: _Walk.called,
}
