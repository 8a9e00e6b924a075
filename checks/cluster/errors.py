"""Everything that can go wrong in this room. No exception of another library leaves it.

ClusterError
 |- BadTarget             what was asked for cannot be read
 |   |- BadKubeconfig     absent, unreadable, broken, unknown context, failing exec plugin
 |   |- BadManifest       no file, or nothing in the files that is judged
 |   |- BadAuditLog       no file, or no audit events in it
 |   `- BadSnapshot       not a snapshot, damaged, too new, too large
 |- CannotWrite           a snapshot file cannot be written
 |- Unreachable           no usable connection: refused, unknown host, timeout, proxy
 |   `- Untrusted         TLS: unknown authority, wrong name, expired certificate
 |- Unauthorized          the API server does not know who asks (401)
 |- Forbidden             it knows, and lets nothing be read (403)
 |- Absent                the path or the resource does not exist (404)
 |- Expired               the list continued, or the moment asked for, is too old (410)
 `- BadAnswer             an answer that is no use: too large, not JSON, a server error
     `- Refused           the question is not one that the API server answers: 400, or a moment yet to come
"""

from __future__ import annotations

from checks.errors import QuarterdeckError


class ClusterError(QuarterdeckError):
    """Base of what can go wrong with a cluster, its files and its snapshots."""


class BadTarget(ClusterError):
    """What was asked for cannot be read."""


class BadKubeconfig(BadTarget):
    """The connection's configuration cannot be used."""


class BadManifest(BadTarget):
    """The manifests cannot be read, or hold nothing that is judged."""


class BadAuditLog(BadTarget):
    """The audit log cannot be read, or holds no audit events."""


class BadSnapshot(BadTarget):
    """The file is not a snapshot that can be read."""


class CannotWrite(ClusterError):
    """The snapshot file cannot be written."""


class Unreachable(ClusterError):
    """No connection to the API server, or it broke."""


class Untrusted(Unreachable):
    """The TLS handshake failed."""


class Unauthorized(ClusterError):
    """401: the credentials were not accepted."""


class Forbidden(ClusterError):
    """403: the credentials were accepted, the request was not allowed."""


class Absent(ClusterError):
    """404: not there."""


class Expired(ClusterError):
    """410: the place in the list is no longer known to the API server.

    `continue_token` goes on from there with what is in the cluster now, so that the list is of two moments.
    """

    def __init__(self, continue_token: str = "") -> None:
        super().__init__(
            "The list changed too much while it was read.", "Try again when the cluster is calmer."
        )
        self.continue_token = continue_token


class BadAnswer(ClusterError):
    """The answer is too large, not what was asked for, or a server error that stayed."""


class Refused(BadAnswer):
    """The API server does not take the question (400), or has not come to the moment it is about (504)."""
