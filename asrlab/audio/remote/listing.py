"""Folders over http(s): the pages of links that web servers make of them."""

from collections import deque
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from asrlab.audio.remote.http import read_page
from asrlab.audio.remote.policy import FetchPolicy
from asrlab.audio.remote.transfer import RemoteFile
from asrlab.domain.reasons import FailureReason
from asrlab.errors import AudioError

# A server that makes up folders without end is not followed for ever.
MAX_FOLDERS = 100_000


def list_http(url: str, policy: FetchPolicy) -> list[RemoteFile]:
    """The files that the pages of a folder and of the folders below it link to, by name; nothing is asked of each.

    Only what lies below `url` counts, so links to parents, to other hosts and to the columns of a listing are passed
    over. Raises AudioError when a page can't be read.
    """
    files: dict[str, None] = {}
    seen = {url}
    waiting = deque([url])
    while waiting:
        folder = waiting.popleft()
        page, came_from = read_page(folder, policy)
        for link in _links(page):
            target = urldefrag(urljoin(came_from, link)).url
            if urlsplit(target).query or not target.startswith(url) or target == url:
                continue
            if not target.endswith("/"):
                files[target] = None
            elif target not in seen:
                seen.add(target)
                waiting.append(target)
        if len(seen) > MAX_FOLDERS:
            raise AudioError(
                FailureReason.TOO_LARGE,
                f"{url}: more than {MAX_FOLDERS} folders lie below it: name one of them",
            )
    return [RemoteFile(name, None, 0, "") for name in sorted(files)]


def _links(page: str) -> list[str]:
    parser = _LinkParser()
    parser.feed(page)
    parser.close()
    return parser.links


class _LinkParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links += [value.strip() for name, value in attrs if name == "href" and value]
