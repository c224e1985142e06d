"""What is worked out of a tree is worked out once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

from app.keys import KeyTree, TensorInfo
from app.viewing import outlines
from app.viewing.outlines import outline_of


def test_threads_that_ask_at_a_time_make_it_once(monkeypatch):
    """One begins ahead of time, the page asks meanwhile: it waits for that one instead of doing the same beside it."""
    tree = KeyTree(format="text", tensors={f"a.{at}": TensorInfo(shape=(at,), dtype="F32") for at in range(50)})
    made, together, fold = [], Barrier(4), outlines.fold

    def slow(given):
        made.append(given)
        Event().wait(0.05)
        return fold(given)

    monkeypatch.setattr(outlines, "fold", slow)

    def ask():
        together.wait(5)
        return outline_of(tree)

    with ThreadPoolExecutor(4) as threads:
        found = [each.result() for each in [threads.submit(ask) for _ in range(4)]]
    assert made == [tree]
    assert all(each is found[0] for each in found)
