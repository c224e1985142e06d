"""Stand-ins for what the standard library pickles: containers and scalars."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.readers.pickles.values import Array, Blob, Call, Global, Mapped

if TYPE_CHECKING:
    from app.readers.pickles.machine import Machine

Maker = Callable[["Machine", tuple[Any, ...]], Any]


def _mapping(machine: "Machine", args: tuple[Any, ...]) -> Mapped:
    made = Mapped()
    if args and type(args[-1]) in {Mapped, list, tuple}:
        machine.charge(len(args[-1]))
    if args and type(args[-1]) is Mapped:
        made.extend(args[-1])
    elif args and type(args[-1]) in {list, tuple}:
        for pair in args[-1]:
            if type(pair) not in {list, tuple} or len(pair) != 2:
                break
            made.extend(pair)
    return made


def _default_mapping(machine: "Machine", args: tuple[Any, ...]) -> Mapped:
    return _mapping(machine, args[1:])


def _sequence(machine: "Machine", args: tuple[Any, ...]) -> list[Any]:
    if not args:
        return []
    if type(args[0]) not in {list, tuple}:
        raise machine.malformed("arguments")
    machine.charge(len(args[0]))
    return list(args[0])


def _frozen(machine: "Machine", args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_sequence(machine, args))


def _tuple(machine: "Machine", args: tuple[Any, ...]) -> Any:
    """Stand for `tuple(...)`. Paddle writes a tensor that way: its name, and its array."""
    if args and type(args[0]) is tuple and [type(part) for part in args[0]] == [str, Array]:
        return args[0][1]
    return _frozen(machine, args)


def _complex(machine: "Machine", args: tuple[Any, ...]) -> complex:
    if not all(type(part) in {int, float} for part in args) or len(args) > 2:
        raise machine.malformed("arguments")
    return complex(*args)


def _encoded(machine: "Machine", args: tuple[Any, ...]) -> Any:
    if args and type(args[0]) is str:
        machine.charge(1, len(args[0]))
        coding = args[1] if len(args) > 1 else "latin1"
        return args[0].encode("latin1" if coding in {"latin1", "latin-1", "iso-8859-1"} else "utf-8", "replace")
    return args[0] if args and type(args[0]) is Blob else b""


def _raw(_machine: "Machine", args: tuple[Any, ...]) -> Any:
    return args[0] if args and type(args[0]) in {bytes, Blob, str} else b""


def _reconstructed(machine: "Machine", args: tuple[Any, ...]) -> Any:
    """Stand for `copyreg._reconstructor(cls, base, state)`, the object protocol of protocols 0 and 1."""
    if len(args) != 3 or type(args[0]) is not Global:
        raise machine.malformed("arguments")
    cls, _base, state = args
    if cls.maker is not None and cls.maker in {_mapping, _default_mapping, _sequence}:
        return cls.maker(machine, () if state is None else (state,))
    made = Call(cls, ())
    if type(state) is Mapped:
        made.pairs = state
    elif type(state) in {list, tuple}:
        machine.charge(len(state))
        made.items = list(state)
    return made


def _new_object(machine: "Machine", args: tuple[Any, ...]) -> Any:
    if not args or type(args[0]) is not Global:
        raise machine.malformed("arguments")
    cls = args[0]
    return cls.maker(machine, args[1:]) if cls.maker is not None else Call(cls, args[1:])


def _both(names: str, maker: Maker) -> dict[str, Maker]:
    return {f"{module}.{name}": maker for module in ("builtins", "__builtin__") for name in names.split()}


MAKERS: dict[str, Maker] = {
    "collections.OrderedDict": _mapping,
    "collections.Counter": _mapping,
    "collections.defaultdict": _default_mapping,
    "collections.deque": _sequence,
    "_codecs.encode": _encoded,
    "codecs.encode": _encoded,
    "copy_reg._reconstructor": _reconstructed,
    "copyreg._reconstructor": _reconstructed,
    "copyreg.__newobj__": _new_object,
    "copy_reg.__newobj__": _new_object,
    **_both("dict", _mapping),
    **_both("list set", _sequence),
    **_both("tuple", _tuple),
    **_both("frozenset", _frozen),
    **_both("complex", _complex),
    **_both("bytearray bytes", _raw),
}
