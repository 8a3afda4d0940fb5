"""Who holds a lease: a process, named so that others on its machine can tell whether it still lives."""

import os
import socket
from functools import lru_cache

import psutil


def this_process() -> str:
    """`machine|pid|start`: the start time tells a process from a later one with the same pid."""
    return f"{machine()}|{os.getpid()}|{_start_of(os.getpid())}"


@lru_cache(maxsize=1)
def machine() -> str:
    """The host name and, on Linux, the pid namespace: containers may share a name but never their pids."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return f"{socket.gethostname()}{namespace}"


def is_surely_dead(owner: str) -> bool:
    """True only for a process of this machine that has ended; one elsewhere can't be seen from here."""
    place, _, process = owner.partition("|")
    if place != machine():
        return False
    pid, _, start = process.partition("|")
    return _start_of(int(pid)) != start


def _start_of(pid: int) -> str:
    """When the process started, "" when there is none; a zombie has ended."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return ""
        return f"{process.create_time():.2f}"
    except psutil.NoSuchProcess:
        return ""
