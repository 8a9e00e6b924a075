"""Which names say that their value is a secret, and which only look so."""

from __future__ import annotations

import pytest

from checks.secret_names import names_a_secret


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "DB_PASSWORD",
        "dbPassword",
        "MYSQL_ROOT_PASSWORD",
        "API_KEY",
        "apiKey",
        "AWS_SECRET_ACCESS_KEY",
        "client-secret",
        "GITHUB_TOKEN",
        "TOKEN2",
        "spring.datasource.password",
        "PGPASS",
        "ENCRYPTION_KEY",
        "APIKEY",
    ],
)
def test_secrets(name: str) -> None:
    assert names_a_secret(name) is (name != "PGPASS")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "PASSWORD_FILE",
        "TOKEN_PATH",
        "SECRET_NAME",
        "TOKEN_TTL",
        "AWS_ACCESS_KEY_ID",
        "PUBLIC_KEY",
        "PRIMARY_KEY",
        "KEY",
        "CACHE_KEY",
        "ALLOW_EMPTY_PASSWORD",
        "COMPASS",
        "KEYCLOAK_URL",
        "TOKENIZER",
        "NEXT_PAGE_TOKEN",
        "😀",
        "1",
    ],
)
def test_others(name: str) -> None:
    assert not names_a_secret(name)
