"""What tests of the plan share."""

import pytest

from app.mapping import Plan, induce
from tests.mapping.trees import cases


@pytest.fixture(scope="session")
def induced(shared):
    """Every conversion of the corpus with the plan that its claims become."""
    return [(case, Plan(induce(case.claims, {"": case.source}, case.target))) for case in cases(shared)]
