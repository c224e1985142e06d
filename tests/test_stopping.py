"""Work that nobody waits for any more stops at its next look."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from app import stopping
from app.keys import KeyTree, TensorInfo
from app.mapping import evaluate
from app.mapping.plan import Plan
from app.stopping import Stop, StoppedError
from app.viewing.layout import View
from app.viewing.outline import outline
from app.viewing.scene import Scene

MANY = 3000


def _tree():
    return KeyTree(format="json", tensors={f"layer{at}.weight": TensorInfo(shape=(at + 1,), dtype="F32") for at in range(MANY)})


def test_nothing_stops_where_nobody_can_ask_for_it():
    """A look outside of a block is no look."""
    stopping.check()
    assert list(stopping.each(range(MANY))) == list(range(MANY))


def test_a_loop_stops_soon_after_it_is_asked_to():
    """Not at once, for looking costs, but long before its end."""
    stop, done = Stop(), []

    def work():
        for at in stopping.each(range(MANY), 100):
            done.append(at)
            if at == 150:
                stop.ask()

    with stopping.by(stop), pytest.raises(StoppedError):
        work()
    assert 150 < len(done) <= 250


def test_it_reaches_threads_that_work_for_the_block_and_no_others():
    """What is handed to another thread with the block's context stops, what the house does by itself goes on."""
    stop = Stop()
    stop.ask()
    with ThreadPoolExecutor(1) as threads, stopping.by(stop):
        assert threads.submit(stopping.check).exception() is None
        assert isinstance(threads.submit(copy_context().run, stopping.check).exception(), StoppedError)
    stopping.check()


@pytest.mark.parametrize("query", ["weight", "/[0-9]{3}/", "/\\A.*9/", "is:missing /5/"])
def test_a_filter_and_the_outline_of_a_tree_stop(query):
    """What takes long on a large tree; a later look finds nothing half done."""
    tree, stop = _tree(), Stop()
    scene = Scene({"": tree}, tree, evaluate(Plan(()), {"": tree}, tree), {})
    stop.ask()
    with stopping.by(stop):
        with pytest.raises(StoppedError):
            outline(tree)
        with pytest.raises(StoppedError):
            scene.layout("t", View(query=query, folded=False))
    found = scene.layout("t", View(query=query)).found
    assert found is not None
    assert 0 <= found <= MANY
