"""The API server's encryption configuration: a file on the control plane nodes that no list in the API has.

Its keys are the most valuable secret of a cluster. Of each only its size has a field here.
"""

from __future__ import annotations

from typing import ClassVar

from checks.cluster.objects.base import Object, Part
from checks.cluster.objects.pods import Present
from checks.cluster.objects.withheld import KeySize


class EncryptionKey(Part, frozen=True):
    """A key: its name, and of the key itself how many bytes it has."""

    name: str = ""
    secret: KeySize | None = None


class EncryptionKeys(Part, frozen=True):
    keys: tuple[EncryptionKey, ...] | None = None


class KMSProvider(Part, frozen=True):
    api_version: str = ""
    name: str = ""
    endpoint: str = ""
    timeout: str | None = None
    cachesize: int | None = None


class EncryptionProvider(Part, frozen=True):
    """One way to write and read; exactly one of these is to be there."""

    kms: KMSProvider | None = None
    aesgcm: EncryptionKeys | None = None
    aescbc: EncryptionKeys | None = None
    secretbox: EncryptionKeys | None = None
    identity: Present | None = None


class EncryptionRule(Part, frozen=True):
    """Some resources and the providers for them: the first writes, all of them read."""

    resources: tuple[str, ...] | None = None
    providers: tuple[EncryptionProvider, ...] | None = None


class EncryptionFile(Object, frozen=True):
    """What both spellings of the file have."""

    resources: tuple[EncryptionRule, ...] | None = None


class EncryptionConfiguration(EncryptionFile, frozen=True):
    api_version: ClassVar[str] = "apiserver.config.k8s.io/v1"
    kind: ClassVar[str] = "EncryptionConfiguration"


class EncryptionConfig(EncryptionFile, frozen=True):
    """The spelling before Kubernetes 1.13, which the API server still accepts."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "EncryptionConfig"
