"""Tiny random checkpoints in the true architectures, made on the spot: config, weights, tokenizer, processor."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers

TEXT = [
    "it was the best of times",
    "the age of wisdom and of foolishness",
    "a season of light or of darkness",
] * 3
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
LETTERS = "|ETAOINSHRDLUCMWFGYPBVKXJQZ'"


def sentence_pieces(*special: str) -> tokenizers.Tokenizer:
    """A small tokenizer that writes a space as a part of the token behind it."""
    made = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    made.decoder = tokenizers.decoders.Metaspace()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=90, special_tokens=["<unk>", "<pad>", "<s>", "</s>", *special], show_progress=False
    )
    made.train_from_iterator(TEXT, trainer)
    return made


def wav2vec2(path: Path, letters: str = LETTERS) -> None:
    path.mkdir()
    vocabulary = {token: index for index, token in enumerate(["<pad>", "<s>", "</s>", "<unk>", *letters])}
    (path / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    transformers.Wav2Vec2CTCTokenizer(str(path / "vocab.json")).save_pretrained(path)
    transformers.Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(path)
    config = transformers.Wav2Vec2Config(
        **SMALL,
        vocab_size=len(vocabulary),
        pad_token_id=0,
        conv_dim=(32,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
    )
    # A random head would say one letter throughout; a wide one turns with the sound.
    model = transformers.Wav2Vec2ForCTC(config)
    torch.nn.init.normal_(model.lm_head.weight, std=1.0)
    # No trained model says "<s>", "</s>" or "<unk>".
    model.lm_head.bias.data[1:4] = -1e4
    model.save_pretrained(path)


def parakeet(path: Path, kind: str) -> None:
    encoder = {**SMALL, "num_mel_bins": 80, "subsampling_conv_channels": 16}
    pieces = sentence_pieces() if kind == "CTC" else sentence_pieces("<blank>")
    tokenizer = transformers.ParakeetTokenizer(
        tokenizer_object=pieces,
        unk_token="<unk>",
        pad_token="<pad>",
        extra_special_tokens=["<blank>"][: kind != "CTC"],
    )
    config: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "encoder_config": encoder,
    }
    if kind != "CTC":
        config |= {"blank_token_id": tokenizer.convert_tokens_to_ids("<blank>"), "decoder_hidden_size": 32}
    model = getattr(transformers, f"ParakeetFor{kind}")(
        getattr(transformers, f"Parakeet{kind}Config")(**config)
    )
    model.generation_config.decoder_start_token_id = config.get("blank_token_id")
    if kind == "TDT":
        # As converted checkpoints have it: durations share the logits with tokens, and are none.
        ends = len(tokenizer), len(tokenizer) + len(model.config.durations)
        model.generation_config.suppress_tokens = list(range(*ends))
    model.save_pretrained(path)
    extractor = transformers.ParakeetFeatureExtractor(feature_size=80)
    transformers.ParakeetProcessor(extractor, tokenizer, decoder_type=kind.lower()).save_pretrained(path)


def moonshine(path: Path) -> None:
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=sentence_pieces(),
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="</s>",
    )
    config = transformers.MoonshineConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        initializer_range=1.0,
        encoder_num_hidden_layers=2,
        decoder_num_hidden_layers=2,
        encoder_num_attention_heads=2,
        decoder_num_attention_heads=2,
        decoder_start_token_id=tokenizer.bos_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    transformers.MoonshineForConditionalGeneration(config).save_pretrained(path)
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=False, return_attention_mask=True)
    transformers.Wav2Vec2Processor(extractor, tokenizer).save_pretrained(path)


def granite_speech(path: Path) -> None:
    """Its feature extractor needs torchaudio, which is not installed here: the files that name it."""
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"model_type": "granite_speech"}), encoding="utf-8")
    extractor = {
        "feature_extractor_type": "GraniteSpeechFeatureExtractor",
        "processor_class": "GraniteSpeechProcessor",
    }
    (path / "preprocessor_config.json").write_text(json.dumps(extractor), encoding="utf-8")
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=sentence_pieces("<|audio|>"))
    tokenizer.save_pretrained(path)


MAKERS: dict[str, Callable[[Path], None]] = {
    "wav2vec2": wav2vec2,
    "parakeet-ctc": lambda path: parakeet(path, "CTC"),
    "parakeet-tdt": lambda path: parakeet(path, "TDT"),
    "parakeet-rnnt": lambda path: parakeet(path, "RNNT"),
    "moonshine": moonshine,
    "granite": granite_speech,
}


def random_checkpoint(name: str, folder: Path) -> Path:
    """The checkpoint of that name in a folder, made unless it is there; the same one every time."""
    path = folder / name
    if not path.exists():
        torch.manual_seed(1)
        MAKERS[name](path)
    return path
