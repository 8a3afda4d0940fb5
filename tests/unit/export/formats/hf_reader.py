"""What the package datasets reads of a folder, without decoding: that would ask for torchcodec and FFmpeg's libraries.

An audiofolder is not loaded without the names of torchcodec either, though nothing of it is called for a path.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import datasets

_NAMES = ("torchcodec", "torchcodec.encoders", "torchcodec.decoders")


def load(folder: Path, cache: Path) -> dict[str, Any]:
    """The splits by name of what an export left in `folder`; audio is `{"bytes", "path"}`."""
    datasets.disable_progress_bars()
    # These lie beside every export, and must not be taken for data.
    (folder / "README.md").write_text("# Data\n")
    (folder / "export.lock.json").write_text("{}\n")
    with _torchcodec_by_name():
        found = datasets.load_dataset(str(folder), cache_dir=str(cache))
    return {name: split.cast_column("audio", datasets.Audio(decode=False)) for name, split in found.items()}


@contextmanager
def _torchcodec_by_name() -> Iterator[None]:
    """Not `patch.dict`: that would forget what else is imported meanwhile, and NumPy can't be imported twice."""
    real = {name: sys.modules.get(name) for name in _NAMES}
    sys.modules.update({name: _empty(name) for name in _NAMES})
    try:
        yield
    finally:
        for name, module in real.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def _empty(name: str) -> ModuleType:
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None)
    module.AudioEncoder = module.AudioDecoder = type("Never", (), {})  # type: ignore[attr-defined]
    return module
