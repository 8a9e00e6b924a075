"""When clusters are looked at without being asked: cron schedules, each time of which is run exactly once.

Every replica has the same schedules in memory; what they share is a table with one row for each time of each
schedule. No leader, no shared job store, and nothing is missed over a restart.
"""

from bot.schedule.cron import next_fire
from bot.schedule.scheduler import Scheduler
from bot.schedule.settings import ScheduleSettings

__all__ = ["ScheduleSettings", "Scheduler", "next_fire"]
