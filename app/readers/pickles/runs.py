"""Runs of plain tensors: the same thirty-odd opcodes again and again, told by their bytes instead of one by one.

A state dict is a few values and then thousands of records of tensors. The first of them is walked opcode by opcode; those that follow and
look exactly alike are taken here. What looks alike but is not (another global, a memo index out of order) is left to the walk, which then
decides as if there were no short cut.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from struct import Struct
from typing import Any

from app.readers.pickles.records import FORMS, Form, Kind, Layout, Parts, first_put, kind_of, parts_of
from app.readers.pickles.values import Mapped, Storage, Tensor

OPCODES = 48
"""What one tensor of a run is charged: no fewer than it has."""
LONGEST_KEY = 65_535
_TEXT, _GET = 0x58, 0x6A
"""BINUNICODE and LONG_BINGET: a key that stands there, a key that was remembered."""
_U32 = Struct("<I").unpack_from
_MOST_PUTS = 8
_SEGMENT = -7
"""From here on a key says too little (`.weight`): what it names is guessed by one segment more, in each layer anew."""


class Run:
    """Tensors that followed each other.

    keys, storages -- in order: the keys, and those of the storages
    layouts        -- how each record stood there, and what it meant
    first, last    -- the memo indices that their opcodes wrote: first .. last - 1
    end            -- where the walk goes on
    """

    __slots__ = ("end", "first", "keys", "last", "layouts", "storages", "tensors")

    def __init__(self, start: int) -> None:
        self.keys: list[str] = []
        self.layouts: list[Layout] = []
        self.storages: list[bytes] = []
        self.tensors: list[Tensor] = []
        self.first = self.last = 0
        self.end = start

    def made(self) -> Iterator[tuple[str, Tensor]]:
        """Make the tensors; return them with their keys."""
        self.tensors = [
            Tensor(
                element,
                shape,
                stride,
                offset,
                Storage(dtype, storage.decode("utf-8", "surrogatepass"), location, nbytes),
                "strided",
                "",
                False,
                grad,
            )
            for (_cls, dtype, location, _numel, nbytes, element, shape, stride, offset, grad, _relied), storage in zip(
                [layout.kind for layout in self.layouts], self.storages, strict=True
            )
        ]
        return zip(self.keys, self.tensors, strict=True)

    def memo(self) -> dict[int, Any]:
        """Return what the opcodes put into the memo."""
        out: list[Any] = []
        for key, tensor, layout in zip(self.keys, self.tensors, self.layouts, strict=True):
            kind = layout.kind
            storage: Any = tensor.storage
            sizes = (kind.shape, kind.stride)
            state = Mapped()
            named = ("storage", kind.cls, storage.key, kind.location, kind.numel)
            args = (storage, kind.offset, *sizes, kind.grad, state)
            out += (*((key,) if layout.text else ()), storage.key, named, *(sizes if kind.shape else ()), state, args, tensor)
        return dict(enumerate(out, self.first))


class Memo(dict[int, Any]):
    """A memo whose part that runs wrote is made when somebody asks for it: hardly ever.

    unmade   -- how many indices that is
    follower -- takes runs; None before the first, and where there shall be no more
    """

    __slots__ = ("_runs", "follower", "unmade")

    def __init__(self, *, runs: bool) -> None:
        super().__init__()
        self._runs: list[Run] = []
        self.unmade = 0
        self.follower = Follower() if runs else None

    def take(self, run: Run) -> None:
        """Remember that a run wrote its indices."""
        self._runs.append(run)
        self.unmade += run.last - run.first

    def make(self) -> None:
        """Make everything that runs wrote and nobody overwrote since."""
        runs, self._runs, self.unmade = self._runs, [], 0
        for run in reversed(runs):  # of two that wrote one index the later one counts
            for index, value in run.memo().items():
                self.setdefault(index, value)

    def __missing__(self, index: int) -> Any:
        if not self._runs:
            raise KeyError(index)
        self.make()
        return self[index]


class Follower:
    """Takes the runs of one pickle; what it learned in one it knows in the next."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._parts: dict[str, Parts] = {}
        self._kinds: dict[Parts, Kind | None] = {}
        self._layouts: dict[tuple[Parts, int, bool], Layout] = {}
        self._likely: dict[tuple[int, bool], dict[str, Layout]] = {(width, text): {} for width in (1, 4) for text in (True, False)}
        self._relied: dict[int, Any] = {}

    def follow(self, memo: Memo, buf: bytes, pos: int) -> Run | None:
        """Take the tensors that follow at `pos`, where a key stands; None where none do."""
        if any(memo.get(index) is not value for index, value in self._relied.items()):
            self._forget()
        run = Run(pos)
        with suppress(UnicodeDecodeError):  # a key that is no text: the walk will tell
            form, found = self._first(buf, pos)
            if form is not None and found is not None:
                run.first = run.last = first_put(found.groups(b""))
                while self._alike(memo, run, form, buf) and self._learn(memo, run, form, buf):
                    pass
        return _checked(memo, run) if run.keys else None

    def _first(self, buf: bytes, pos: int) -> tuple[Form | None, re.Match[bytes] | None]:
        """Return how indices are written here, and what the pattern finds behind the first key."""
        if buf[pos] == _GET:
            return FORMS[0x72], FORMS[0x72].after_get(buf, pos + 5)
        end = pos + 5 + _U32(buf, pos + 1)[0]
        form = FORMS.get(buf[end]) if end < len(buf) else None
        return form, None if form is None else form.after_text(buf, end)

    def _alike(self, memo: Memo, run: Run, form: Form, buf: bytes) -> bool:
        """Take records that are laid out as those before them; return whether one that is not may stand next."""
        keys, layouts, storages, read = run.keys, run.layouts, run.storages, int.from_bytes
        texts, gets = self._likely[form.width, True], self._likely[form.width, False]
        pos, index, layout = run.end, run.last, None
        most, bound = len(buf) - 5, (1 << 8 * form.width) - _MOST_PUTS  # no index may outgrow its bytes
        try:
            while pos < most and index < bound:
                if buf[pos] == _TEXT:
                    end = pos + 5 + _U32(buf, pos + 1)[0]
                    if end - pos > LONGEST_KEY:
                        return False
                    key = buf[pos + 5 : end].decode("utf-8", "surrogatepass")
                    layout = texts.get(key[key.rfind(".", 0, _SEGMENT) :], layout)
                else:
                    remembered = _remembered(memo, buf, pos, range(run.first, index))
                    if remembered is None:
                        return False
                    end, key = pos + 5, remembered
                    layout = gets.get(key[key.rfind(".", 0, _SEGMENT) :], layout)
                if layout is None or (place := end + layout.head) > most:
                    return True
                back = place + buf[place - 4]
                after = back + layout.rest
                if read(buf[end:place] + buf[back:after], "little") & layout.mask != layout.base + index * layout.step:
                    return True
                keys.append(key)
                layouts.append(layout)
                storages.append(buf[place:back])
                index += layout.puts
                pos = after
        finally:
            run.last, run.end = index, pos
        return False

    def _learn(self, memo: Memo, run: Run, form: Form, buf: bytes) -> bool:
        """Find out how the record that stands next is laid out; return whether that is news."""
        pos = run.end
        text = buf[pos] == _TEXT
        end = pos + 5 + (_U32(buf, pos + 1)[0] if text else 0)
        key = buf[pos + 5 : end].decode("utf-8", "surrogatepass") if text else memo[_U32(buf, pos + 1)[0]]
        guess, likely = key[key.rfind(".", 0, _SEGMENT) :], self._likely[form.width, text]
        parts = None if guess in likely else self._parts.get(guess)
        if parts is None:
            found = (form.after_text if text else form.after_get)(buf, end)
            if found is None:
                return False
            parts = parts_of(found.groups(b""))
        layout = self._layout(memo, parts, form, text=text)
        if layout is None or likely.get(guess) is layout:
            return False
        self._parts[guess], likely[guess] = parts, layout
        return True

    def _layout(self, memo: Memo, parts: Parts, form: Form, *, text: bool) -> Layout | None:
        found = self._layouts.get((parts, form.width, text))
        if found is not None:
            return found
        if parts not in self._kinds:
            self._kinds[parts] = kind_of(parts, memo)
        kind = self._kinds[parts]
        if kind is None:
            return None
        self._relied.update(kind.relied)
        made = self._layouts[parts, form.width, text] = Layout(parts, kind, form, text=text)
        return made


def _remembered(memo: Memo, buf: bytes, pos: int, written: range) -> str | None:
    """Return the key that stands in the memo; None where there is none, or where it is one that this run wrote."""
    index = _U32(buf, pos + 1)[0]
    key = None if buf[pos] != _GET or index in written else memo[index]
    return key if type(key) is str else None


def _checked(memo: Memo, run: Run) -> Run | None:
    """Return the run if nobody had written one of its indices. Where somebody had, there are no more runs: torch writes no such file."""
    count = run.last - run.first
    if (len(memo) < count and max(memo, default=-1) < run.first) or memo.keys().isdisjoint(range(run.first, run.last)):
        return run
    memo.follower = None
    return None
