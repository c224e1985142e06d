"""Examples of property tests may take as long as the machine needs."""

import pytest
from hypothesis import settings

from app.mapping import Plan, induce
from tests.mapping.trees import cases

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def induced(shared):
    """Every conversion of the corpus with the plan that its claims become."""
    return [(case, Plan(induce(case.claims, {"": case.source}, case.target))) for case in cases(shared)]
