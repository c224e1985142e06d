"""Reading in a limited child process: whatever a file does to the reader, this process gets a tree or one error."""

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import msgspec

from app.errors import KeygraftError, LimitError, NotFoundError, RefusedError
from app.keys import KeyTree, Token
from app.keys.documents import dump_tree, load_tree
from app.keys.spelling import parse_token, spell_token
from app.readers import errors
from app.readers.errors import ReadError, ReadLimitError
from app.readers.limits import Limits
from app.readers.reading import read
from app.sandbox.limited import LimitedWorker, available
from app.sources import FileSet, LentFiles, LocalFiles, Range, RangeStore, RangesWanted
from app.sources.local import shown_name
from app.sources.protocol import merged

_FAMILIES: dict[str, type[KeygraftError]] = {
    kind.__name__: kind
    for kind in (
        KeygraftError,
        NotFoundError,
        RefusedError,
        LimitError,
        *(each for each in vars(errors).values() if isinstance(each, type)),
    )
    if issubclass(kind, KeygraftError)
}


class _Request(msgspec.Struct):
    """What is to be read: a path of this machine, or lent files with the ranges that were sent."""

    nesting: tuple[str, ...] | None
    limits: Limits
    path: bytes = b""
    sizes: dict[str, int] = {}
    store: bytes = b""


class _Answer(msgspec.Struct):
    """A tree, ranges that are wanted, or an error; and which ranges of lent files were of use."""

    tree: bytes = b""
    wanted: tuple[tuple[str, int, int], ...] = ()
    used: tuple[tuple[str, int, int], ...] = ()
    family: str = ""
    code: str = ""
    params: dict[str, str | int | float] = {}


def read_limited(
    files: FileSet | str | os.PathLike[str],
    *,
    nesting: tuple[Token, ...] | None = None,
    limits: Limits | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> KeyTree:
    """Read a key tree like `readers.read`, in a child process under `limits`.

    files -- a path, LocalFiles or LentFiles
    Where the system has no such processes (Windows), the budgets of the readers alone must do.
    Of what was sent of lent files only what was of use is kept.
    Raises RangesWanted where a lent file lacks bytes; KeygraftError for all else: `limit` where time or memory ran out,
    `reader_failed` where the child broke down.
    """
    limits = limits or Limits()
    request = msgspec.msgpack.encode(_request(files, nesting, limits))
    if not available():
        return _taken(msgspec.msgpack.decode(answer(request), type=_Answer), files)
    outcome = _worker().run(request, seconds=limits.seconds, memory=limits.memory_bytes, wall=limits.wall_seconds, cancelled=cancelled)
    if outcome.answer is None:
        raise _stopped(outcome.reason, _name(files))
    return _taken(msgspec.msgpack.decode(outcome.answer, type=_Answer), files)


def _request(files: FileSet | str | os.PathLike[str], nesting: tuple[Token, ...] | None, limits: Limits) -> _Request:
    spelt = None if nesting is None else tuple(spell_token(token) for token in nesting)
    if isinstance(files, LentFiles):
        return _Request(spelt, limits, sizes=files.sizes, store=files.store.to_bytes())
    path = files.path if isinstance(files, LocalFiles) else Path(os.fspath(files))  # type: ignore[arg-type]  # the two kinds of sets are handled
    return _Request(spelt, limits, path=os.fsencode(path.absolute()))


def _name(files: FileSet | str | os.PathLike[str]) -> str:
    if isinstance(files, LocalFiles | LentFiles):
        return next(iter(files.names()), "")
    return shown_name(Path(os.fspath(files)))  # type: ignore[arg-type]  # the two kinds of sets are handled


def _stopped(reason: str, name: str) -> KeygraftError:
    if reason == "cancelled":
        return ReadError("reading_cancelled", file=name)
    if reason == "crashed":
        return ReadError("reader_failed", file=name, reason="crash")
    return ReadLimitError("limit", file=name, detail=reason)


def _taken(answer: _Answer, files: object) -> KeyTree:
    if isinstance(files, LentFiles) and not answer.code:
        files.store.keep(Range(*each) for each in answer.used)
    if answer.wanted:
        raise RangesWanted(Range(*each) for each in answer.wanted)
    if answer.code:
        raise _FAMILIES.get(answer.family, ReadError)(answer.code, **answer.params)
    return load_tree(answer.tree)


def _used(files: FileSet | None) -> tuple[Range, ...]:
    return tuple(merged(files.used)) if isinstance(files, LentFiles) else ()


@lru_cache(maxsize=1)
def _worker() -> LimitedWorker:
    return LimitedWorker("app.readers.limited:answer")


def answer(request: bytes) -> bytes:
    """Do one reading and pack what came of it: what the child process runs."""
    wish = msgspec.msgpack.decode(request, type=_Request)
    files: FileSet | None = None
    try:
        files = LentFiles(wish.sizes, RangeStore.from_bytes(wish.store)) if wish.sizes else LocalFiles(os.fsdecode(wish.path))
        nesting = None if wish.nesting is None else tuple(parse_token(token) for token in wish.nesting)
        packed = _Answer(tree=dump_tree(read(files, nesting=nesting, limits=wish.limits)), used=_used(files))
    except RangesWanted as wanted:
        packed = _Answer(wanted=tuple(wanted.ranges), used=_used(files))
    except KeygraftError as error:
        packed = _Answer(family=type(error).__name__, code=error.code, params=dict(error.params))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 -- the edge of the child: a defect of ours becomes an error a person can report
        packed = _Answer(
            family="ReadError",
            code="reader_failed",
            params={
                "file": shown_name(Path(os.fsdecode(wish.path))) if wish.path else next(iter(wish.sizes), ""),
                "reason": type(error).__name__,
            },
        )
    return msgspec.msgpack.encode(packed)
