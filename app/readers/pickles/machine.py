"""The pickle machine: walks the opcodes of all protocols and builds inert values, within budgets.

It has no recursion, imports nothing, calls nothing, hashes nothing that the file chose but short strings and small integers, and sizes
nothing by a number that stands in the file. Source of the opcodes: CPython, Lib/pickletools.py.
"""

import codecs
from collections.abc import Callable
from itertools import chain
from struct import Struct, unpack_from
from struct import error as struct_error
from typing import Any

from app.readers.errors import PickleError, ReadLimitError
from app.readers.limits import Limits
from app.readers.pickles import building
from app.readers.pickles.runs import OPCODES, Memo, Run
from app.readers.pickles.values import Blob, Global, Mapped, Tensor
from app.readers.pickles.window import Window
from app.sources import ByteSource

SKIPPED = 65_536
"""Strings from this many bytes on are not read but remembered by their place."""
_REMEMBERED = 16
"""Byte strings from this length on keep their place, so that an array inside a pickle can be found again."""
_MAX_NUMBER = 4_096
_MAX_LINE = 1 << 20
_STRIDE = 4096
"""Opcodes between two looks at the budgets."""
_U16 = Struct("<H").unpack_from
_I32 = Struct("<i").unpack_from
_U32 = Struct("<I").unpack_from
_U64 = Struct("<Q").unpack_from
_F64 = Struct(">d").unpack_from


