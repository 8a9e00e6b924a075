"""One settings file, read once: what is watched, who is told, where things are kept.

The file is YAML, named by `--settings`, else by `QUARTERDECK_SETTINGS`. Secrets do not belong in it: tokens
come from files (`bot_token_file`, as a mounted Secret) or from the environment (`SLACK_BOT_TOKEN`,
`SLACK_APP_TOKEN`, `SLACK_SIGNING_SECRET`, `QUARTERDECK_DATABASE_URL`), the environment winning.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as EnvironmentUnreadable

from bot.errors import SettingsError
from bot.framework_id import FrameworkId
from bot.registry_name import registry_name
from bot.rights.roles import ANY
from bot.rights.settings import RightsSettings
from bot.schedule import ScheduleSettings
from checks.frameworks import DEFAULT_FRAMEWORK


class Part(BaseModel):
    """A part of the settings: unknown keys are mistakes, not silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ClusterSettings(Part):
    """One cluster to look at: by kubeconfig context, from inside, or one of the sources without a cluster."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$", description="How people name it in Slack")
    context: str | None = Field(
        default=None, description="Context in the kubeconfig; its current one when left out"
    )
    kubeconfig: Path | None = Field(
        default=None, description="Path of a kubeconfig; else KUBECONFIG or ~/.kube/config"
    )
    in_cluster: bool = Field(default=False, description="The cluster that Quarterdeck itself runs in")
    manifests: Path | None = Field(
        default=None, description="A folder of manifests, judged as if it were a cluster"
    )
    sample: bool = Field(default=False, description="The built-in sample cluster")
    read_kubelet_config: bool = Field(
        default=False,
        description="Ask every kubelet for its configuration: takes the right to get nodes/proxy",
    )
    read_metrics: bool = Field(
        default=False,
        description="Ask the API server for its counters and health: takes rights to get these paths",
    )
    read_flags: bool = Field(
        default=False,
        description="Ask the API server for the flags that it runs with: takes the right to get /flagz",
    )
    verify_answers: bool = Field(
        default=True,
        description="Put a small sample of each answer about rights to the API server (20 access reviews, "
        "one second at most) where the right to create subjectaccessreviews is there; a difference is shown "
        "above the answer",
    )
    evidence: tuple[Path, ...] = Field(
        default=(), description="Files or folders with what the API does not show, such as a node's files"
    )
    allowed_registries: tuple[Annotated[str, AfterValidator(registry_name)], ...] = Field(
        default=(),
        description="Where images may come from (`registry.example.com/team`); any when none is named",
    )

    @model_validator(mode="after")
    def one_source(self) -> Self:
        live = self.context is not None or self.kubeconfig is not None
        if sum((live, self.in_cluster, self.manifests is not None, self.sample)) > 1:
            raise ValueError(
                f"cluster {self.name}: give only one of context/kubeconfig, in_cluster, manifests, sample"
            )
        return self


SlackSecret = Literal["bot_token", "app_token", "signing_secret"]


class SlackSettings(Part):
    """How Slack is reached. Channels are ids (`C0123…`), which survive renaming."""

    mode: Literal["socket", "http"] = Field(
        default="socket",
        description="How Slack reaches us: Socket Mode, or signed requests to /slack/events here",
    )
    bot_token: SecretStr | None = Field(default=None, description="xoxb-…; better by file or environment")
    app_token: SecretStr | None = Field(default=None, description="xapp-…; better by file or environment")
    bot_token_file: Path | None = Field(default=None, description="File that holds the bot token")
    app_token_file: Path | None = Field(default=None, description="File that holds the app token")
    signing_secret: SecretStr | None = Field(
        default=None,
        description="What Slack signs its requests with in http mode",
    )
    signing_secret_file: Path | None = Field(default=None, description="File that holds the signing secret")
    command: str = Field(
        default="/quarterdeck", pattern=r"^/[a-z0-9_-]{1,31}$", description="The slash command"
    )
    api_url: str = Field(
        default="https://slack.com/api/", description="The Web API; changed only for a local Slack"
    )
    proxy: str | None = Field(default=None, description="HTTP proxy for every connection to Slack")
    ca_file: Path | None = Field(
        default=None, description="Certificate authorities to trust besides the system's"
    )
    draws_tables: bool = Field(
        default=True, description="Whether the client draws table blocks; the local Slack does not"
    )
    workers: int = Field(default=4, ge=1, le=32, description="Commands worked on at once")

    def secret(self, name: SlackSecret) -> SecretStr | None:
        """A token or the signing secret, from the environment, its file or the settings, in that order.

        Raises SettingsError when the named file cannot be read or is empty.
        """
        if value := os.environ.get(f"SLACK_{name.upper()}"):
            return SecretStr(value.strip())
        file: Path | None = getattr(self, f"{name}_file")
        given: SecretStr | None = getattr(self, name)
        return SecretStr(_secret(file, f"Slack {name.replace('_', ' ')}")) if file else given


def _secret(file: Path, what: str) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(
            f"The {what} file {file} cannot be read: {reason}.",
            "Check the mounted Secret and the file's permissions.",
        ) from error
    if not text:
        raise SettingsError(f"The {what} file {file} is empty.", "Check the mounted Secret's key.")
    return text


class HttpSettings(Part):
    """Health and metrics endpoints."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)


