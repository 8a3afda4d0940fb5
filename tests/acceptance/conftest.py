"""What acceptance tests share: places of their own, and servers around them."""

import functools
import json
import os
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.conftest import FAKE_PLUGIN
from tests.factories import write_tone
from tests.machines import PrefectServer, prefect_on
from tests.postgres import PostgresServer, postgres, system_binaries
from tests.process import TIME_LIMIT_S as TIME_LIMIT_S
from tests.process import Asrlab as Asrlab

REPOSITORY = Path(__file__).parents[2]


Figures = Callable[..., None]


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Keep what a long proof has measured: a line of JSON in the file that ASRLAB_FIGURES names, if it does."""

    def keep(**measured: object) -> None:
        if path := os.environ.get("ASRLAB_FIGURES"):
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps({"test": request.node.name, **measured}) + "\n")

    return keep


@pytest.fixture(scope="session")
def server_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One Prefect home for all tests of a worker: its database is made once."""
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture
def asrlab(tmp_path: Path, server_dir: Path) -> Iterator[Asrlab]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("ASRLAB_", "PREFECT_"))
    }
    environment["PYTHONPATH"] = os.pathsep.join(map(str, (FAKE_PLUGIN, REPOSITORY)))
    environment["ASRLAB_SERVER_DIR"] = str(server_dir)
    environment["HF_HUB_OFFLINE"] = "1"
    place = Asrlab(tmp_path, environment)
    yield place
    place.stop_all()


@pytest.fixture
def asrlab_on_both(asrlab: Asrlab, catalog_url: str) -> Asrlab:
    """The same with its catalog once on each database."""
    asrlab.environment["ASRLAB_CATALOG"] = catalog_url
    return asrlab


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    folder = tmp_path / "audio"
    for index, name in enumerate(("a.wav", "deep/b.wav", "c d.wav")):
        write_tone(folder / name, 1.0, 200 + 10 * index)
    return folder


@pytest.fixture
def place(asrlab: Asrlab) -> Asrlab:
    asrlab.environment["ASRLAB_CACHE_DIR"] = str(asrlab.folder / "cache")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        asrlab.environment.pop(name, None)
    return asrlab


@pytest.fixture
def website(audio: Path) -> Iterator[str]:
    """The audio behind http."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(audio))
    handler.func.log_message = lambda *_arguments: None  # type: ignore[method-assign]
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def bucket(audio: Path, place: Asrlab) -> Iterator[str]:
    """The audio in a bucket of a real S3 server, with its credentials in the environment."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    place.environment.update(
        AWS_ENDPOINT_URL=f"http://{host}:{port}",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION="us-east-1",
    )
    client = client_of(place)
    client.create_bucket(Bucket="speech")
    for path in sorted(audio.rglob("*.wav")):
        client.upload_file(str(path), "speech", f"calls/{path.relative_to(audio)}")
    client.put_object(Bucket="speech", Key="calls/a.txt", Body=b"what was said")
    yield "s3://speech"
    # What it holds is the whole process's: the next test begins with none of it.
    urllib.request.urlopen(
        urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST")
    ).close()
    server.stop()


def client_of(place: Asrlab) -> "boto3.client":
    return boto3.client(
        "s3",
        endpoint_url=place.environment["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )


@pytest.fixture
def database() -> Iterator[PostgresServer]:
    binaries = system_binaries()
    assert binaries is not None
    with postgres(binaries) as server:
        yield server


@pytest.fixture
def cluster(place: Asrlab, bucket: str, database: PostgresServer) -> Iterator[tuple[Asrlab, PrefectServer]]:
    """What all machines share, in one environment: the catalog's URL, the bucket's keys, the API."""
    place.environment |= {
        "ASRLAB_CATALOG": database.create("catalog"),
        "ASRLAB_ALLOW_PRIVATE": "true",
        "ASRLAB_GROUP_SECONDS": "3",
    }
    with prefect_on(database, place) as prefect:
        place.environment["PREFECT_API_URL"] = prefect.url
        yield place, prefect
