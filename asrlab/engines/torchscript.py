"""The tensors of a TorchScript archive, read without torch, whose import alone takes some 200 MB.

The archive is a ZIP: `data.pkl` pickles the module tree, `data/<key>` holds each tensor's bytes. Only what such a
tree is made of is unpickled; anything else in it is refused, so a file can't run code.
Format: https://pytorch.org/docs/stable/jit.html, torch/csrc/jit/docs/serialization.md
"""

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Tensor = npt.NDArray[np.float32]


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Every float32 tensor by its dotted name; the arrays are read-only.

    Raises ValueError for what is no such archive, OSError for what can't be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            (tree,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
            with archive.open(tree) as file:
                module = _Tree(file, archive, tree.removesuffix(".pkl")).load()
    except (
        zipfile.BadZipFile,
        pickle.UnpicklingError,
        LookupError,
        ValueError,
        EOFError,
        TypeError,
    ) as error:
        raise ValueError(f"no TorchScript archive of float32 tensors: {error}") from error
    return dict(_named(module, ""))


class _Module:
    """A module of any class: its attributes, and none of its code."""


class _Tree(pickle.Unpickler):
    def __init__(self, file: Any, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(file)
        self._archive = archive
        self._folder = folder

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("__torch__"):
            return _Module
        known = {
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch", "FloatStorage"): np.dtype("<f4"),
            ("torch.jit._pickle", "build_intlist"): list,
            ("collections", "OrderedDict"): OrderedDict,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"it holds a {module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: tuple[str, np.dtype[Any], str, str, int]) -> Tensor:
        _kind, dtype, key, _device, _count = pid
        storage: Tensor = np.frombuffer(self._archive.read(f"{self._folder}/{key}"), dtype)
        return storage


def _tensor(storage: Tensor, offset: int, size: Sequence[int], stride: Sequence[int], *_rest: Any) -> Tensor:
    reach = offset + sum((count - 1) * step for count, step in zip(size, stride, strict=True)) + 1
    if min([offset, *stride, *size], default=0) < 0 or reach > len(storage):
        raise pickle.UnpicklingError("a tensor reaches beyond its bytes")
    strides = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, strides, writeable=False)


def _named(module: _Module, prefix: str) -> Iterator[tuple[str, Tensor]]:
    for name, value in vars(module).items():
        if isinstance(value, _Module):
            yield from _named(value, f"{prefix}{name}.")
        elif isinstance(value, np.ndarray):
            yield prefix + name, value