class LogSettings(Part):
    """Logs: JSON in a cluster, readable on a terminal."""

    format: Literal["auto", "json", "text"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


def _default_data_dir() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    return Path(state) / "quarterdeck"


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(env_prefix="QUARTERDECK_", extra="forbid", frozen=True)

    clusters: tuple[ClusterSettings, ...] = Field(default=(), description="The first one is the default")
    frameworks: tuple[FrameworkId, ...] = Field(
        default=(DEFAULT_FRAMEWORK,), description="Judged when none is named"
    )
    own_checks: tuple[Path, ...] = Field(
        default=(), description="Files and folders of own checks (docs/own-checks.md)"
    )
    slack: SlackSettings = SlackSettings()
    rights: RightsSettings = RightsSettings()
    schedules: tuple[ScheduleSettings, ...] = ()
    data_dir: Path = Field(
        default_factory=_default_data_dir, description="Where history and reports are kept"
    )
    database_url: SecretStr | None = Field(
        default=None, description="SQLAlchemy URL; SQLite in data_dir by default"
    )
    database_url_file: Path | None = Field(default=None, description="File that holds the URL")
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, whose values arrive as arguments."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def names_agree(self) -> Self:
        names = [cluster.name for cluster in self.clusters]
        for what, values in (("cluster", names), ("schedule", [each.name for each in self.schedules])):
            if len(set(values)) != len(values):
                raise ValueError(f"two {what}s have the same name")
        for schedule in self.schedules:
            if schedule.cluster not in names:
                raise ValueError(
                    f"schedule {schedule.name} names cluster {schedule.cluster!r}, which is not set up"
                )
        for grant in self.rights.grants:
            for cluster in grant.clusters:
                if cluster not in (*names, ANY):
                    raise ValueError(f"rights name cluster {cluster!r}, which is not set up")
        return self

    @property
    def history_url(self) -> str:
        """The database's URL. May hold a password: never shown. Raises SettingsError."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        if self.database_url_file is not None:
            return _secret(self.database_url_file, "database URL")
        return f"sqlite:///{self.data_dir / 'history.db'}"


def load(path: Path | None = None) -> Settings:
    """Read the settings from `path`, else from `QUARTERDECK_SETTINGS`, else take the defaults.

    Raises SettingsError that names the file and the key, and never repeats a secret.
    """
    if path is None and (named := os.environ.get("QUARTERDECK_SETTINGS")):
        path = Path(named)
    values = _read(path) if path else {}
    try:
        return Settings(**values)
    except EnvironmentUnreadable as error:
        raise SettingsError(
            f"The environment is not right: {error}.",
            "Write that variable as JSON, or use the settings file.",
        ) from None
    except ValidationError as error:
        problems = "; ".join(_problem(each) for each in error.errors(include_input=False, include_url=False))
        raise SettingsError(
            f"The settings{f' in {path}' if path else ''} are not right: {problems}.",
            "`quarterdeck settings schema` prints what is allowed.",
        ) from None


def _problem(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    text = str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {text}" if place else text


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(
            f"The settings file {path} cannot be read: {reason}.",
            "Name it with --settings or QUARTERDECK_SETTINGS.",
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"The settings file {path} is not YAML{where}.", "Mend that line.") from None
    except (ValueError, RecursionError):
        raise SettingsError(
            f"The settings file {path} is YAML that holds an impossible date or is nested too deep.",
            "`quarterdeck settings schema` prints what is allowed.",
        ) from None
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise SettingsError(
            f"The settings file {path} does not hold a mapping of names.", "Start it with `clusters:`."
        )
    return values
