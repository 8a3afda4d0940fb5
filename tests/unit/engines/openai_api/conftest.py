"""The chosen server, as the one to speak to."""

from collections.abc import Iterator

import pytest

from asrlab.engines.openai_api.endpoint import Endpoint, use_endpoint
from tests.openai_servers import ChosenServer


@pytest.fixture
def server() -> Iterator[ChosenServer]:
    made = ChosenServer()
    use_endpoint(Endpoint(url=made.url, key="secret-key", concurrency=3, timeout=5.0, attempts=3))
    try:
        yield made
    finally:
        made.close()
        use_endpoint(Endpoint())
