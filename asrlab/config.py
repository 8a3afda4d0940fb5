"""Settings: the only reader of the environment and of asrlab.toml.

A setting is looked for on the command line, then in ASRLAB_<NAME>, then in ./asrlab.toml, then here.
"""

import tomllib
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from asrlab.audio.remote.policy import GIB, FetchPolicy, use_policy
from asrlab.engines.openai_api.endpoint import DEFAULT_URL, Endpoint, use_endpoint
from asrlab.errors import OptionError

CONFIG_FILE = "asrlab.toml"


class Settings(BaseSettings):
    """All settings with their defaults."""

    model_config = SettingsConfigDict(
        env_prefix="ASRLAB_", toml_file=CONFIG_FILE, extra="forbid", frozen=True
    )

    catalog: str = "sqlite:///asrlab.db"
    """URL of the catalog, or the path of an SQLite file."""
    server_dir: Path = Field(default_factory=lambda: user_data_path("asrlab") / "prefect")
    """Where the local Prefect server that asrlab starts keeps its history."""
    device: str = "auto"
    """Where engines run: auto, cpu, cuda, cuda:1, …"""
    compute_type: str = "auto"
    """Number format of the engine: auto, float32, float16, bfloat16; int8 and more with faster-whisper."""
    cuda_graphs: bool = False
    """Whether qwen3-asr replays its decoding steps on a card as CUDA graphs."""
    batch_timeout: float = Field(default=0.0, ge=0)
    """Seconds an engine may take for one batch, in a process of its own; 0 waits for ever, in this one."""
    engine_slots: int = Field(default=1, ge=1)
    """How many groups of work may use the card (or the CPU engine) at once."""
    cluster_slots: int | None = Field(default=None, ge=1)
    """How many on all machines of one Prefect API together; unset, each machine has its own limit alone."""
    task_runner: Literal["threads", "ray"] = "threads"
    """What runs a flow's tasks: threads of its process, or Ray."""
    ray_address: str | None = None
    """A running Ray cluster; unset, Ray is started for each flow run."""
    task_gpus: float | None = Field(default=None, ge=0)
    """Cards that Ray gives each task with an engine; unset, 1 where its cluster has any."""
    group_seconds: float = Field(default=600.0, gt=0)
    """Seconds of audio in one task of a flow."""

    cache_dir: Path = Field(default_factory=lambda: user_cache_path("asrlab") / "audio")
    """Where copies of fetched audio are kept."""
    cache_gb: float = Field(default=50.0, gt=0)
    """How much of it is kept, in GiB; what was not used for longest goes first."""
    fetch_timeout: float = Field(default=30.0, gt=0)
    """Seconds without a byte until a server is given up."""
    fetch_deadline: float = Field(default=3600.0, gt=0)
    """Seconds one file may take to arrive."""
    fetch_attempts: int = Field(default=4, ge=1)
    """How often a file is tried when what fails may pass by itself."""
    fetch_max_gb: float = Field(default=10.0, gt=0)
    """The largest file that is fetched, in GiB."""
    allow_private: bool = False
    """Whether URLs may lead to private addresses: this machine, its network."""

    openai_url: str = DEFAULT_URL
    """The server of the engine openai."""
    openai_key: SecretStr = SecretStr("")
    """Its key, where it asks for one."""
    openai_concurrency: int = Field(default=8, ge=1)
    """How many clips it is sent at once."""
    openai_timeout: float = Field(default=300.0, gt=0)
    """Seconds until a request is given up."""
    openai_attempts: int = Field(default=5, ge=1)
    """How often a request is made when what fails may pass by itself."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def use_settings(settings: Settings) -> None:
    """Fetch audio within these limits and speak to this server from now on, in this process."""
    use_endpoint(
        Endpoint(
            url=settings.openai_url,
            # A key that was read from a file often ends in a line break.
            key=settings.openai_key.get_secret_value().strip(),
            concurrency=settings.openai_concurrency,
            timeout=settings.openai_timeout,
            attempts=settings.openai_attempts,
        )
    )
    use_policy(
        FetchPolicy(
            cache_dir=settings.cache_dir,
            cache_bytes=round(settings.cache_gb * GIB),
            timeout=settings.fetch_timeout,
            deadline=settings.fetch_deadline,
            attempts=settings.fetch_attempts,
            max_bytes=round(settings.fetch_max_gb * GIB),
            allow_private=settings.allow_private,
        )
    )


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings that were given, as the environment of processes that run in other folders."""
    environment = {}
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        elif isinstance(value, Path):
            value = value.expanduser().absolute()
        if value is not None:
            environment[f"ASRLAB_{name.upper()}"] = str(value)
    return environment


def load_settings(**given: Any) -> Settings:
    """The settings in force; what is `given` and not None wins. Raises OptionError naming what is wrong."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            known = ", ".join(sorted(Settings.model_fields))
            raise OptionError(f"{CONFIG_FILE} has an unknown setting {name!r}; there are {known}") from error
        raise OptionError(
            f"the setting {name!r} ({CONFIG_FILE} or ASRLAB_{name.upper()}): {problem['msg']}"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"{CONFIG_FILE} is no valid TOML: {error}") from error
