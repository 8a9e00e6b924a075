"""One schedule in the settings file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bot.framework_id import FrameworkId
from bot.schedule.cron import next_fire, trigger, zone


class ScheduleSettings(BaseModel):
    """Look at a cluster at these times and post the result."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$", description="How people and logs name it")
    cluster: str = Field(description="The cluster to look at, by its name under `clusters:`")
    cron: str = Field(
        description="Minute, hour, day, month, weekday (0 and 7 are Sunday); or @daily, @weekly …",
        examples=["0 7 * * mon"],
    )
    timezone: str = Field(default="UTC", description="IANA name of the time zone that `cron` is meant in")
    frameworks: tuple[FrameworkId, ...] = Field(
        default=(), description="Judged instead of the ones under `frameworks:`"
    )
    channel: str = Field(description="The Slack channel's id (C0123ABCD), from the end of its details")
    pdf: bool = Field(default=True, description="Whether the PDF report is posted with the summary")
    catch_up_hours: float = Field(
        default=12,
        ge=0,
        le=168,
        description="A time missed while nothing ran is made up for within these hours",
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        zone(value)
        return value

    @field_validator("channel")
    @classmethod
    def _channel_id(cls, value: str) -> str:
        if len(value) < 3 or value[0] not in "CGD" or not value.isalnum() or value != value.upper():
            raise ValueError(
                f"{value!r} is not a channel's id; copy it (C0123ABCD) from the channel's details"
            )
        return value

    @model_validator(mode="after")
    def _comes_round(self) -> Self:
        trigger(self.cron, self.timezone)
        if next_fire(self, datetime.now(UTC)) is None:
            raise ValueError(f"cron {self.cron!r} stands for a day that never comes")
        return self

    @property
    def catch_up(self) -> timedelta:
        """How late a missed time may still be run."""
        return timedelta(hours=self.catch_up_hours)

    @property
    def definition(self) -> str:
        """What makes it the same schedule: a time is only missed if this promised it."""
        return f"{self.cron} {self.timezone} {self.cluster}"
