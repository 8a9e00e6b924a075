"""Builds the real Kubernetes components that the tests run against.

The tests compare Quarterdeck with the API server's own verdicts, so they need the real one. Its source comes
as Go modules, pinned with their hashes by `components/go.mod` and `components/go.sum` or by those of a folder
there, which can be renewed without building the others again. The first build takes minutes, so the binaries
are kept outside the tree, in a folder whose name tells what they were built from. `rig` is a program of our
own around more of Kubernetes' code: its kubelet, a key service, all defaults.

    python tests/kubernetes/build.py [kube-apiserver] [etcd] [helm] [rig] [kustomize]

prints the path of each binary, building what is missing. It needs only Go and the standard library.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Thread

COMPONENTS = Path(__file__).parent / "components"
PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "helm": "helm.sh/helm/v3/cmd/helm",
    "rig": "./rig",
    "kustomize": "sigs.k8s.io/kustomize/kustomize/v5",
}
_FETCHED = "go: downloading "
_GET_GO = "Install it (https://go.dev/doc/install), put it on PATH and run this again."


class BuildError(Exception):
    """A component cannot be built; the message says why and what to do."""


class Progress:
    """How far a long build is: one line that is rewritten on a terminal, else a line each 15 seconds."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._started = self._shown = time.monotonic()

    def show(self, step: str, *, final: bool = False) -> None:
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if not final and now - self._shown < (0.2 if terminal else 15):
            return
        self._shown = now
        minutes, seconds = divmod(int(now - self._started), 60)
        line = f"{self._name}: {step} ({minutes}:{seconds:02})"
        _say(f"\r\033[K{line}" if terminal else line, end="\n" if final or not terminal else "")


def binary(name: str) -> Path:
    """Return the path of component `name`, which must have been built: nothing is built here.

    Raises BuildError when it is missing, saying how to build it.
    """
    path = _destination(name)
    if not path.is_file():
        raise BuildError(f"{name} is not built. Run: python {_shown(__file__)} {name}")
    return path


def build(name: str) -> Path:
    """Return the path of component `name`, building it first when the cache has none.

    Raises BuildError when Go is missing or too old, or the build fails.
    """
    path = _destination(name)
    if path.is_file():
        return path
    folder = path.parent
    with _locked(folder.parent / f".{folder.name}.lock", name):
        if not path.is_file():
            with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder.parent) as scratch:
                _compile(name, Path(scratch) / name)
                folder.mkdir(exist_ok=True)
                (Path(scratch) / name).replace(path)
    return path


def version_of(module: str) -> str:
    """Return the version of a Go module that `components/go.mod` requires, such as `v1.37.2`."""
    found = re.search(rf"^\s*{re.escape(module)} (v\S+)", _go_mod(), re.MULTILINE)
    if found is None:
        raise BuildError(
            f"{_shown(COMPONENTS / 'go.mod')} does not require {module}: add it with go get -tool."
        )
    return found[1]


def _destination(name: str) -> Path:
    if name not in PACKAGES:
        raise BuildError(f"There is no component {name!r}: choose from {', '.join(PACKAGES)}.")
    pinned = ((_folder(name) / file).read_text() for file in ("go.mod", "go.sum"))
    recipe = "\n".join([*pinned, _go_version(), *_flags(name), *_own_source(name)])
    key = hashlib.sha256(recipe.encode()).hexdigest()[:16]
    return _cache() / f"{name}-{key}" / name


def _cache() -> Path:
    own = os.environ.get("QUARTERDECK_CACHE")
    shared = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = (Path(own) if own else Path(shared) / "quarterdeck") / "bin"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(f"Cannot keep binaries in {folder} ({error}). Set QUARTERDECK_CACHE.") from error
    return folder


def _folder(name: str) -> Path:
    """Return the folder of the Go module that a component is built from."""
    own = COMPONENTS / name
    return own if (own / "go.mod").is_file() else COMPONENTS


def _go_mod() -> str:
    return (COMPONENTS / "go.mod").read_text()


