"""Real processes: the command as a user's shell would start it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TIME_LIMIT_S = 300


@dataclass
class Asrlab:
    """`asrlab` in a folder of its own, on a catalog of its own."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "asrlab.cli.main", *map(str, arguments)]

    def run(self, *arguments: str | Path, code: int = 0, **environment: str) -> str:
        """Run to the end, check the exit code, return standard output; standard error is in `self.errors`."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
        self.errors = done.stderr
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self.run(*arguments))

    def query(self, statement: str) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self.json("sql", statement, "--format", "json")
        return answer

    def start(self, *arguments: str | Path, **environment: str) -> subprocess.Popen[bytes]:
        """Start in a process group of its own, as a shell does."""
        log = (self.folder / "started.log").open("ab")
        with log:
            process = subprocess.Popen(
                self.command(*arguments),
                cwd=self.folder,
                env={**self.environment, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def stop_all(self) -> None:
        """End what a failed test has left running."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
