"""Out of memory, as torch tells it."""

import torch


def is_out_of_memory(error: Exception) -> bool:
    """A device's own error, or the CPU allocator's, which has no class of its own."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)
