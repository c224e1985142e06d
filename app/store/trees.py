"""Queries over key trees; a tree is named by the digest of its bytes, so equal ones are kept once."""

from sqlalchemy import exists, select

from app.keys import KeyTree
from app.store import treeblobs
from app.store.database import Transaction
from app.store.tables import sides, trees


def keep(tx: Transaction, tree: KeyTree) -> str:
    """Store a tree where it is not there yet; return its digest."""
    content = treeblobs.encode(tree)
    digest = treeblobs.digest(content)
    if tx.execute(select(trees.c.digest).where(trees.c.digest == digest)).first() is None:
        values = {"format": tree.format, "tensors": len(tree.tensors), "parameters": tree.parameters, "bytes": tree.nbytes}
        tx.execute(trees.insert().values(digest=digest, content=content, **values))
    return digest


def content(tx: Transaction, digest: str) -> bytes | None:
    """The bytes of a tree, for `treeblobs.decode`."""
    found = tx.execute(select(trees.c.content).where(trees.c.digest == digest)).first()
    return None if found is None else bytes(found.content)


def drop_unused(tx: Transaction) -> None:
    """Delete trees that no side has."""
    tx.execute(trees.delete().where(~exists().where(sides.c.tree == trees.c.digest)))
