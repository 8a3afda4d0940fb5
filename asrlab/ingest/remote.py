"""Looking for audio behind URLs: single files, and folders and patterns of what fsspec knows."""

from asrlab.audio.files import printable
from asrlab.audio.remote.urls import check_url, is_http, url_path
from asrlab.errors import AudioError, InputNotFoundError
from asrlab.ingest.found import FoundFile, Unreadable
from asrlab.ingest.local import SOME_EXTENSIONS, looks_like_audio


class RemoteSearch:
    """What has been found behind URLs so far, by URL. names: everything in the folders that were listed."""

    def __init__(self) -> None:
        self.files: dict[str, FoundFile] = {}
        self.unreadable: dict[str, Unreadable] = {}
        self.names: set[str] = set()

    def add(self, url: str) -> None:
        """Add what a URL names; over http(s) that is one file, elsewhere a folder or a pattern too.

        Raises InputNotFoundError for a folder or pattern without audio, MissingExtraError.
        """
        check_url(url)
        if is_http(url):
            self.take(url)
            return
        # Only here: what asks buckets is slow to import.
        from asrlab.audio.remote.buckets import list_files
        from asrlab.audio.remote.policy import current_policy

        try:
            listed = list_files(url, current_policy())
        except AudioError as error:
            self.unreadable[url] = Unreadable(url, error.reason, error.message)
            return
        if listed is None:
            self.take(url)
            return
        self.names.update(file.url for file in listed)
        audio = [file for file in listed if looks_like_audio(url_path(file.url))]
        if not audio:
            raise InputNotFoundError(
                f"no audio at {printable(url)}: looked for files named {SOME_EXTENSIONS} and the like"
            )
        for file in audio:
            self.files[file.url] = FoundFile(file.url, file.size or 0, file.mtime_ns, 0, file.etag)

    def take(self, url: str) -> None:
        """Add one file, whatever it is called."""
        self.files.setdefault(url, FoundFile(url, 0, 0, 0))
