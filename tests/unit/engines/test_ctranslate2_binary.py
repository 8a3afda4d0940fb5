"""The reader of CTranslate2's binary, on files written here byte by byte from the format's description."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrlab.engines.ctranslate2_binary import parse_ctranslate2, read_ctranslate2
from asrlab.errors import CheckpointError

TYPE_NUMBERS = {"<f4": 0, "i1": 1, "<i2": 2, "<i4": 3, "<f2": 4}


def text(value: str) -> bytes:
    raw = value.encode() + b"\0"
    return struct.pack("<H", len(raw)) + raw


def variable(name: str, array: np.ndarray, *, type_number: int | None = None) -> bytes:
    number = (
        TYPE_NUMBERS[array.dtype.newbyteorder("<").str.replace("|", "")]
        if type_number is None
        else type_number
    )
    return (
        text(name)
        + struct.pack("<B", array.ndim)
        + b"".join(struct.pack("<I", size) for size in array.shape)
        + struct.pack("<BI", number, array.nbytes)
        + array.tobytes()
    )


def model(*variables: bytes, aliases: tuple[tuple[str, str], ...] = (), version: int = 6) -> bytes:
    return (
        struct.pack("<I", version)
        + text("WhisperSpec")
        + struct.pack("<II", 3, len(variables))
        + b"".join(variables)
        + struct.pack("<I", len(aliases))
        + b"".join(text(alias) + text(name) for alias, name in aliases)
    )


WEIGHT = np.arange(6, dtype="<f2").reshape(2, 3)


@pytest.mark.parametrize("version", [5, 6])
@pytest.mark.parametrize("dtype", ["<f4", "i1", "<i2", "<i4", "<f2"])
def test_every_element_type_comes_back_with_its_shape_and_values(dtype: str, version: int) -> None:
    array = np.arange(-3, 3).astype(dtype).reshape(1, 2, 3)
    read = parse_ctranslate2(model(variable("a/b", array), version=version), "here")
    assert read.specification == "WhisperSpec"
    assert read.variables["a/b"].dtype == array.dtype
    np.testing.assert_array_equal(read.variables["a/b"], array)


def test_a_scalar_has_no_dimensions() -> None:
    read = parse_ctranslate2(model(variable("heads", np.array(6, dtype="<i2"))), "here")
    assert read.variables["heads"].shape == ()
    assert int(read.variables["heads"]) == 6


def test_an_alias_is_the_array_it_stands_for() -> None:
    read = parse_ctranslate2(
        model(variable("embeddings", WEIGHT), aliases=(("projection", "embeddings"),)), "x"
    )
    assert read.variables["projection"] is read.variables["embeddings"]


def test_arrays_are_read_only() -> None:
    read = parse_ctranslate2(model(variable("w", WEIGHT)), "here")
    with pytest.raises(ValueError, match="read-only"):
        read.variables["w"][0, 0] = 1


def test_a_file_is_read_like_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(model(variable("w", WEIGHT)))
    np.testing.assert_array_equal(read_ctranslate2(path).variables["w"], WEIGHT)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "cut short"),
        (b"PK\x03\x04 something else", "not a CTranslate2 model"),
        (model(variable("w", WEIGHT), version=4), "its first number is 4"),
        (model(variable("w", WEIGHT), version=7), "its first number is 7"),
        (model(variable("w", WEIGHT)) + b"\0", "1 bytes follow"),
        (model(variable("w", WEIGHT), aliases=(("p", "gone"),)), "'gone', which is not there"),
        (model(variable("w", WEIGHT, type_number=5)), "element type 5"),
        (model(variable("w", WEIGHT, type_number=0)), "12 bytes for the shape"),
        (struct.pack("<IH", 6, 2) + b"\xff\0", "a name is not text"),
    ],
)
def test_what_is_not_such_a_file_is_told_with_its_name(data: bytes, told: str) -> None:
    with pytest.raises(CheckpointError, match=told) as raised:
        parse_ctranslate2(data, "some/model.bin")
    assert "some/model.bin" in str(raised.value)


WHOLE = model(variable("w", WEIGHT), variable("b", np.ones(4, "<f4")), aliases=(("p", "w"),))


@given(length=st.integers(0, len(WHOLE) - 1))
def test_a_file_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(CheckpointError):
        parse_ctranslate2(WHOLE[:length], "model.bin")
