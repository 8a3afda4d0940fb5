"""Out of memory, as torch tells it, and whose memory that is."""

import psutil
import torch

from asrlab.domain.memory import BatchMemory
from asrlab.domain.time import Seconds

_GIB = 1 << 30


def is_out_of_memory(error: Exception) -> bool:
    """A device's own error, or the CPU allocator's, which has no class of its own."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)


def memory_of(device: torch.device, dtype: torch.dtype, seconds: Seconds) -> BatchMemory:
    """The memory of a device as another run on it would name it, holding `seconds` of padded audio to begin with."""
    compute_type = str(dtype).removeprefix("torch.")
    if device.type == "cuda":
        card = torch.cuda.get_device_properties(device)
        return BatchMemory(f"{card.name}, {card.total_memory // _GIB} GiB", compute_type, seconds)
    return BatchMemory(f"cpu, {psutil.virtual_memory().total // _GIB} GiB", compute_type, seconds)
