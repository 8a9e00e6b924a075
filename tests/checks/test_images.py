"""Image references as container runtimes read them, hostile ones included."""

from __future__ import annotations

import time

import pytest

from checks.images import allowed, reference

DIGEST = "sha256:" + "4c" * 32


@pytest.mark.parametrize(
    ("written", "registry", "repository", "tag", "digest"),
    [
        ("shop", "docker.io", "library/shop", "latest", None),
        ("shop:1", "docker.io", "library/shop", "1", None),
        ("team/shop", "docker.io", "team/shop", "latest", None),
        ("docker.io/shop", "docker.io", "library/shop", "latest", None),
        ("index.docker.io/shop:2", "docker.io", "library/shop", "2", None),
        ("localhost/shop", "localhost", "shop", "latest", None),
        ("localhost:5000/shop:1", "localhost:5000", "shop", "1", None),
        ("registry:5000/team/shop", "registry:5000", "team/shop", "latest", None),
        ("Team/shop", "Team", "shop", "latest", None),
        ("[::1]:5000/shop", "[::1]:5000", "shop", "latest", None),
        (f"a.example/shop@{DIGEST}", "a.example", "shop", None, DIGEST),
        (f"a.example/shop:1@{DIGEST}", "a.example", "shop", "1", DIGEST),
        ("xn--exmple-cua.example/shop", "xn--exmple-cua.example", "shop", "latest", None),
    ],
)
def test_references_are_read_as_runtimes_read_them(
    written: str, registry: str, repository: str, tag: str | None, digest: str | None
) -> None:
    found = reference(written)
    assert found is not None
    assert (found.registry, found.repository, found.tag, found.digest) == (registry, repository, tag, digest)
    assert found.moves is (digest is None)


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "Shop",
        "shop:",
        "shop:a b",
        "shop\n",
        "shop:1\n",
        "/shop",
        "a//b",
        "a.example/",
        "a.example@b.example/shop",
        "user:password@a.example/shop",
        "https://a.example/shop",
        "ex\u0430mple.com/shop",
        "a.example/shop:\u0661",
        "a_b.example/shop",
        "f" * 64 + "\n",
        "4c" * 32,
        "shop@sha256:" + "4c" * 31,
        "shop@SHA256:" + "4c" * 32,
        "shop@sha256:" + "4C" * 32,
        "shop@md5:" + "4c" * 16,
        f"shop@{DIGEST}@{DIGEST}",
        "a" * 300,
        "a.example/" + "b" * 256,
        "shop:" + "t" * 129,
        "x" * 1_000_000,
    ],
)
def test_what_no_runtime_pulls_is_no_reference(written: str) -> None:
    assert reference(written) is None


def test_hostile_references_take_no_time() -> None:
    start = time.process_time()
    for written in ("a-" * 2000, "a__" * 1300 + "!", "0." * 2000 + "/x", "a/" * 2000 + "A", "[" * 4000):
        reference(written)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("place", "image", "there"),
    [
        ("docker.io", "shop", True),
        ("docker.io/library", "shop", True),
        ("index.docker.io/library/", "shop", True),
        ("docker.io/library", "team/shop", False),
        ("a.example", "a.example/b/c", True),
        ("A.example/*", "a.EXAMPLE/b", True),
        ("a.example", "a.example:443/b", False),
        ("a.example:5000/team", "a.example:5000/team", True),
        ("a.example/team", "a.example/team/shop@" + DIGEST, True),
        ("a.example/team", "a.example/teamwork/shop", False),
        ("a.example", "a.example.evil.example/shop", False),
        ("a.example", "evil.example/a.example/shop", False),
    ],
)
def test_where_images_may_come_from(place: str, image: str, there: bool) -> None:
    entry, found = allowed(place), reference(image)
    assert entry is not None
    assert found is not None
    assert entry.has(found) is there


@pytest.mark.parametrize(
    "written", ["", "shop", "team/shop", "https://a.example", "a.example/Team", "*", "a b"]
)
def test_what_is_no_place(written: str) -> None:
    assert allowed(written) is None
