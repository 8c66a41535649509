"""The small shop, for tests that draw on it."""

import pytest
from django.contrib.auth.models import User

from campaigns.testing import person
from schemas.testing import small_world


@pytest.fixture
def shop(db: None) -> None:
    small_world()


@pytest.fixture
def author(shop: None) -> User:
    return person("author")
