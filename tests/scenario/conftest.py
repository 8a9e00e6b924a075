"""One real cluster holding the sample, one real Slack, and the service between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.service import Service
from bot.settings import ClusterSettings, HttpSettings, Settings, SlackSettings
from tests.harness.api_server import ApiServer
from tests.harness.applications import delivery, shop
from tests.harness.local_slack import LocalSlack
from tests.harness.sample_cluster import load_sample
from tests.harness.slack_workspace import APP
from tests.harness.strict_slack import StrictSlack


@pytest.fixture(scope="module")
def harbour() -> Iterator[ApiServer]:
    """A real API server that holds the sample cluster and two applications."""
    with ApiServer() as server:
        load_sample(server.api)
        server.api.apply(*shop(), *delivery())
        yield server


@pytest.fixture(scope="module")
def strict() -> Iterator[StrictSlack]:
    """A real Slack workspace behind Slack's own limits."""
    with LocalSlack() as slack, StrictSlack(slack) as strict:
        yield strict


@pytest.fixture(scope="module")
def service(
    harbour: ApiServer, strict: StrictSlack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Quarterdeck as `quarterdeck run` starts it, watching that cluster and one that is unreachable."""
    folder: Path = tmp_path_factory.mktemp("data")
    service = Service(
        Settings(
            clusters=(
                ClusterSettings(name="harbour", kubeconfig=harbour.kubeconfig),
                ClusterSettings(name="lost", kubeconfig=_unreachable(folder / "lost.yaml", harbour)),
            ),
            data_dir=folder,
            slack=SlackSettings(
                bot_token=SecretStr(APP.bot_token), app_token=SecretStr(APP.app_token), api_url=strict.api_url
            ),
            http=HttpSettings(port=0),
        )
    )
    service.start()
    strict.slack.wait_connected()
    yield service
    service.stop()


def _unreachable(path: Path, server: ApiServer) -> Path:
    text = Path(server.kubeconfig).read_text("utf-8")
    path.write_text(text.replace(server.url, "https://127.0.0.1:9"), "utf-8")
    return path
