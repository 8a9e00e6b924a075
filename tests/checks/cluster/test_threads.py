"""Kinds are read by several threads at once from the very first page on: that must not crash the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAM = """
import json, threading
from checks.cluster.collect import _decoded
from checks.cluster.kinds import KINDS
from checks.cluster.sharing import Parts

container = {"name": "c", "env": [{"name": "A", "value": "b"}], "securityContext": {"privileged": True}}
item = {"metadata": {"name": "a", "ownerReferences": [{"name": "x"}]}, "spec": {"containers": [container]}}
body = json.dumps({"kind": "PodList", "metadata": {}, "items": [item] * 5}).encode()
kinds = [kind for kind in KINDS.values() if not kind.metadata_only]
start, broken = threading.Barrier(16), []

def work(number):
    start.wait()
    for kind in kinds[number:] + kinds[:number]:
        try:
            _decoded(bytearray(body), kind, Parts())
        except Exception as error:
            broken.append(error)

threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not broken, broken[0]
"""


def test_threads_may_decode_every_kind_for_the_first_time_at_once() -> None:
    for _ in range(3):
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
