"""Which device and number format a transformers model computes on and in, from what a user asks."""

import torch
from transformers.utils import logging as transformers_logging

from asrlab.errors import OptionError

COMPUTE_TYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def device_of(wanted: str, engine: str) -> torch.device:
    """CUDA for "auto" where there is some. Raises OptionError for what is no device, or not here."""
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise OptionError(f"{wanted!r} is no device: use auto, cpu, cuda or cuda:N") from error
    if device.type not in ("cpu", "cuda"):
        raise OptionError(f"{engine} does not run on {wanted!r}: use auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise OptionError("no CUDA device is available here: use the device cpu or auto")
    return device


def describe_device(wanted: str) -> str:
    """What an engine would run on, for people. Raises OptionError like `device_of`."""
    device = device_of(wanted, "an engine")
    if device.type == "cpu":
        return f"CPU, {torch.get_num_threads()} threads"
    card = torch.cuda.get_device_properties(device)
    return f"{card.name}, {card.total_memory // (1 << 30)} GiB, CUDA {torch.version.cuda}"


def dtype_of(compute_type: str, engine: str, *, on_cuda: torch.dtype, device: torch.device) -> torch.dtype:
    """float32 on a CPU and `on_cuda` on a card for "auto". Raises OptionError for another format."""
    if compute_type == "auto":
        return on_cuda if device.type == "cuda" else torch.float32
    if compute_type not in COMPUTE_TYPES:
        raise OptionError(
            f"{engine} does not compute in {compute_type!r}: use auto, {', '.join(COMPUTE_TYPES)}, "
            "or --engine faster-whisper"
        )
    return COMPUTE_TYPES[compute_type]


def quiet_transformers() -> None:
    """A library under a progress bar must not print its own."""
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
