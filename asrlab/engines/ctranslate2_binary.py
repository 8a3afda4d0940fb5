"""The variables of a CTranslate2 `model.bin` (binary versions 5 and 6), read with numpy alone.

Layout, little-endian: version u32, specification name, its revision u32; a count u32 of variables, each of
name, rank u8, dimensions u32, element type u8, byte count u32, bytes; a count u32 of aliases, each of
name, name of the variable it stands for. A name is a u16 length and that many bytes, the last of them NUL.
Source: `ModelSpec` in OpenNMT/CTranslate2, python/ctranslate2/specs/model_spec.py.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from asrlab.errors import CheckpointError

READABLE_VERSIONS = (5, 6)
# More than the version and the name of an architecture take.
_HEAD_BYTES = 1024

Variable = npt.NDArray[np.generic]

# The element types by their number. 5 is bfloat16, which numpy lacks: refused rather than misread.
_DTYPES: Mapping[int, np.dtype[np.generic]] = MappingProxyType(
    {
        0: np.dtype("<f4"),
        1: np.dtype("i1"),
        2: np.dtype("<i2"),
        3: np.dtype("<i4"),
        4: np.dtype("<f2"),
    }
)


@dataclass(frozen=True, slots=True)
class CTranslate2Model:
    """What the file holds.

    specification: the architecture ("WhisperSpec", …).
    variables: read-only arrays by name; an alias is a name more for the same array.
    """

    specification: str
    variables: Mapping[str, Variable]


def read_ctranslate2(path: Path) -> CTranslate2Model:
    """The variables of the file at `path`, as it stores them (no dequantisation).

    Raises CheckpointError when it is not such a file, is cut short, or holds an element type numpy lacks.
    """
    return parse_ctranslate2(path.read_bytes(), str(path))


def read_specification(path: Path) -> str:
    """The architecture that the file at `path` names, without reading its variables. Raises CheckpointError."""
    try:
        with path.open("rb") as file:
            return _specification(_Reader(file.read(_HEAD_BYTES), str(path)))
    except OSError as error:
        raise CheckpointError(f"{path} can't be read: {error.strerror or error}") from error


def parse_ctranslate2(data: bytes, name: str) -> CTranslate2Model:
    """The same for bytes in memory; `name` is what errors call them. The arrays are views of `data`."""
    reader = _Reader(data, name)
    specification = _specification(reader)
    reader.u32()  # the specification's own revision; the variables' names say all that is needed
    variables = dict(reader.variable() for _ in range(reader.u32()))
    for _ in range(reader.u32()):
        alias, target = reader.text(), reader.text()
        if target not in variables:
            raise CheckpointError(f"{name} is damaged: {alias!r} stands for {target!r}, which is not there")
        variables[alias] = variables[target]
    reader.expect_end()
    return CTranslate2Model(specification, MappingProxyType(variables))


def _specification(reader: "_Reader") -> str:
    version = reader.u32()
    if version not in READABLE_VERSIONS:
        raise CheckpointError(
            f"{reader.name} is not a CTranslate2 model of binary version 5 or 6 (its first number is {version})"
        )
    return reader.text()


class _Reader:
    """A cursor over the bytes; every read past the end is a CheckpointError."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data = memoryview(data)
        self.name = name
        self._offset = 0

    def u32(self) -> int:
        return int.from_bytes(self._take(4), "little")

    def text(self) -> str:
        (length,) = struct.unpack("<H", self._take(2))
        raw = bytes(self._take(length))
        try:
            return raw.removesuffix(b"\0").decode("utf-8")
        except UnicodeDecodeError as error:
            raise CheckpointError(f"{self.name} is damaged: a name is not text") from error

    def variable(self) -> tuple[str, Variable]:
        name = self.text()
        rank = self._u8()
        shape = tuple(self.u32() for _ in range(rank))
        type_number = self._u8()
        dtype = _DTYPES.get(type_number)
        if dtype is None:
            raise CheckpointError(
                f"{self.name}: {name!r} has element type {type_number}, which can't be read"
            )
        size = self.u32()
        if size != math.prod(shape) * dtype.itemsize:
            raise CheckpointError(f"{self.name} is damaged: {name!r} has {size} bytes for the shape {shape}")
        return name, np.frombuffer(self._take(size), dtype=dtype).reshape(shape)

    def expect_end(self) -> None:
        left = len(self._data) - self._offset
        if left:
            raise CheckpointError(f"{self.name} is damaged: {left} bytes follow its end")

    def _u8(self) -> int:
        return self._take(1)[0]

    def _take(self, count: int) -> memoryview:
        end = self._offset + count
        if end > len(self._data):
            raise CheckpointError(f"{self.name} is cut short: it ends within what it announces")
        part = self._data[self._offset : end]
        self._offset = end
        return part
