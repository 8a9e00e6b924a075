"""The transport against a server that misbehaves: bounded, retried where it helps, one clear message each."""

import itertools
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.cluster import connect
from checks.cluster.connect import Limits
from checks.cluster.errors import (
    Absent,
    BadAnswer,
    BadKubeconfig,
    ClusterError,
    Expired,
    Forbidden,
    Refused,
    Unauthorized,
    Unreachable,
)
from checks.cluster.kinds import KINDS
from tests.checks.cluster.wire import (
    QUICK,
    Answer,
    Wire,
    api_of,
    body,
    cut_short,
    dripping,
    dripping_with_a_length,
    endless,
    raw,
    reply,
    reset,
    silent,
    status,
)

TOKEN = "t0ken-of-the-test"


def failing(
    folder: Path, answer: Answer | Iterator[Answer], limits: Limits = QUICK
) -> tuple[ClusterError, int]:
    """The error that an answer leads to, and how often it was asked for."""
    with Wire({"/x": answer}) as wire, api_of(folder, wire.url, limits) as api:
        with pytest.raises(ClusterError) as caught:
            api.get("/x")
        asked = len(wire.asked)
    assert caught.value.next_step
    assert TOKEN not in str(caught.value)
    return caught.value, asked


def test_an_answer_with_credentials_and_query(tmp_path: Path) -> None:
    with Wire({"/x": reply({"a": 1})}) as wire, api_of(tmp_path, wire.url) as api:
        assert bytes(api.get("/x", {"limit": 5}, "application/json;as=Table")) == b'{"a": 1}'
        assert wire.asked == ["/x?limit=5"]
        assert wire.headers[0]["authorization"] == f"Bearer {TOKEN}"
        assert wire.headers[0]["accept"] == "application/json;as=Table"


def test_a_compressed_answer(tmp_path: Path) -> None:
    import gzip

    packed = body(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")
    with Wire({"/x": packed}) as wire, api_of(tmp_path, wire.url) as api:
        assert bytes(api.get("/x")) == b'{"a": 1}'
        assert wire.headers[0]["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (401, Unauthorized),
        (403, Forbidden),
        (404, Absent),
        (410, Expired),
        (400, Refused),
        (302, BadAnswer),
    ],
)
def test_a_refusal_is_not_tried_again(tmp_path: Path, code: int, error: type[ClusterError]) -> None:
    raised, asked = failing(tmp_path, status(code, "for a reason"))
    assert type(raised) is error
    assert asked == 1


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with Wire({}, reply({"kind": "PodList"})) as elsewhere:
        raised, _ = failing(tmp_path, status(302, Location=f"{elsewhere.url}/x"))
        assert elsewhere.asked == []
    assert isinstance(raised, BadAnswer)
    assert "says 302" in raised.message


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(tmp_path: Path, code: int) -> None:
    answers = itertools.chain([status(code), status(code)], itertools.repeat(reply({})))
    with Wire({"/x": answers}) as wire, api_of(tmp_path, wire.url) as api:
        assert bytes(api.get("/x")) == b"{}"
        assert len(wire.asked) == 3


@pytest.mark.parametrize("code", [429, 500])
def test_what_stays_is_given_up(tmp_path: Path, code: int) -> None:
    raised, asked = failing(tmp_path, status(code, "too busy"))
    assert isinstance(raised, BadAnswer)
    assert f"says {code}: too busy" in raised.message
    assert asked == 4


def test_retry_after_is_kept_to(tmp_path: Path) -> None:
    answers = itertools.chain([status(429, Retry_After="1")], itertools.repeat(reply({})))
    with Wire({"/x": answers}) as wire, api_of(tmp_path, wire.url) as api:
        started = time.monotonic()
        api.get("/x")
        assert time.monotonic() - started >= 1
        assert len(wire.asked) == 2


def test_retry_after_beyond_the_time_there_is(tmp_path: Path) -> None:
    started = time.monotonic()
    _, asked = failing(tmp_path, status(429, Retry_After="3600"))
    assert asked == 1
    assert time.monotonic() - started < 2


def test_a_reset_connection_is_tried_again(tmp_path: Path) -> None:
    answers = itertools.chain([reset, cut_short], itertools.repeat(reply({})))
    with Wire({"/x": answers}) as wire, api_of(tmp_path, wire.url) as api:
        assert bytes(api.get("/x")) == b"{}"
        assert len(wire.asked) == 3


@pytest.mark.parametrize("answer", [reset, cut_short])
def test_a_connection_that_keeps_breaking(tmp_path: Path, answer: Answer) -> None:
    raised, asked = failing(tmp_path, answer)
    assert isinstance(raised, Unreachable)
    assert asked == 4


def test_an_endless_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "MAX_BYTES", 5 << 20)
    raised, asked = failing(tmp_path, endless, Limits(read=2, total=20))
    assert isinstance(raised, BadAnswer)
    assert "larger than 5 MiB" in raised.message
    assert asked == 1


