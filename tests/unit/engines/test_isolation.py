"""One bad item never stops a batch."""

from collections.abc import Sequence

import pytest

from asrlab.domain.reasons import FailureReason
from asrlab.engines.isolation import run_isolated
from asrlab.errors import ItemError, OptionError, TransientError

REASON = FailureReason.ENGINE_ERROR


def double(items: Sequence[int]) -> list[int]:
    if 13 in items:
        raise RuntimeError("unlucky\nsecond line")
    return [2 * item for item in items]


def test_good_batches_run_once() -> None:
    calls: list[Sequence[int]] = []
    assert run_isolated(lambda items: calls.append(items) or double(items), [1, 2, 3], REASON) == [2, 4, 6]
    assert calls == [[1, 2, 3]]


def test_the_bad_item_fails_and_the_others_are_done_in_order() -> None:
    first, bad, last = run_isolated(double, [1, 13, 3], REASON)
    assert (first, last) == (2, 6)
    assert isinstance(bad, ItemError)
    assert (bad.reason, bad.message) == (REASON, "RuntimeError: unlucky")


def test_an_item_error_keeps_its_own_reason() -> None:
    def refuse(items: Sequence[int]) -> list[int]:
        raise ItemError(FailureReason.OUT_OF_MEMORY, "too big")

    (failure,) = run_isolated(refuse, [1], REASON)
    assert isinstance(failure, ItemError)
    assert failure.reason is FailureReason.OUT_OF_MEMORY


@pytest.mark.parametrize("error", [TransientError("busy"), OptionError("no such language")])
def test_what_is_not_about_an_item_goes_on(error: Exception) -> None:
    def fail(items: Sequence[int]) -> list[int]:
        raise error

    with pytest.raises(type(error)):
        run_isolated(fail, [1, 2], REASON)


def test_a_wrong_number_of_results_is_an_error_of_the_batch() -> None:
    results = run_isolated(lambda items: [1], [1, 2], REASON)
    assert results == [1, 1]
    (failure,) = run_isolated(lambda items: [], [1], REASON)
    assert isinstance(failure, ItemError)
    assert "0 results for 1 items" in failure.message
