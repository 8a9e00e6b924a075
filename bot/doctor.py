"""`doctor`: everything that Quarterdeck needs, looked at once, one line each with what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from bot.commands.desk import target_of
from bot.errors import SettingsError
from bot.rights.roles import Role
from bot.rights.settings import RightsSettings
from bot.service import slack_connection
from bot.settings import ClusterSettings, Settings
from bot.slack.inspection import Finding, inspect
from checks.cluster.connect import Api, open_api
from checks.cluster.discovery import discover
from checks.cluster.errors import ClusterError
from checks.cluster.kinds import KINDS
from checks.cluster.parallel import in_time
from checks.cluster.preflight import rights
from checks.cluster.source import InCluster, LiveCluster
from checks.cluster.trouble import shown
from checks.wording import plural
from reports.history import History
from reports.history.errors import HistoryError

LEAST_SPACE = 200 * 1024 * 1024
"""Bytes: room for a year of weekly runs of a middling cluster."""


def examine(settings: Settings) -> Iterator[tuple[str, Finding]]:
    """Each subject (`settings`, `data`, `cluster NAME`, `slack`) with a finding.

    Opens the database, which brings it up to date, and changes nothing else. Raises no expected error.
    """
    yield "settings", _settings(settings)
    for finding in _granted(settings.rights):
        yield "rights", finding
    for finding in _storage(settings):
        yield "data", finding
    for cluster in settings.clusters:
        for finding in _cluster(cluster):
            yield f"cluster {cluster.name}", finding
    for finding in _slack(settings):
        yield "slack", finding


def _settings(settings: Settings) -> Finding:
    amount = f"{plural(len(settings.clusters), 'cluster')}, {plural(len(settings.schedules), 'schedule')}"
    if not settings.clusters:
        return Finding(False, "No cluster is set up", "Add one under `clusters:` in the settings file.")
    return Finding(True, f"The settings are right: {amount}")


def _granted(rights: RightsSettings) -> Iterator[Finding]:
    others = f"every full member of the workspace is {rights.of_everyone}" if rights.of_everyone else ""
    if not rights.grants:
        yield Finding(True, f"No grants are set: {others or 'nobody may do anything'}, in every cluster")
    else:
        nobody = "whoever they do not name has no role"
        yield Finding(True, f"{plural(len(rights.grants), 'grant')}; {others or nobody}")
    if not rights.admins:
        yield Finding(
            None,
            "Nobody is admin: refusals name nobody to ask, and only the command line shows the audit log",
            "Add a grant of the role admin to `rights`.",
        )
    if any(each.role is Role.ADMIN and (each.channels or each.email_domains) for each in rights.grants):
        yield Finding(
            None,
            "A channel or an email domain makes admins: whoever joins it is one",
            "Name users or a user group instead.",
        )


def _storage(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    existing = _nearest(folder)
    if not os.access(existing, os.W_OK | os.X_OK):
        yield Finding(False, f"{folder} cannot be written", "Set `data_dir` to a folder that can be written.")
        return
    free = shutil.disk_usage(existing).free
    if free < LEAST_SPACE:
        yield Finding(
            False, f"{folder} has {free // 2**20} MiB free", "Free some space: reports and history grow."
        )
    else:
        yield Finding(True, f"{folder} can be written and has {free // 2**20} MiB free")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        History.open(settings.history_url).close()
    except OSError as error:
        yield Finding(False, f"{folder} cannot be made: {error.strerror}", "Set another `data_dir`.")
    except (HistoryError, SettingsError) as error:
        yield Finding(False, error.message, error.next_step)
    else:
        yield Finding(True, "The database opens and is up to date")


def _nearest(folder: Path) -> Path:
    # os.path.exists, as Path.exists raises PermissionError below a folder that may not be entered.
    return next(each for each in (folder, *folder.absolute().parents) if os.path.exists(each))  # noqa: PTH110


def _cluster(cluster: ClusterSettings) -> Iterator[Finding]:
    target = target_of(cluster)
    if not isinstance(target, LiveCluster | InCluster):
        yield Finding(True, "It is read from files: nothing to ask for")
        return
    try:
        with open_api(target) as api:
            may = in_time(api, lambda: _rights(api))
            yield Finding(True, f"{shown(api.server)} answers")
    except ClusterError as error:
        yield Finding(False, error.message, error.next_step)
        return
    for kind, allowed in may.items():
        yield _right(kind, allowed=allowed)


def _rights(api: Api) -> dict[str, bool | None]:
    """What may be listed. Raises ClusterError when the API server does not answer the first question."""
    api.review("list", KINDS["Namespace"])
    return rights(api, KINDS.values(), discover(api))


def _right(kind: str, *, allowed: bool | None) -> Finding:
    if allowed is None:
        return Finding(None, f"Whether {kind} may be listed was not answered", "Try again.")
    if allowed:
        return Finding(True, f"May list {kind}")
    if kind == "Secret":
        return Finding(None, "May not list Secret", "That is the default: checks that need it say so.")
    return Finding(False, f"May not list {kind}", "Grant `list` on it: see docs/permissions.md.")


def _slack(settings: Settings) -> Iterator[Finding]:
    try:
        connection = slack_connection(settings.slack)
    except SettingsError as error:
        yield Finding(False, error.message, error.next_step)
        return
    channels = tuple(dict.fromkeys(schedule.channel for schedule in settings.schedules))
    yield from inspect(connection, channels, settings.rights)