class Machine:
    """Reads the pickles of one file, one after the other, against one budget.

    persistent -- turns a persistent id into a value; None where there should be none
    nested     -- reads a torch file that lies inside the pickle
    runs       -- whether ids name storages as torch's zip files name them, so that runs of tensors may be taken at once
    globals    -- every global named so far, by its dotted name
    """

    def __init__(
        self,
        name: str,
        limits: Limits,
        persistent: Callable[[Any], Any] | None = None,
        nested: Callable[["Machine", Blob | bytes], Any] | None = None,
        *,
        runs: bool = False,
    ) -> None:
        self.name = name
        self.limits = limits
        self.persistent = persistent
        self.nested = nested
        self.runs = runs
        self.globals: dict[str, Global] = {}
        self.opcodes_left = limits.opcodes
        self.bytes_left = limits.pickle_bytes

    def load(self, source: ByteSource, start: int = 0, end: int | None = None) -> tuple[Any, int]:
        """Read one pickle; return its value and the position after it. Raises PickleError and ReadLimitError."""
        window = Window(source, start, end)
        try:
            return self._walk(window)
        except (LookupError, struct_error) as error:
            raise self.malformed("stack" if window.base + window.soft < window.end else "cut") from error
        except (ValueError, OverflowError, UnicodeError) as error:
            raise self.malformed("value") from error
        except (TypeError, AttributeError) as error:
            raise self.malformed("type") from error

    def malformed(self, detail: str) -> PickleError:
        """Return the error of a pickle that is none."""
        return PickleError("malformed_pickle", file=self.name, detail=detail)

    def limit(self, detail: str) -> ReadLimitError:
        """Return the error of a pickle that asks for too much."""
        return ReadLimitError("limit", file=self.name, detail=detail)

    def charge(self, made: int, size: int = 0) -> None:
        """Count values, and bytes, that are made of others which stand there once: copying is no way around the budgets."""
        self.opcodes_left -= made
        self.bytes_left -= size
        if self.opcodes_left < 0:
            raise self.limit("opcodes")
        if self.bytes_left < 0:
            raise self.limit("pickle_bytes")

    def name_of(self, module: str, name: str) -> Global:
        """Return the one value that stands for a global."""
        full = f"{module}\n{name}"
        known = self.globals.get(full)
        if known is None:
            if len(full) > 1024:
                raise self.malformed("global")
            if len(self.globals) >= self.limits.globals:
                raise self.limit("globals")
            known = self.globals[full] = Global(module, name, building.maker_of(module, name))
        known.uses += 1
        return known

    def _persistent(self, pid: Any) -> Any:
        if self.persistent is None:
            raise self.malformed("persistent")
        return self.persistent(pid)

    def _walk(self, window: Window) -> tuple[Any, int]:
        # One loop over local variables, the commonest opcodes first: a 92,000-tensor state dict is five million opcodes.
        stack: list[Any] = []
        marks: list[int] = []
        memo = Memo(runs=self.runs)
        push, pop = stack.append, stack.pop
        buf, pos, soft = window.buf, 0, window.soft
        max_stack, max_memo, max_key = self.limits.stack, self.limits.memo, SKIPPED
        runs = self.runs
        for spent in range(0, self.opcodes_left, _STRIDE):
            if spent > self.opcodes_left:
                raise self.limit("opcodes")
            if len(stack) > max_stack:
                raise self.limit("stack")
            if len(memo) + memo.unmade > max_memo:
                raise self.limit("memo")
            if window.walked > self.bytes_left:
                raise self.limit("pickle_bytes")
            for _ in range(_STRIDE):
                if pos > soft:
                    window.move(window.base + pos)
                    buf, pos, soft = window.buf, 0, window.soft
                op = buf[pos]
                pos += 1
                if op == 0x72:  # LONG_BINPUT
                    memo[_U32(buf, pos)[0]] = stack[-1]
                    pos += 4
                elif op == 0x68:  # BINGET
                    push(memo[buf[pos]])
                    pos += 1
                elif op == 0x4B:  # BININT1
                    push(buf[pos])
                    pos += 1
                elif op == 0x71:  # BINPUT
                    memo[buf[pos]] = stack[-1]
                    pos += 1
                elif op == 0x6A:  # LONG_BINGET
                    value = memo[_U32(buf, pos)[0]]
                    if runs and type(value) is str and stack and type(stack[-1]) is Tensor:
                        run = self._followed(memo, buf, pos - 1)
                        if run is not None:
                            stack += chain.from_iterable(run.made())
                            pos = run.end
                            continue
                    push(value)
                    pos += 4
                elif op == 0x94:  # MEMOIZE
                    if memo.unmade:
                        memo.make()
                    memo[len(memo)] = stack[-1]
                elif op in {88, 140, 141}:  # BINUNICODE, SHORT_BINUNICODE, BINUNICODE8
                    if op == 0x58:
                        if runs and stack and type(stack[-1]) is Tensor:
                            run = self._followed(memo, buf, pos - 1)
                            if run is not None:
                                stack += chain.from_iterable(run.made())
                                pos = run.end
                                continue
                        size = _U32(buf, pos)[0]
                        pos += 4
                    elif op == 0x8C:
                        size = buf[pos]
                        pos += 1
                    else:
                        size = _U64(buf, pos)[0]
                        pos += 8
                    if size >= max_key:
                        push(self._skipped(window, pos, size, text=True))
                        window.move(window.base + pos + size)
                        buf, pos, soft = window.buf, 0, window.soft
                    else:
                        end = pos + size
                        if end > len(buf):
                            window.move(window.base + pos, size)
                            buf, pos, soft, end = window.buf, 0, window.soft, size
                        push(buf[pos:end].decode("utf-8", "surrogatepass"))
                        pos = end
                elif op == 0x28:  # MARK
                    marks.append(len(stack))
                elif op == 0x74:  # TUPLE
                    mark = marks.pop()
                    stack[mark:] = [tuple(stack[mark:])]
                elif op == 0x51:  # BINPERSID
                    stack[-1] = self._persistent(stack[-1])
                elif op == 0x52:  # REDUCE
                    args = pop()
                    if type(args) is not tuple:
                        raise self.malformed("arguments")
                    stack[-1] = building.call(self, stack[-1], args)
                elif op == 0x85:  # TUPLE1
                    stack[-1] = (stack[-1],)
                elif op == 0x86:  # TUPLE2
                    last = pop()
                    stack[-1] = (stack[-1], last)
                elif op == 0x87:  # TUPLE3
                    last, middle = pop(), pop()
                    stack[-1] = (stack[-1], middle, last)
                elif op == 0x89:  # NEWFALSE
                    push(False)
                elif op == 0x88:  # NEWTRUE
                    push(True)
                elif op == 0x4E:  # NONE
                    push(None)
                elif op == 0x29:  # EMPTY_TUPLE
                    push(())
                elif op == 0x4D:  # BININT2
                    push(_U16(buf, pos)[0])
                    pos += 2
                elif op == 0x4A:  # BININT
                    push(_I32(buf, pos)[0])
                    pos += 4
                elif op == 0x7D:  # EMPTY_DICT
                    push(Mapped())
                elif op == 0x5D:  # EMPTY_LIST
                    push([])
                elif op == 0x75:  # SETITEMS
                    mark = marks.pop()
                    if (len(stack) - mark) % 2 or mark < 1:
                        raise self.malformed("pairs")
                    building.set_items(self, stack[mark - 1], stack[mark:])
                    del stack[mark:]
                elif op == 0x73:  # SETITEM
                    value, key = pop(), pop()
                    building.set_items(self, stack[-1], [key, value])
                elif op == 0x65:  # APPENDS
                    mark = marks.pop()
                    if mark < 1:
                        raise self.malformed("stack")
                    building.append(self, stack[mark - 1], stack[mark:])
                    del stack[mark:]
                elif op == 0x61:  # APPEND
                    value = pop()
                    building.append(self, stack[-1], [value])
                elif op == 0x63:  # GLOBAL
                    module, pos = self._line(window, pos)
                    buf, soft = window.buf, window.soft
                    name, pos = self._line(window, pos)
                    buf, soft = window.buf, window.soft
                    push(self.name_of(module.decode("utf-8"), name.decode("utf-8")))
                elif op == 0x93:  # STACK_GLOBAL
                    last = pop()
                    if type(last) is not str or type(stack[-1]) is not str:
                        raise self.malformed("global")
                    stack[-1] = self.name_of(stack[-1], last)
                elif op == 0x62:  # BUILD
                    state = pop()
                    building.build(self, stack[-1], state)
                elif op == 0x81:  # NEWOBJ
                    args = pop()
                    if type(args) is not tuple:
                        raise self.malformed("arguments")
                    stack[-1] = building.call(self, stack[-1], args, new=True)
                elif op == 0x92:  # NEWOBJ_EX
                    extra, args = pop(), pop()
                    if type(args) is not tuple:
                        raise self.malformed("arguments")
                    self.charge(len(args))
                    stack[-1] = building.call(self, stack[-1], (*args, extra), new=True)
                elif op == 0x6F:  # OBJ
                    mark = marks.pop()
                    args = tuple(stack[mark + 1 :])
                    cls = stack[mark]
                    stack[mark:] = [building.call(self, cls, args)]
                elif op == 0x69:  # INST
                    module, pos = self._line(window, pos)
                    name, pos = self._line(window, pos)
                    buf, soft = window.buf, window.soft
                    mark = marks.pop()
                    cls = self.name_of(module.decode("utf-8"), name.decode("utf-8"))
                    stack[mark:] = [building.call(self, cls, tuple(stack[mark:]))]
                elif op == 0x2E:  # STOP
                    value = pop()
                    self._spend(window, pos, spent)
                    return value, window.base + pos
                elif op in _BYTES:  # BINBYTES and its kin, strings of Python 2
                    form, width = _BYTES[op]
                    size = unpack_from(form, buf, pos)[0]
                    pos += width
                    if size < 0:
                        raise self.malformed("length")
                    if size >= (max_key if op in _STRINGS else _REMEMBERED):
                        push(self._skipped(window, pos, size))
                        if pos + size <= soft:
                            pos += size
                        else:
                            window.move(window.base + pos + size)
                            buf, pos, soft = window.buf, 0, window.soft
                    else:
                        if pos + size > len(buf):
                            window.move(window.base + pos, size)
                            buf, pos, soft = window.buf, 0, window.soft
                        push(_python2(buf[pos : pos + size]) if op in _STRINGS else buf[pos : pos + size])
                        pos += size
                elif op == 0x47:  # BINFLOAT
                    push(_F64(buf, pos)[0])
                    pos += 8
                elif op in {138, 139}:  # LONG1, LONG4
                    size = buf[pos] if op == 0x8A else _I32(buf, pos)[0]
                    pos += 1 if op == 0x8A else 4
                    if not 0 <= size <= _MAX_NUMBER:
                        raise self.limit("number")
                    if pos + size > len(buf):
                        window.move(window.base + pos, size)
                        buf, pos, soft = window.buf, 0, window.soft
                    push(int.from_bytes(buf[pos : pos + size], "little", signed=True))
                    pos += size
                elif op == 0x80:  # PROTO
                    if buf[pos] > 5:
                        raise self.malformed("protocol")
                    pos += 1
                elif op == 0x95:  # FRAME
                    pos += 8
                elif op == 0x30:  # POP
                    if marks and marks[-1] == len(stack):
                        marks.pop()
                    else:
                        pop()
                elif op == 0x31:  # POP_MARK
                    del stack[marks.pop() :]
                elif op == 0x32:  # DUP
                    push(stack[-1])
                elif op == 0x8F:  # EMPTY_SET
                    push([])
                elif op == 0x90:  # ADDITEMS
                    mark = marks.pop()
                    if mark < 1:
                        raise self.malformed("stack")
                    building.append(self, stack[mark - 1], stack[mark:])
                    del stack[mark:]
                elif op == 0x91:  # FROZENSET
                    mark = marks.pop()
                    stack[mark:] = [tuple(stack[mark:])]
                elif op == 0x6C:  # LIST
                    mark = marks.pop()
                    stack[mark:] = [stack[mark:]]
                elif op == 0x64:  # DICT
                    mark = marks.pop()
                    if (len(stack) - mark) % 2:
                        raise self.malformed("pairs")
                    stack[mark:] = [Mapped(stack[mark:])]
                elif op in _WRITTEN and buf.find(b"\n", pos) < 0:  # long: an array of protocol 0
                    push(self._skipped_line(window, pos, op))
                    buf, pos, soft = window.buf, 0, window.soft
                elif op in _LINES:
                    line, pos = self._line(window, pos)
                    buf, soft = window.buf, window.soft
                    if op == 0x70:  # PUT
                        memo[_index(line)] = stack[-1]
                    elif op == 0x67:  # GET
                        push(memo[_index(line)])
                    elif op == 0x50:  # PERSID
                        push(self._persistent(line.decode("utf-8")))
                    else:
                        push(_parsed(op, line))
                else:
                    raise self.malformed("opcode")
        raise self.limit("opcodes")

    def _followed(self, memo: Memo, buf: bytes, pos: int) -> Run | None:
        """Take what follows at once where it is a run of tensors, and charge it."""
        if pos + 8 > len(buf) or memo.follower is None:
            return None
        run = memo.follower.follow(memo, buf, pos)
        if run is not None:
            memo.take(run)
            self.opcodes_left -= OPCODES * len(run.keys)
        return run

    def _spend(self, window: Window, pos: int, opcodes: int) -> None:
        self.opcodes_left -= opcodes
        self.bytes_left -= window.walked - (len(window.buf) - pos)

    def _skipped(self, window: Window, pos: int, size: int, *, text: bool = False) -> Blob:
        start = window.base + pos
        if start + size > window.end:
            raise self.malformed("cut")
        window.skip(pos, size)
        return Blob(window.source, start, size, text=text)

    def _skipped_line(self, window: Window, pos: int, op: int) -> Any:
        """Look for the end of a line beyond the window; one that is long is remembered by its place."""
        start = at = window.base + pos
        while (found := window.buf.find(b"\n", at - window.base)) < 0:
            at = window.base + len(window.buf)
            if at >= window.end:
                raise self.malformed("line")
            if window.walked > self.bytes_left:
                raise self.limit("pickle_bytes")
            window.move(at)
        length = window.base + found - start
        window.move(start + length + 1)
        blob = Blob(window.source, start, length, escaped=True)
        return blob if length >= SKIPPED else _parsed(op, blob.read())

    def _line(self, window: Window, pos: int) -> tuple[bytes, int]:
        end = window.buf.find(b"\n", pos)
        if end < 0:
            start = window.base + pos
            window.move(start, min(_MAX_LINE, window.end - start))
            pos, end = 0, window.buf.find(b"\n")
            if end < 0:
                raise self.malformed("line")
        return window.buf[pos:end], end + 1


