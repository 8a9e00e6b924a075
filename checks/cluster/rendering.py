"""Helm charts and Kustomize folders as the manifests they stand for, made by the tools people make them with.

A chart may be anybody's, so the tool gets nothing but the chart: no shell, an empty home, no kubeconfig, no
search path on which to find `git` or plugins, no network to fetch from (see `checks.cluster.fence`), a
minute, and a limit to its output.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from checks.cluster import fence
from checks.cluster.errors import BadManifest
from checks.cluster.files import MAX_FILE_BYTES, Source, read_all, readable
from checks.model import Problem

SECONDS = 60.0
_CHART = "Chart.yaml"
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_NOWHERE = "http://127.0.0.1:9"
_SAID_LINES, _SAID_LETTERS = 8, 300


class _Recipe(Struct, frozen=True):
    """How a folder is rendered: by which command, and where all that it needs must be."""

    name: str
    command: tuple[str, ...]
    where: str = "on this machine, in the folder or in folders that it names"


def sources_of(path: Path, values: tuple[Path, ...], version: str) -> Iterator[Source | Problem]:
    """What `path` stands for: a chart's or Kustomize folder's manifests rendered, else the files as they are.

    `values` are files for the chart; `version` is the Kubernetes it is rendered for (`v1.37`).
    Raises BadManifest where it cannot be rendered, or cannot be read.
    """
    recipe = _recipe(path, values, version)
    if recipe is not None:
        yield Source(f"{readable(Path(path.name))} ({recipe.name})", _rendered(path, recipe))
    elif values:
        raise BadManifest(f"{path} is no Helm chart: it has no {_CHART}.", "Leave --helm-values out.")
    else:
        yield from read_all(path)


def _recipe(path: Path, values: tuple[Path, ...], version: str) -> _Recipe | None:
    whole = path.resolve()
    if (whole / _CHART).is_file():
        given = [f"--values={file.resolve()}" for file in values]
        options = ("--namespace=default", "--include-crds", f"--kube-version={version}", *given)
        command = (_tool("helm", path), "template", "release", str(whole), *options)
        return _Recipe("helm template", command, "in the folder (`helm dependency update`)")
    if any((whole / name).is_file() for name in _KUSTOMIZATIONS):
        rooted = ("--load-restrictor=LoadRestrictionsRootOnly", str(whole))
        kustomize = shutil.which("kustomize")
        if kustomize:
            return _Recipe("kustomize build", (kustomize, "build", *rooted))
        return _Recipe("kubectl kustomize", (_tool("kubectl", path), "kustomize", *rooted))
    return None


def _tool(name: str, path: Path) -> str:
    found = shutil.which(name)
    if found is None:
        helm = name == "helm"
        ways = "helm" if helm else "kustomize or kubectl"
        raise BadManifest(
            f"{path} is a {'Helm chart' if helm else 'Kustomize folder'} and {ways} is not installed.",
            f"Put {ways} on the PATH, or render it yourself and give the result with --manifests -.",
        )
    return found


def _rendered(path: Path, recipe: _Recipe) -> bytes:
    with tempfile.TemporaryDirectory(prefix="quarterdeck-") as home:
        code, out, said = _run(recipe, Path(home))
    if code is None:
        raise BadManifest(
            f"{recipe.name} of {path} did not end within {SECONDS:.0f} s.", "Render it yourself and look why."
        )
    if len(out) > MAX_FILE_BYTES:
        raise BadManifest(
            f"{recipe.name} of {path} gives more than {MAX_FILE_BYTES >> 20} MiB.", "Split the chart."
        )
    if code != 0:
        raise BadManifest(
            f"{recipe.name} of {path} fails: {_shown(said)}",
            f"Mend it; what it needs must be {recipe.where}: nothing is fetched.",
        )
    return out


def _run(recipe: _Recipe, home: Path) -> tuple[int | None, bytes, bytes]:
    """The exit code (None when the time was up), standard output up to the limit, and standard error."""
    empty = home / "empty"
    empty.mkdir()
    environment = {
        **dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "TMPDIR"), str(home)),
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE),
        "PATH": str(empty),
    }
    with (home / "out").open("w+b") as out, (home / "said").open("w+b") as said:
        process = subprocess.Popen(  # noqa: S603 - a list, no shell; paths are absolute
            [sys.executable, "-I", "-S", fence.__file__, *recipe.command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=said,
            cwd=home,
            env=environment,
            start_new_session=True,
        )
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (MAX_FILE_BYTES + 1, MAX_FILE_BYTES + 1))
        try:
            code: int | None = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        out.seek(0)
        said.seek(0)
        return code, out.read(MAX_FILE_BYTES + 1), said.read(1 << 16)


def _shown(said: bytes) -> str:
    """The tool's first lines, in letters that can be printed anywhere."""
    lines = said.decode("utf-8", "replace").strip().splitlines()[:_SAID_LINES]
    text = " ".join("".join(letter for letter in line if letter.isprintable()) for line in lines)
    return f"{text[:_SAID_LETTERS].rstrip('. ') or 'it does not say why'}."
