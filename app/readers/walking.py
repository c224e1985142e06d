"""From the value of a pickle to its leaves: every tensor with its path, every other leaf in a few words.

The walk is iterative and linear where containers are shared: one without tensors is entered once, one on its own path is a cycle.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
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
_COMPILED, _INNER = "torch._dynamo.eval_frame.OptimizedModule", "_orig_mod"
"""What torch.compile makes of a module, and the name of the module in it."""
_SHORT = 16
_MOST_TOLD = 1 << 20
_STEPS, _AGAIN, _VISIT = 8, 2, 8
"""For each key that a file may have: tokens of paths, and entries of containers that are entered again, a visit counted as some."""
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


class _Open(NamedTuple):
    """A container that is being walked: what is left of its children, and how many tensors there were before it."""

    step: _Step
    children: Iterator[_Step]
    before: int


def walk(root: Any, name: str, limits: Limits) -> Walked:
    """Collect the leaves below `root`. Raises ReadLimitError (`limit`: depth, keys, key length)."""
    return _Walk(name, limits).run(root)


class _Walk:
    """One walk.

    barren   -- containers without tensors: not entered again
    entered  -- containers that were entered
    again    -- entries of those that were entered once more, for each time
    steps    -- tokens of the paths of all containers
    told     -- characters of what `other` says
    hidden   -- names of buffers that are not kept, by the list that names them
    """

    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._out = Walked(Stands(), {}, {}, [])
        self._open: list[_Open] = []
        self._active: set[int] = set()
        self._barren: set[int] = set()
        self._entered: set[int] = set()
        self._again = 0
        self._steps = 0
        self._told = 0
        self._hidden: dict[int, frozenset[str]] = {}

    def run(self, root: Any) -> Walked:
        """Walk: a container's children are made one by one, so that a list of millions costs no more than itself."""
        self._enter(_Step(root, (), ()))
        while self._open:
            child = next(self._open[-1].children, None)
            if child is None:
                self._leave(self._open.pop())
            else:
                self._enter(child)
        return self._out

    def _limit(self, detail: str) -> ReadLimitError:
        return ReadLimitError("limit", file=self._name, detail=detail)

    def _leave(self, done: _Open) -> None:
        identity = id(done.step.value)
        self._active.discard(identity)
        if self._out.stands.count == done.before:
            self._barren.add(identity)

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
            self._cycle(step.key)
            return
        if identity in self._barren:
            return
        if len(step.path) > self._limits.depth:
            raise self._limit("depth")
        self._charge(step, identity)
        before = self._out.stands.count
        children = _CONTAINERS[type(step.value)](self, step)
        if children is None:
            self._barren.add(identity)
            self._other(step)
            return
        self._active.add(identity)
        self._open.append(_Open(step, children, before))

    def _charge(self, step: _Step, identity: int) -> None:
        """Hold what a small file may ask for by sharing: containers entered again and again, and paths that repeat a deep one."""
        self._steps += len(step.path)
        if self._steps > _STEPS * self._limits.keys:
            raise self._limit("keys")
        if identity not in self._entered:
            self._entered.add(identity)
            return
        held = step.value.state if type(step.value) is Call else step.value
        self._again += _VISIT + (len(held) if isinstance(held, list | tuple) else 0)
        if self._again > _AGAIN * self._limits.keys:
            raise self._limit("keys")

    def _cycle(self, key: Path) -> None:
        if len(self._out.flags) < self._limits.keys:
            self._out.flags.append(("cycle", spell(key)))

    def _other(self, step: _Step) -> None:
        if len(self._out.other) < self._limits.shown and self._told < _MOST_TOLD:
            key, text = spell(step.path), described(step.value)
            self._out.other[key] = text
            self._told += len(key) + len(text)

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

    def mapped(self, step: _Step) -> Iterator[_Step]:
        """Return the values of a dictionary."""
        value: list[Any] = step.value
        if _TENSORS.issuperset(map(type, value[1::2])) and self._all_tensors(step, value[::2], value[1::2]):
            return iter(())
        return self._children(step, _unique(value[::2], value[1::2], self.token))

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

    def listed(self, step: _Step) -> Iterator[_Step] | None:
        """Return the items of a list; plain lists of scalars are one leaf."""
        value: list[Any] | tuple[Any, ...] = step.value
        return None if _DEEP.isdisjoint(map(type, value)) else self._children(step, enumerate(value))

    def _children(self, step: _Step, pairs: Iterable[tuple[Token, Any]]) -> Iterator[_Step]:
        """Return what may hold tensors; tell of what holds none as long as there is room for it, and forget the rest."""
        for token, value in pairs:
            child = _Step(value, (*step.path, token), (*step.key, token))
            if type(value) in _DEEP and not _is_plain_leaf(value):
                yield child
            elif len(self._out.other) < self._limits.shown:
                self._other(child)

    def called(self, step: _Step) -> Iterator[_Step] | None:
        """Return what an object of a foreign class holds: a module as a module, anything else by its attributes and items."""
        call: Call = step.value
        state = _module_state(call)
        if state is not None:
            return self._module(step, call, state)
        if call.class_name == _COMPILED and call.args:
            self._out.modules[spell(step.key)] = ModuleInfo(call.class_name)
            return iter((_Step(call.args[0], (*step.path, "_modules", _INNER), (*step.key, _INNER)),))
        held = _state_of(call)
        parts = [self._part(step, part) for part in (call.pairs, call.items, call.state if held is None else held, call.args)]
        found = [part for part in parts if part is not None]
        return chain.from_iterable(found) if found else None

    def _part(self, step: _Step, part: Any) -> Iterator[_Step] | None:
        """Return what one of an object's parts holds."""
        if type(part) not in _DEEP or not part:
            return None
        if type(part) in _CONTAINERS and type(part) is not Call:
            return _CONTAINERS[type(part)](self, step._replace(value=part))
        return iter((_Step(part, (*step.path, "state"), (*step.key, "state")),))

    def _module(self, step: _Step, call: Call, state: Mapped) -> Iterator[_Step]:
        values = {key: value for key, value in _unique(state[::2], state[1::2], self.token) if type(key) is str}
        self._out.modules[spell(step.key)] = ModuleInfo(call.class_name, hyper=_hyperparameters(values))
        return self._module_parts(step, values)

    def _module_parts(self, step: _Step, values: dict[str, Any]) -> Iterator[_Step]:
        for part in _MODULE_PARTS:
            held = values.get(part)
            if type(held) is not Mapped or not held:
                continue
            skipped = self._not_kept(values.get("_non_persistent_buffers_set")) if part == "_buffers" else ()
            for token, child in _unique(held[::2], held[1::2], self.token):
                if child is not None and token not in skipped:
                    yield _Step(child, (*step.path, part, token), (*step.key, token))
        for name, value in values.items():
            if type(value) is Call and value.class_name == _TORCHBIND and type(value.state) is tuple and value.state:
                yield _Step(value.state[0], (*step.path, name), (*step.key, name))

    def _not_kept(self, names: Any) -> frozenset[str]:
        """Names of buffers that state_dict leaves out."""
        if not isinstance(names, list | tuple):
            return frozenset()
        known = self._hidden.get(id(names))
        if known is None:
            known = self._hidden[id(names)] = frozenset(name for name in names if type(name) is str)
        return known


def _state_of(call: Call) -> Mapped | None:
    state = call.state
    if type(state) is tuple and len(state) == 2:
        state = state[0] if type(state[0]) is Mapped else state[1]
    return state if type(state) is Mapped else None


def _module_state(call: Call) -> Mapped | None:
    """Attributes of a module: its state, or, of one that torch.fx traced, what its maker is given."""
    for held in (_state_of(call), *call.args[:1]):
        if type(held) is Mapped and is_module(held):
            return held
    return None


def _is_plain_leaf(value: Any) -> bool:
    """Whether a look tells that there is nothing inside."""
    if type(value) is Call:
        return not (value.args or value.items or value.pairs or value.state)
    if type(value) not in _EMPTIABLE:
        return False
    return not value or (type(value) is not Mapped and len(value) <= _SHORT and _DEEP.isdisjoint(map(type, value)))


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
_CONTAINERS: dict[type, Callable[[_Walk, _Step], Iterator[_Step] | None]] = {
    Mapped: _Walk.mapped,
    list: _Walk.listed,
    tuple: _Walk.listed,
    Call: _Walk.called,
}
