"""What the process of the back room keeps: the trees that it was sent, and an evaluator for each pair of sides."""

import zlib
from collections import OrderedDict

from app.keys import KeyTree
from app.keys.documents import load_tree
from app.mapping import Evaluator
from app.services.backroom.tasks import Case

_TREES = 8
_EVALUATORS = 4


class Shelf:
    """Trees by digest, the ones used last."""

    def __init__(self) -> None:
        self._trees: OrderedDict[str, KeyTree] = OrderedDict()
        self._evaluators: OrderedDict[tuple[object, ...], Evaluator] = OrderedDict()

    def put(self, packed: dict[str, bytes]) -> None:
        """Take trees in."""
        for digest, content in packed.items():
            self._trees[digest] = load_tree(zlib.decompress(content))
        while len(self._trees) > max(_TREES, len(packed)):
            self._trees.popitem(last=False)

    def lacking(self, case: Case) -> tuple[str, ...]:
        """Digests of trees that are not here."""
        return tuple(dict.fromkeys(digest for digest in case.digests if digest not in self._trees))

    def sides(self, case: Case) -> tuple[dict[str, KeyTree], KeyTree]:
        """The trees of a case, which are here."""
        for digest in case.digests:
            self._trees.move_to_end(digest)
        return {name: self._trees[digest] for name, digest in case.sources.items()}, self._trees[case.target]

    def evaluator(self, case: Case) -> Evaluator:
        """The evaluator of a case's trees."""
        name = (*case.sources.items(), case.target)
        if name not in self._evaluators:
            self._evaluators[name] = Evaluator(*self.sides(case))
            if len(self._evaluators) > _EVALUATORS:
                self._evaluators.popitem(last=False)
        self._evaluators.move_to_end(name)
        return self._evaluators[name]
