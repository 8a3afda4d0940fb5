"""The benchmark compares like with like: stock transformers, clip by clip, writes the same tokens."""

import torch
from transformers import AutoProcessor

from benchmarks.qwen3_asr import SIZES, TINY, mixed_clips, ours, random_model, theirs


def test_asrlab_in_one_batch_writes_the_tokens_of_stock_transformers_clip_by_clip() -> None:
    loaded = random_model(SIZES["tiny"], torch.device("cpu"))
    clips = mixed_clips(6)
    counts = [4 + 3 * index for index in range(len(clips))]
    processor = AutoProcessor.from_pretrained(TINY, local_files_only=True)
    together = ours(loaded, clips, counts)
    assert [len(ids) for ids in together] == counts
    assert together == theirs(loaded, processor, clips, counts, 1)
