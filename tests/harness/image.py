"""The container image, built by `tools/image.sh`, and programs run in it as an engine would run them.

No container engine is needed: this makes with `unshare` what the image relies on, its own mount, network and
process namespaces, a read-only root, a data volume, a /tmp, its user, its environment and nobody else's.
"""

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).parents[2]
DATA = "/var/lib/quarterdeck"
_BUILD_SECONDS = 1200
_RUN_SECONDS = 180

_NAMESPACES = ("--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child")
_CONTAINER = """
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
cd {folder}
mount --bind {root} mounted
mount --bind data mounted{DATA}
mount --bind tmp mounted/tmp
mount -t proc proc mounted/proc
mount --bind dev mounted/dev
for each in null zero full random urandom; do touch dev/$each; mount --bind /dev/$each mounted/dev/$each; done
mkdir dev/shm
mount -t tmpfs -o size=64m,mode=1777 tmpfs mounted/dev/shm
mount -o remount,bind,ro mounted/dev
mount -o remount,bind,ro mounted
exec /usr/bin/env -i {environment} \\
  /usr/bin/setpriv --no-new-privs /usr/sbin/chroot --userspec={user} --groups= mounted {command}
"""


class ImageError(Exception):
    """The image cannot be built or used; the message says what to do."""


@dataclass(frozen=True)
class Container:
    """A program ready to run in the image: the command that starts it, its /tmp and its data volume."""

    command: list[str]
    tmp: Path
    data: Path


@dataclass(frozen=True)
class Done:
    """What a program in the image did, and the /tmp that it left."""

    code: int
    out: bytes
    err: str
    tmp: Path


@dataclass(frozen=True)
class Image:
    """The image: its unpacked root file system (not to be changed) and its configuration."""

    root: Path
    config: dict[str, Any]
    manifest: dict[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        return dict(each.split("=", 1) for each in self.config["Env"])

    @contextmanager
    def run(self, *arguments: str, entrypoint: Sequence[str] = ()) -> Iterator[Done]:
        """Run the entry point with `arguments` to its end, without a network; /tmp lasts for the block."""
        with self.container(*arguments, entrypoint=entrypoint) as container:
            done = subprocess.run(container.command, capture_output=True, timeout=_RUN_SECONDS, check=False)
            yield Done(done.returncode, done.stdout, done.stderr.decode(), container.tmp)

    @contextmanager
    def container(
        self,
        *arguments: str,
        entrypoint: Sequence[str] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
        network: bool = False,
    ) -> Iterator[Container]:
        """Prepare to run the entry point with `arguments` as the image's user, on a read-only root.

        The data volume is as Kubernetes gives it with `fsGroup`: root's, and writable for the group.
        """
        group = int(self.config["User"].partition(":")[2])
        with tempfile.TemporaryDirectory(prefix="image-") as name:
            folder = Path(name)
            folder.chmod(0o755)
            for each, mode in (("mounted", 0o755), ("data", 0o770), ("tmp", 0o1777), ("dev", 0o755)):
                (folder / each).mkdir()
                (folder / each).chmod(mode)
            os.chown(folder / "data", 0, group)
            (folder / "data").chmod(0o2770)
            script = _CONTAINER.format(
                folder=folder,
                root=shlex.quote(str(self.root)),
                DATA=DATA,
                environment=shlex.join([f"{k}={v}" for k, v in {**self.environment, **environment}.items()]),
                user=self.config["User"],
                command=shlex.join([*(entrypoint or self.config["Entrypoint"]), *arguments]),
            )
            namespaces = [each for each in _NAMESPACES if each != "--net" or not network]
            command = ["/usr/bin/unshare", *namespaces, "/bin/sh", "-c", script]
            yield Container(command, folder / "tmp", folder / "data")


@contextmanager
def image() -> Iterator[Image]:
    """Build the image, or take the one that was built of the same files, and unpack it for reading.

    Raises ImageError when it cannot be built; its message is what the build said.
    """
    if os.geteuid() != 0:
        raise ImageError("The image's tests make namespaces and mounts: run them as root (sudo make test).")
    with tempfile.TemporaryDirectory(prefix="image-") as name:
        archive = Path(name) / "image.tar"
        built = subprocess.run(
            [ROOT / "tools" / "image.sh", archive],
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
            check=False,
        )
        if built.returncode:
            raise ImageError(f"tools/image.sh failed:\n{built.stderr[-2000:]}")
        yield _unpack(archive, Path(name))


def _unpack(archive: Path, folder: Path) -> Image:
    """Unpack an OCI archive, layer by layer, as an engine does. Ours deletes nothing between layers."""
    layout, root = folder / "oci", folder / "root"
    for each in (layout, root):
        each.mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", layout], check=True)

    def blob(digest: str) -> Path:
        return layout / "blobs" / digest.replace(":", "/")

    index = json.loads((layout / "index.json").read_bytes())
    manifest = json.loads(blob(index["manifests"][0]["digest"]).read_bytes())
    for layer in manifest["layers"]:
        subprocess.run(["tar", "-xpf", blob(layer["digest"]), "-C", root], check=True)
    config = json.loads(blob(manifest["config"]["digest"]).read_bytes())
    return Image(root, config["config"], {**manifest, "history": config["history"]})