_BYTES = {0x42: ("<I", 4), 0x43: ("<B", 1), 0x8E: ("<Q", 8), 0x96: ("<Q", 8), 0x54: ("<i", 4), 0x55: ("<B", 1)}
"""BINBYTES, SHORT_BINBYTES, BINBYTES8, BYTEARRAY8, BINSTRING, SHORT_BINSTRING: form and width of the length."""
_STRINGS = frozenset({0x54, 0x55})
_LINES = frozenset(b"pgPIFLSV")
_WRITTEN = frozenset(b"SV")
"""STRING and UNICODE: lines of any length."""


def _index(line: bytes) -> int:
    if len(line) > 10 or not line.isdigit():
        raise ValueError(line)
    return int(line)


def _python2(data: bytes) -> str | bytes:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data


def _parsed(op: int, line: bytes) -> Any:
    if op == 0x49:  # INT
        return line == b"01" if line in {b"00", b"01"} else int(line)
    if op == 0x4C:  # LONG
        return int(line.removesuffix(b"L"))
    if op == 0x46:  # FLOAT
        return float(line)
    if op == 0x56:  # UNICODE
        return codecs.decode(line, "raw-unicode-escape")
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in {b"'", b'"'}:  # STRING
        raise ValueError(line)
    return _python2(codecs.escape_decode(line[1:-1])[0])
