"""How the scheduler is set up: who may look at it."""

from __future__ import annotations

from checks.control_plane.components import Component
from checks.control_plane.judge import Rule, checks_of, loopback, switched
from checks.judge import Said, Unknown
from checks.model import Severity, Theme

THEME = Theme.CONTROL_PLANE

_ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - what the component does by default
_by_flag = switched("profiling", False, True, "It serves profiles of itself.")


def _profiling(component: Component) -> Said:
    """A configuration file makes the scheduler ignore the flag."""
    if component.flag("config") is not None:
        return Unknown(
            "Its file of --config decides (enableProfiling), and the API does not show it. Look at it."
        )
    return _by_flag(component)


CHECKS = checks_of(
    "kube-scheduler",
    (
        Rule(
            id="scheduler-profiling",
            title="Scheduler serves profiles",
            severity=Severity.LOW,
            because="Only who may use its port gets at them.",
            rationale="Profiles show what it does and cost it time; nobody needs them in operation.",
            remediation="Switch profiling off until it is needed.",
            how="By the flag, which is on by default. With a configuration file it is not evaluated.",
            set_="--profiling=false",
            ask=_profiling,
        ),
        Rule(
            id="scheduler-bind-address",
            title="Scheduler listens on all addresses",
            severity=Severity.LOW,
            because="What it serves there asks for credentials; it is one more port that can be tried.",
            rationale="Its metrics and health are for the node it runs on.",
            remediation="Let it listen on loopback.",
            how="By the flag's value; the default is every address.",
            set_="--bind-address=127.0.0.1",
            ask=loopback(_ALL_ADDRESSES, "Its port can be reached from outside of its node."),
        ),
    ),
)
