"""Queries over key trees; a tree is named by the digest of its bytes, so equal ones are kept once."""

import hashlib
import zlib

from sqlalchemy import exists, select

from app.keys import KeyTree
from app.keys.collector import paused
from app.keys.documents import dump_tree, load_tree
from app.store.database import Transaction
from app.store.tables import sides, trees

_LEVEL = 1


def keep(tx: Transaction, tree: KeyTree) -> str:
    """Store a tree where it is not there yet; return its digest."""
    plain = dump_tree(tree)
    digest = hashlib.blake2b(plain, digest_size=32).hexdigest()
    if tx.execute(select(trees.c.digest).where(trees.c.digest == digest)).first() is None:
        values = {"format": tree.format, "tensors": len(tree.tensors), "parameters": tree.parameters, "bytes": tree.nbytes}
        tx.execute(trees.insert().values(digest=digest, content=zlib.compress(plain, _LEVEL), **values))
    return digest


def find(tx: Transaction, digest: str) -> KeyTree | None:
    """Read a tree. The collector is paused: tens of thousands of tuples are made, and none is garbage."""
    found = tx.execute(select(trees.c.content).where(trees.c.digest == digest)).first()
    if found is None:
        return None
    with paused():
        return load_tree(zlib.decompress(found.content))


def packed(tx: Transaction, digest: str) -> bytes | None:
    """A tree as it is kept: compressed, for another process to read."""
    found = tx.execute(select(trees.c.content).where(trees.c.digest == digest)).first()
    return None if found is None else bytes(found.content)


def drop_unused(tx: Transaction) -> None:
    """Delete trees that no side has."""
    tx.execute(trees.delete().where(~exists().where(sides.c.tree == trees.c.digest)))
