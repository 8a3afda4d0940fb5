"""The reference's side of benchmarks/qwen3_asr.py, run by a Python that has qwen-asr 0.0.6; imports nothing of asrlab.

python qwen3_asr_reference.py make TINY FOLDER SIZE_JSON          a random checkpoint in the reference's own layout
python qwen3_asr_reference.py transcribe FOLDER CLIPS.npz BATCH TOKENS          prints {"seconds", "texts"}
"""

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from qwen_asr import Qwen3ASRModel
from qwen_asr.core.transformers_backend import Qwen3ASRConfig, Qwen3ASRForConditionalGeneration

RATE_HZ = 16_000


def make(tiny: Path, folder: Path, size: dict[str, dict[str, int]]) -> None:
    """The tiny checkpoint's tokenizer and prompt with random weights of another size."""
    shutil.copytree(tiny, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    for part, values in size.items():
        config["thinker_config"][part] |= values
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    torch.manual_seed(0)
    model: Any = Qwen3ASRForConditionalGeneration(Qwen3ASRConfig.from_pretrained(folder))
    model.save_pretrained(folder)


def transcribe(folder: Path, clips: list[Any], batch: int, tokens: int) -> dict[str, Any]:
    """Warm up on two clips, then transcribe all."""
    torch.set_num_threads(int(torch.get_num_threads()))
    model: Any = Qwen3ASRModel.from_pretrained(
        str(folder), dtype=torch.float32, max_inference_batch_size=batch, max_new_tokens=tokens
    )
    audio = [(clip, RATE_HZ) for clip in clips]
    model.transcribe(audio=audio[:2])
    start = time.perf_counter()
    results = model.transcribe(audio=audio)
    return {"seconds": time.perf_counter() - start, "texts": [result.text for result in results]}


def main() -> None:
    """See the module's docstring."""
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]), Path(sys.argv[3]), json.loads(sys.argv[4]))
        return
    with np.load(sys.argv[3]) as stored:
        clips = [stored[name] for name in stored.files]
    print(json.dumps(transcribe(Path(sys.argv[2]), clips, int(sys.argv[4]), int(sys.argv[5]))))


if __name__ == "__main__":
    main()