def test_an_answer_that_unpacks_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr(connect, "MAX_BYTES", 5 << 20)
    raised, _ = failing(
        tmp_path, body(gzip.compress(bytes(50 << 20)), Content_Encoding="gzip"), Limits(total=20)
    )
    assert "larger than 5 MiB" in raised.message


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100_000,
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 -20 OK\r\n\r\n{}",
        b"HTTP/1.1 " + b"9" * 5000 + b" OK\r\n\r\n{}",
        OK + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n{}",
        OK + b"X: a\r\n" * 100_000 + b"\r\n{}",
        CHUNKED + b"zzzz\r\nhello\r\n",
        CHUNKED + b"-5\r\nhello\r\n",
        CHUNKED + b"ffffffffffffffff\r\nhello\r\n",
        CHUNKED + b"5;" + b"a" * 1_000_000 + b"\r\nhello\r\n0\r\n\r\n",
    ],
    ids=itertools.count(),
)
def test_what_is_no_http_is_a_broken_connection(tmp_path: Path, content: bytes) -> None:
    raised, asked = failing(tmp_path, raw(content))
    assert isinstance(raised, Unreachable)
    assert "broke" in raised.message
    assert asked == 4


@pytest.mark.parametrize("layers", [2, 9])
def test_compression_within_compression(tmp_path: Path, layers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr(connect, "MAX_BYTES", 5 << 20)
    content = bytes(50 << 20)
    for _ in range(layers):
        content = gzip.compress(content)
    answer = body(content, Content_Encoding=", ".join(["gzip"] * layers))
    raised, asked = failing(tmp_path, answer, Limits(total=20))
    assert isinstance(raised, BadAnswer)
    assert asked == 1


@pytest.mark.parametrize("after", ["1e9", "-5", "9" * 4000, "Fri, 31 Dec 9999 23:59:59 GMT", "\u00b2", ""])
def test_a_wait_that_is_none_is_not_kept_to(tmp_path: Path, after: str) -> None:
    started = time.monotonic()
    raised, _ = failing(tmp_path, status(429, "busy", Retry_After=after))
    assert "says 429" in raised.message
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("slow", [dripping, dripping_with_a_length])
def test_a_slow_answer(tmp_path: Path, slow: Answer) -> None:
    started = time.monotonic()
    raised, _ = failing(tmp_path, slow, Limits(read=1, total=1))
    assert isinstance(raised, Unreachable)
    assert time.monotonic() - started < 4


def test_a_server_that_says_nothing(tmp_path: Path) -> None:
    raised, asked = failing(tmp_path, silent)
    assert isinstance(raised, Unreachable)
    assert "did not answer in time" in raised.message
    assert asked == 1


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        server = f"http://127.0.0.1:{held.getsockname()[1]}"
        with api_of(tmp_path, server) as api, pytest.raises(Unreachable) as caught:
            api.get("/x")
    assert server in caught.value.message
    assert "refuses" in caught.value.message


def test_a_name_that_is_not_known(tmp_path: Path) -> None:
    with api_of(tmp_path, "https://no-such-host.invalid:6443") as api, pytest.raises(Unreachable) as caught:
        api.get("/x")
    assert "is not known" in caught.value.message


def test_a_proxy_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://someone:s3cret@127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    with api_of(tmp_path, "https://192.0.2.1:6443") as api, pytest.raises(Unreachable) as caught:
        api.get("/x")
    assert "proxy" in caught.value.message
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "server", ["", "not an address", "https://", "https://127.0.0.1:notaport", "ftp://x"]
)
def test_an_address_that_is_none(tmp_path: Path, server: str) -> None:
    with pytest.raises((BadKubeconfig, Unreachable)) as caught, api_of(tmp_path, server) as api:
        api.get("/x")
    assert caught.value.next_step


def test_an_answer_with_odd_text_is_cut(tmp_path: Path) -> None:
    raised, _ = failing(tmp_path, status(400, "bad\x1b[31m" + "x" * 5000))
    assert "\x1b" not in raised.message
    assert len(raised.message) < 500


def test_a_page_of_something_else_is_not_repeated(tmp_path: Path) -> None:
    raised, _ = failing(tmp_path, body(b"<html>please log in, token=abc</html>", 418))
    assert "abc" not in str(raised)


def test_plain_http_to_a_server_that_wants_tls(tmp_path: Path) -> None:
    raised, _ = failing(tmp_path, body(b"Client sent an HTTP request to an HTTPS server.\n", 400))
    assert "HTTPS server" in raised.message


def test_an_access_review(tmp_path: Path) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    with (
        Wire({path: reply({"status": {"allowed": True, "reason": "because"}}, 201)}) as wire,
        api_of(tmp_path, wire.url) as api,
    ):
        review = api.review("list", KINDS["Deployment"])
    assert (review.allowed, review.reason) == (True, "because")


def test_an_access_review_that_is_none(tmp_path: Path) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    with Wire({path: reply([1])}) as wire, api_of(tmp_path, wire.url) as api, pytest.raises(BadAnswer):
        api.review("list", KINDS["Pod"])


@pytest.mark.parametrize("code", [400, 403, 500])
def test_a_server_that_repeats_our_credentials_is_not_quoted(tmp_path: Path, code: int) -> None:
    answer = status(code, f"what is Bearer {TOKEN} to me")
    error, _ = failing(tmp_path, answer)
    assert "[redacted]" in str(error)
