"""Paths of a node, in one way of writing, and where container runtimes take orders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

SOCKETS = (
    "/run/buildkit/buildkitd.sock",
    "/run/containerd/containerd.sock",
    "/run/cri-dockerd.sock",
    "/run/crio/crio.sock",
    "/run/docker.sock",
    "/run/docker/containerd/containerd.sock",
    "/run/dockershim.sock",
    "/run/frakti.sock",
    "/run/k0s/containerd.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/var/snap/microk8s/common/run/containerd.sock",
)
PIPES = ("pipe/docker_engine", "pipe/containerd-containerd", "pipe/dockershim")


@lru_cache(maxsize=4096)
def normal(path: str) -> str:
    """A path of a node in one way of writing: no doubled slashes or dots, `/var/run` as the `/run` that it is
    a link to, Windows' in small letters with slashes."""
    if re.match(r"[A-Za-z]:|\\\\", path):
        return _tidy(path.replace("\\", "/").lower())
    path = f"/{_tidy(path)}"
    if path == "/var/run" or path.startswith("/var/run/"):
        path = path.removeprefix("/var")
    return path


def _tidy(path: str) -> str:
    """Without doubled slashes, dots and steps up, and without a slash at either end."""
    steps: list[str] = []
    for step in path.split("/"):
        if step == "..":
            steps[-1:] = []
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


def within(path: str, places: Iterable[str]) -> str | None:
    """The place that a path is, or is in."""
    return next((place for place in places if path == place or path.startswith(f"{place}/")), None)


def holding(path: str, places: Iterable[str]) -> str | None:
    """The place that a path is, or leads to."""
    folder = path.rstrip("/") + "/"
    return next((place for place in places if path == place or place.startswith(folder)), None)
