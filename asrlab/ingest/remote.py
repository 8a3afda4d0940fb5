"""Looking for audio behind URLs: single files, and folders and patterns of what fsspec knows."""

from asrlab.audio.files import printable
from asrlab.audio.remote.urls import check_url, is_http, url_path
from asrlab.errors import AudioError, InputNotFoundError
from asrlab.ingest.found import FoundFile, Unreadable
from asrlab.ingest.local import SOME_EXTENSIONS, looks_like_audio


class RemoteSearch:
    """What has been found behind URLs so far, by URL. names: everything in the folders that were listed."""

    def __init__(self, empty_is_fine: bool = False) -> None:
        self._empty_is_fine = empty_is_fine
        self.files: dict[str, FoundFile] = {}
        self.unreadable: dict[str, Unreadable] = {}
        self.names: set[str] = set()

    def add(self, url: str) -> None:
        """Add what a URL names: a file, a folder or a pattern; over http(s) a folder is what ends in a slash.

        Raises InputNotFoundError for a folder or pattern without audio, MissingExtraError.
        """
        check_url(url)
        if is_http(url) and not url_path(url).endswith("/"):
            self.take(url)
            return
        # Only here: what asks is slow to import.
        from asrlab.audio.remote.buckets import list_files
        from asrlab.audio.remote.listing import list_http
        from asrlab.audio.remote.policy import current_policy

        try:
            listed = (list_http if is_http(url) else list_files)(url, current_policy())
        except AudioError as error:
            self.unreadable[url] = Unreadable(url, error.reason, error.message)
            return
        if listed is None:
            self.take(url)
            return
        self.names.update(file.url for file in listed)
        audio = [file for file in listed if looks_like_audio(url_path(file.url))]
        if not audio and not self._empty_is_fine:
            raise InputNotFoundError(
                f"no audio at {printable(url)}: looked for files named {SOME_EXTENSIONS} and the like"
            )
        for file in audio:
            self.files[file.url] = FoundFile(file.url, file.size or 0, file.mtime_ns, 0, file.etag)

    def take(self, url: str) -> None:
        """Add one file, whatever it is called."""
        self.files.setdefault(url, FoundFile(url, 0, 0, 0))