def _go_version() -> str:
    """Return Go's version and platform, refusing a Go older than `go.mod` asks for."""
    needed = re.search(r"^go (\d+)\.(\d+)", _go_mod(), re.MULTILINE)
    assert needed is not None
    wanted = f"Go {needed[1]}.{needed[2]} or newer is needed to build the Kubernetes components"
    if shutil.which("go") is None:
        raise BuildError(f"{wanted}, and there is no go on PATH. {_GET_GO}")
    answer = _go("env", "GOVERSION", "GOOS", "GOARCH")
    found = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    if answer.returncode or found is None:
        raise BuildError(
            f"{wanted}; `go env` said: {answer.stderr.strip() or answer.stdout.strip()}. {_GET_GO}"
        )
    if (int(found[1]), int(found[2])) < (int(needed[1]), int(needed[2])):
        raise BuildError(f"{wanted}, and {shutil.which('go')} is {answer.stdout.split()[0]}. {_GET_GO}")
    return answer.stdout


def _own_source(name: str) -> list[str]:
    """Return the Go files of a component that is a folder here."""
    return [path.read_text() for path in sorted((COMPONENTS / PACKAGES[name]).glob("*.go"))]


def _flags(name: str) -> list[str]:
    is_kubernetes = name in ("kube-apiserver", "rig")
    return ["-trimpath", "-ldflags", f"-s -w {_kubernetes_version() if is_kubernetes else ''}".strip()]


def _kubernetes_version() -> str:
    """Return the linker flags of Kubernetes' release build: without them `/version` is v0.0.0-master."""
    version = version_of("k8s.io/kubernetes")
    major, minor, _ = version.removeprefix("v").split(".", 2)
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return " ".join(f"-X {package}.{key}={value}" for package in packages for key, value in values.items())


def _go(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["go", *arguments]
    return subprocess.run(
        command, cwd=COMPONENTS, env=_environment(), capture_output=True, text=True, check=False
    )


def _environment() -> dict[str, str]:
    return {**os.environ, "CGO_ENABLED": "0"}


@contextlib.contextmanager
def _locked(path: Path, name: str) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _say(f"{name}: another build of it is running; waiting for that one")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compile(name: str, target: Path) -> None:
    progress = Progress(name)
    listing = ["list", "-deps", *_flags(name), "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", PACKAGES[name]]
    failed, lines = _watched(name, progress, _fetching, listing)
    if failed:
        raise BuildError(f"{name}: its Go modules cannot be read or fetched.\n{_words(lines)}")
    total = len(_packages(lines))

    def step(seen: list[str]) -> str:
        compiled = len(_packages(seen))
        return f"compiled {compiled} of {total} packages" if compiled < total - 1 else "linking"

    building = ["build", "-v", *_flags(name), "-o", str(target), PACKAGES[name]]
    failed, lines = _watched(name, progress, step, building)
    if failed:
        raise BuildError(f"{name}: go build failed.\n{_words(lines)}")
    progress.show(f"built, {target.stat().st_size / 1e6:.0f} MB", final=True)


def _watched(
    name: str, progress: Progress, step: Callable[[list[str]], str], arguments: Sequence[str]
) -> tuple[bool, list[str]]:
    """Run go, showing what `step` makes of the lines so far. Return whether it failed, and all its lines."""
    lines: list[str] = []
    command = ["go", *arguments]
    with subprocess.Popen(
        command,
        cwd=_folder(name),
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        reader = Thread(target=lines.extend, args=(process.stdout,), daemon=True)
        reader.start()
        try:
            while reader.is_alive():
                progress.show(step(list(lines)))
                reader.join(0.2)
        except BaseException:
            process.terminate()
            raise
    return process.returncode != 0, lines


def _fetching(lines: list[str]) -> str:
    return f"fetched {sum(line.startswith(_FETCHED) for line in lines)} Go modules"


def _packages(lines: list[str]) -> list[str]:
    return [line for line in lines if re.fullmatch(r"[\w.~/-]+\n", line)]


def _words(lines: list[str]) -> str:
    """Return what go said besides the names of packages and modules, for an error's message."""
    packages = {*_packages(lines)}
    said = [line for line in lines if line not in packages and not line.startswith(_FETCHED)]
    return "".join(said[-40:]).strip()


def _say(text: str, end: str = "\n") -> None:
    print(text, file=sys.stderr, end=end, flush=True)


def _shown(path: str | Path) -> Path:
    with contextlib.suppress(ValueError):
        return Path(path).relative_to(Path.cwd())
    return Path(path)


def main(names: list[str]) -> int:
    try:
        for name in names or list(PACKAGES):
            print(build(name), flush=True)
    except BuildError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("\nstopped; what is compiled is kept, and the next run goes on from there")
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
