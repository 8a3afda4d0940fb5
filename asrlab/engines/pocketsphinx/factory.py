"""The entry point of `pocketsphinx`: what is known without importing it."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from asrlab.engines.protocol import Aligner, EngineInfo, EngineOptions
from asrlab.errors import MissingExtraError, OptionError

# Raised when the same weights, audio and text give other times.
CODE_VERSION = "1"
PACKAGES = ("pocketsphinx", "hama", "num2words")
MODEL_FOLDER = Path("model") / "en-us" / "en-us"
DICTIONARY = Path("model") / "en-us" / "cmudict-en-us.dict"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Where the package keeps its acoustic model (a folder) and its pronouncing dictionary (a file)."""

    acoustic: Path
    dictionary: Path


@dataclass(frozen=True, slots=True)
class PocketsphinxAlignerFactory:
    """Opens the aligner `pocketsphinx`."""

    name: str = "pocketsphinx"
    summary: str = "English by CMU's acoustic model, exact and cheap (extra: pocketsphinx)"

    def describe(self, options: EngineOptions) -> EngineInfo:
        """See AlignerFactory. Raises MissingExtraError, and OptionError for a model of one's own."""
        if options.model is not None:
            raise OptionError(
                "the aligner pocketsphinx brings its own model: leave out --aligner-model, or give --aligner whisper"
            )
        files = model_files()
        versions = {package: metadata.version(package) for package in PACKAGES}
        return EngineInfo(
            name=self.name,
            checkpoint=f"pocketsphinx {versions['pocketsphinx']} en-us",
            revision=_sha256_of(files),
            code_version=CODE_VERSION,
            # They decide which sounds are looked for where.
            parameters=versions,
        )

    def open(self, options: EngineOptions) -> Aligner:
        info = self.describe(options)
        from asrlab.engines.pocketsphinx.aligner import PocketsphinxAligner

        return PocketsphinxAligner(info, model_files())

    def supports(self, language: str | None) -> bool:
        """English, where the extra is installed; a language not known beforehand may be any other."""
        return language is not None and is_english(language) and not _missing()


def is_english(language: str) -> bool:
    """Whether a BCP-47 tag or an English name means English: "en", "en-GB", "English"."""
    return language.replace("_", "-").partition("-")[0].lower() in ("en", "eng", "english")


def model_files() -> ModelFiles:
    """The files in the installed package, which is not imported. Raises MissingExtraError."""
    if missing := _missing():
        raise MissingExtraError(
            f"the aligner pocketsphinx needs the package {missing[0]}: pip install 'asrlab[pocketsphinx]'"
        )
    spec = find_spec("pocketsphinx")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    return ModelFiles(folder / MODEL_FOLDER, folder / DICTIONARY)


def _missing() -> list[str]:
    return [package for package in PACKAGES if find_spec(package) is None]


@lru_cache(maxsize=1)
def _sha256_of(files: ModelFiles) -> str:
    """One digest over the acoustic model's files and the dictionary, by name; 10 MB."""
    digest = hashlib.sha256()
    for path in [*sorted(files.acoustic.iterdir()), files.dictionary]:
        digest.update(path.name.encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


pocketsphinx_aligner = PocketsphinxAlignerFactory()
