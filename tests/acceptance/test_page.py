"""The snippets of qwen-asr's own page run with the import changed: read from its package, which tests have installed.

They run as they stand but for what is not here: the card is the CPU, the page's host is a server on loopback, and the
hub's cache holds the tiny random checkpoints under the names of the published ones.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import metadata
from pathlib import Path

import pytest
import soundfile

from tests.acceptance.conftest import REPOSITORY

GOLDENS = REPOSITORY / "tests" / "goldens" / "qwen3_asr"
HUB = {
    "Qwen/Qwen3-ASR-1.7B": "asr-orig",
    "Qwen/Qwen3-ForcedAligner-0.6B": "aligner-orig",
}
COMMIT = "0" * 40
PREAMBLE = """
from pathlib import Path
from asrlab.audio.remote.policy import FetchPolicy, use_policy
use_policy(FetchPolicy(cache_dir=Path("cache"), allow_private=True))
"""


def snippets() -> list[str]:
    """The page's Python for the Transformers backend and the aligner."""
    page = str(metadata("qwen-asr").get_payload() or metadata("qwen-asr")["Description"])
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    return [
        block
        for block in blocks
        if "from qwen_asr import" in block and ".LLM(" not in block and "requests" not in block
    ]


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A cache of Hugging Face's hub that holds the tiny checkpoints."""
    home = tmp_path / "huggingface"
    for name, checkpoint in HUB.items():
        repository = home / "hub" / f"models--{name.replace('/', '--')}"
        shutil.copytree(GOLDENS / "checkpoints" / checkpoint, repository / "snapshots" / COMMIT)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(COMMIT)
    return home


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    """A server with the page's two files."""
    folder = tmp_path / "site" / "Qwen3-ASR-Repo"
    folder.mkdir(parents=True)
    for name, clip in {"asr_zh.wav": "clip_1_00.flac", "asr_en.wav": "clip_2_31.flac"}.items():
        soundfile.write(folder / name, *soundfile.read(GOLDENS / "audio" / clip))
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder.parent))
    handler.func.log_message = lambda *_arguments: None  # type: ignore[method-assign]
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_the_page_has_the_snippets_that_are_run() -> None:
    assert len(snippets()) == 3
    assert [("return_time_stamps=True" in code, ".align(" in code) for code in snippets()] == [
        (False, False),
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_snippet_of_the_page_runs(tmp_path: Path, hub: Path, host: str, index: int) -> None:
    code = snippets()[index].replace("from qwen_asr import", "from asrlab.qwen3_asr import")
    code = re.sub(r"https://[\w.-]+(?=/Qwen3-ASR-Repo)", host, code).replace("cuda:0", "cpu")
    environment = {
        name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
    } | {"HF_HOME": str(hub), "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
