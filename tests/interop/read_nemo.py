"""Run by NeMo's own Python: what NeMo reads of our exports, as JSON lines and arrays of samples.

    read_nemo.py '[["READER", "OUT", "MANIFEST", "TARS"], …]'

READER is one of those below; several shards are named in NeMo's own notation, `audio__OP_0..3_CL_.tar`. OUT gets
`items.jsonl`, one line an item, and the samples of line N as `N.npy`, float32 of shape (channels, samples).
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from lhotse import CutSet
from lhotse.cut import Cut
from nemo.collections.asr.parts.preprocessing.segment import AudioSegment
from nemo.collections.common.data.lhotse import get_lhotse_dataloader_from_config
from nemo.collections.common.data.lhotse.nemo_adapters import LazyNeMoIterator, LazyNeMoTarredIterator
from nemo.collections.common.parts.preprocessing.manifest import item_iter
from omegaconf import OmegaConf
from torch.utils.data import Dataset

# Of an item: what was told of it, its samples, their rate in Hz.
Item = tuple[dict[str, Any], np.ndarray, int]
# What NeMo notes beside the fields of a line.
NEMOS_OWN = ("manifest_origin", "tar_origin")


def item_by_item(manifest: str) -> Iterator[Item]:
    """NeMo's reader of manifests, and of audio: all channels, at the file's own rate."""
    for item in item_iter(manifest):
        audio = AudioSegment.from_file(item["audio_file"], offset=item["offset"], duration=item["duration"])
        yield item, np.atleast_2d(audio.samples.T), audio.sample_rate


def lhotse(manifest: str) -> Iterator[Item]:
    """The adapter of manifests."""
    return map(_item_of, LazyNeMoIterator(manifest))


def lhotse_tarred(manifest: str, tars: str) -> Iterator[Item]:
    """The adapter of tarred shards."""
    return map(_item_of, LazyNeMoTarredIterator(manifest, tars))


def training(manifest: str, tars: str) -> Iterator[Item]:
    """What a training is fed with: shards through NeMo's loader, in batches of 16 kHz."""
    asked = {
        "manifest_filepath": manifest,
        "tarred_audio_filepaths": tars,
        "sample_rate": 16_000,
        "batch_size": 4,
        "num_workers": 0,
        "shuffle": False,
        "use_bucketing": False,
        # Over once; by default it begins again for ever.
        "force_finite": True,
    }
    batches = get_lhotse_dataloader_from_config(
        OmegaConf.create(asked), global_rank=0, world_size=1, dataset=AsTheyAre(), tokenizer=None
    )
    for batch in batches:
        yield from batch


class AsTheyAre(Dataset):  # type: ignore[type-arg]
    """Makes a batch of the items that its cuts are."""

    def __getitem__(self, cuts: CutSet) -> list[Item]:
        return [_item_of(cut) for cut in cuts]


def _item_of(cut: Cut) -> Item:
    (supervision,) = cut.supervisions
    item = {
        "offset": cut.start,
        "duration": cut.duration,
        "text": supervision.text,
        "lang": supervision.language,
        "supervised": [supervision.start, supervision.duration],
        "fields": {name: value for name, value in cut.custom.items() if name not in NEMOS_OWN},
    }
    return item, cut.load_audio(), cut.sampling_rate


READERS = {read.__name__: read for read in (item_by_item, lhotse, lhotse_tarred, training)}


def main(jobs: str) -> None:
    for reader, out, *paths in json.loads(jobs):
        folder = Path(out)
        folder.mkdir(parents=True)
        with (folder / "items.jsonl").open("w", encoding="utf-8") as file:
            for number, (item, samples, rate_hz) in enumerate(READERS[reader](*paths)):
                file.write(json.dumps({**item, "rate_hz": rate_hz}) + "\n")
                np.save(folder / f"{number}.npy", samples)


if __name__ == "__main__":
    main(*sys.argv[1:])
