"""What a run learns of a device's memory is there for the next one."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from asrlab.catalog import Catalog
from asrlab.catalog.ceilings import FORGOTTEN_AFTER, remembered_ceiling
from asrlab.catalog.schema import MemoryCeilingRow
from asrlab.catalog.values import utc_now
from asrlab.domain.memory import BatchMemory


def memory(place: str = "card, 10 GiB", compute_type: str = "bfloat16") -> BatchMemory:
    return BatchMemory(place, compute_type, 240.0)


def learn(catalog: Catalog, used: float, model: str = "a" * 64) -> None:
    learning = memory()
    with remembered_ceiling(catalog, model, learning):
        learning.was_too_much(used)


def handed_back(catalog: Catalog, told: BatchMemory, model: str = "a" * 64) -> float:
    with remembered_ceiling(catalog, model, told):
        return told.seconds


def test_what_was_learned_is_handed_back_to_the_next_run(catalog: Catalog) -> None:
    assert handed_back(catalog, memory()) == 240.0
    learn(catalog, 100.0)
    assert handed_back(catalog, memory()) == 50.0
    learn(catalog, 50.0)
    assert handed_back(catalog, memory()) == 25.0


def test_another_device_model_or_format_has_its_own(catalog: Catalog) -> None:
    learn(catalog, 100.0)
    assert handed_back(catalog, memory("card, 80 GiB")) == 240.0
    assert handed_back(catalog, memory(compute_type="float32")) == 240.0
    assert handed_back(catalog, memory(), "b" * 64) == 240.0


def test_what_was_learned_is_stored_when_the_work_fails(catalog: Catalog) -> None:
    learning = memory()

    def work() -> None:
        with remembered_ceiling(catalog, "a" * 64, learning):
            learning.was_too_much(60.0)
            raise RuntimeError("the card fell off the bus")

    with pytest.raises(RuntimeError, match="fell off"):
        work()
    assert handed_back(catalog, memory()) == 30.0


def test_it_is_forgotten_after_a_while(catalog: Catalog) -> None:
    learn(catalog, 100.0)
    with catalog.writing() as session:
        long_ago = utc_now() - FORGOTTEN_AFTER - timedelta(hours=1)
        session.execute(sa.update(MemoryCeilingRow).values(learned_at=long_ago))
    assert handed_back(catalog, memory()) == 240.0


def test_nothing_learned_is_nothing_stored(catalog: Catalog) -> None:
    handed_back(catalog, memory())
    with remembered_ceiling(catalog, "a" * 64, None):
        pass
    with catalog.reading() as session:
        assert session.scalars(sa.select(MemoryCeilingRow)).all() == []
