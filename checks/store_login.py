"""How a store of External Secrets proves who it is: by something written down, or by who it runs as."""

from __future__ import annotations

from enum import Enum

from checks.cluster import objects as o


class Login(Enum):
    STATIC = "static"
    IDENTITY = "identity"
    UNKNOWN = "unknown"


_CONTROLLER = "the identity of External Secrets' own pod"


def login(name: str, provider: o.StoreProvider) -> tuple[Login, str]:
    """The kind of login of a provider (`vault`, `aws` …), and in words what it is."""
    auth = provider.auth or o.StoreAuth()
    match name:
        case "aws":
            return _static_or(auth, Login.IDENTITY, "a service account" if auth.jwt else _CONTROLLER)
        case "gcpsm":
            way = "Workload Identity" if auth.workload_identity else _CONTROLLER
            return _static_or(auth, Login.IDENTITY, way)
        case "azurekv":
            return _azure(provider)
        case "vault":
            return _vault(auth)
        case "kubernetes":
            if auth.service_account:
                return Login.IDENTITY, "a service account"
            return (Login.STATIC, "a token or certificate") if auth.token or auth.cert else _unknown(name)
        case _:
            return _static_or(auth, Login.UNKNOWN, f"a way of {name} that is not known here")


def _static_or(auth: o.StoreAuth, otherwise: Login, way: str) -> tuple[Login, str]:
    return (Login.STATIC, "a key in a Secret") if auth.secret_ref else (otherwise, way)


def _azure(provider: o.StoreProvider) -> tuple[Login, str]:
    match provider.auth_type or "ServicePrincipal":
        case "ServicePrincipal":
            return Login.STATIC, "a service principal's secret"
        case "ManagedIdentity":
            return Login.IDENTITY, "a managed identity"
        case "WorkloadIdentity":
            return Login.IDENTITY, "Workload Identity"
        case other:
            return Login.UNKNOWN, f"the way {other}"


def _vault(auth: o.StoreAuth) -> tuple[Login, str]:
    static = (
        (auth.token_secret_ref, "a token in a Secret"),
        (auth.app_role, "an AppRole's secret id"),
        (auth.ldap, "an LDAP password"),
        (auth.user_pass, "a user's password"),
    )
    for given, way in static:
        if given:
            return Login.STATIC, way
    if auth.kubernetes or auth.jwt or auth.iam:
        return Login.IDENTITY, "a service account or an identity of the cloud"
    if auth.cert:
        return Login.UNKNOWN, "a client certificate"
    return _unknown("vault")


def _unknown(name: str) -> tuple[Login, str]:
    return Login.UNKNOWN, f"nothing that {name}'s specification states"
