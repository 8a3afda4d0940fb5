"""TorchScript archives: what torch itself reads, and nothing that runs code."""

import os
import pickle
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from asrlab.engines.silero import _weights_path
from asrlab.engines.torchscript import read_tensors


def test_the_tensors_are_those_that_torch_reads() -> None:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        expected = torch.jit.load(str(_weights_path())).state_dict()  # type: ignore[no-untyped-call]
    found = read_tensors(_weights_path())
    assert len(expected) > 10
    assert expected.keys() <= found.keys()
    for name, tensor in expected.items():
        assert np.array_equal(found[name], tensor.numpy()), name


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("/nowhere/at/all",)


def archive(path: Path, tree: bytes, storage: bytes = b"") -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("model/data.pkl", tree)
        file.writestr("model/data/0", storage)
    return path


def test_an_archive_can_run_no_code(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"it holds a posix\.mkdir"):
        read_tensors(archive(tmp_path / "evil.pt", pickle.dumps(Evil(), 2)))


def _integer(value: int) -> bytes:
    return b"J" + value.to_bytes(4, "little", signed=True)


@pytest.mark.parametrize(
    ("offset", "size", "stride"), [(0, 3, 1), (1, 2, 1), (0, 2, 2), (-1, 1, 1), (0, 2, -1)]
)
def test_a_tensor_beyond_its_bytes_is_refused(tmp_path: Path, offset: int, size: int, stride: int) -> None:
    # BINPERSID of ("storage", FloatStorage, "0", "cpu", 2), then the call and the module that holds it.
    tree = (
        b"\x80\x02c__torch__.m\nM\n)\x81}(X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n("
        b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x02tQ"
        + _integer(offset) + b"(" + _integer(size) + b"t(" + _integer(stride) + b"t\x89}tRub."
    )  # fmt: skip
    with pytest.raises(ValueError, match="beyond its bytes"):
        read_tensors(archive(tmp_path / "far.pt", tree, bytes(8)))


@pytest.mark.parametrize("data", [b"", b"not an archive", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive_is_said(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.pt").write_bytes(data)
    with pytest.raises(ValueError, match="no TorchScript archive"):
        read_tensors(tmp_path / "model.pt")
