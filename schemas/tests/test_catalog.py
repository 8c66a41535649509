"""The catalog: what is published, ready for SQL."""

import pytest

from schemas.catalog import Catalog
from schemas.exceptions import UnknownReference

pytestmark = pytest.mark.django_db


def test_it_refuses_a_schema_that_is_not_there() -> None:
    with pytest.raises(UnknownReference):
        Catalog.load().schema("customer")
