"""Rules of fingerprints: they name results in every catalog, so not one may ever change."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.domain.fingerprint import Scalar, fingerprint

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
facts = st.dictionaries(st.text(), scalars, max_size=6)


def test_a_known_fingerprint_has_not_changed() -> None:
    canonical = b'{"a":1.5,"b":"\\u00fc","c":null,"d":true}'
    expected = hashlib.sha256(canonical).hexdigest()[:16]
    assert fingerprint({"a": 1.5, "b": "ü", "c": None, "d": True}) == expected == "5c2e8b521c9cb575"


@given(facts)
def test_the_order_of_the_facts_does_not_matter(values: dict[str, Scalar]) -> None:
    assert fingerprint(values) == fingerprint(dict(reversed(values.items())))


@given(facts)
def test_a_fingerprint_is_sixteen_lower_case_hex_digits(values: dict[str, Scalar]) -> None:
    assert len(fingerprint(values)) == 16
    assert set(fingerprint(values)) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "other",
    [{"a": "1"}, {"a": True}, {"a": None}, {"a": 2}, {"b": 1}, {"a": 1, "b": None}, {}],
    ids=str,
)
def test_facts_of_another_value_type_or_name_differ(other: dict[str, Scalar]) -> None:
    assert fingerprint({"a": 1}) != fingerprint(other)
