"""What happens when somebody presses a button beneath an answer.

A button may be pressed by anybody who sees it, long after it was made, and its value may be made up. So the
value is checked first, then whether the answer is still kept, then whether this person may see it; only then
is a page turned, a file made or a command carried out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, assert_never

from bot.answer import Action, ActionKind, Answer, Tone
from bot.rights.roles import Asker
from bot.slack.buttons import ACT, PAGE
from bot.slack.conversation import Conversation
from bot.slack.interface import Commands, Lane
from bot.slack.kept import Kept, KeptAnswer
from bot.slack.pressed import Click, Pressed

HELP = Action(ActionKind.RUN, "What can I ask?", "help")
FORGED = "This button is not one of mine, or it is from before my token was changed. Nothing was done."
UNKNOWN = "I no longer know the answer that this button belongs to."
OLD = "This answer is more than a day old and is no longer kept."


class Clicks:
    """Carries out clicks in our own threads. `take` returns at once."""

    def __init__(self, conversation: Conversation, commands: Commands[Any], kept: Kept) -> None:
        self._conversation = conversation
        self._delivery = conversation.delivery
        self._commands = commands
        self._kept = kept
        self._pressed = Pressed(conversation, kept)

    def take(self, click: Click, key: str) -> None:
        """Have a click carried out, once for its `key` whoever else was given it too."""
        first = self._conversation.first
        self._later(click, Lane.TALK, lambda: self._begin(click) if first(key) else None)

    def _begin(self, click: Click) -> None:
        press = self._kept.read(click.value)
        found = self._kept.find(press.answer) if press else None
        if press is None or found is None:
            self._instead(click, "help", UNKNOWN if press else FORGED, HELP)
            return
        if found.answer is None:
            self._instead(click, found.command, OLD, Action(ActionKind.RUN, "Ask again", found.command))
            return
        action = found.answer.actions[press.number] if press.what == ACT else None
        asker = self._conversation.asker(click.place)
        shows = action is None or action.kind is not ActionKind.RUN
        if shows and (withheld := self._commands.withheld(found.answer, asker)):
            self._tell(click, withheld)
        elif action:
            self._act(click, found, found.answer, action, asker)
        else:
            show = self._pressed.turn if press.what == PAGE else self._pressed.unfold
            show(click, found, found.answer, press)

    def _act(self, click: Click, found: KeptAnswer, answer: Answer, action: Action, asker: Asker) -> None:
        pressed = self._pressed
        match action.kind:
            case ActionKind.RUN:  # its own rights are looked at when it is carried out
                self._conversation.begin(click.own_place, action.command, clicked=True)
            case ActionKind.REFRESH:
                order = self._commands.understand(found.command)
                lane = self._commands.lane(order)
                self._later(click, lane, partial(pressed.refresh, click, found, answer, order, asker))
            case ActionKind.EXPORT:
                self._noted(click, answer, asker, "export", partial(pressed.export, click, answer))
            case ActionKind.SHARE:
                self._noted(click, answer, asker, "share", partial(pressed.share, click, found, answer))
            case _:
                assert_never(action.kind)

    def _noted(self, click: Click, answer: Answer, asker: Asker, act: str, work: Callable[[], None]) -> None:
        """Do what takes an answer along, once it is written down that it was."""
        if failure := self._commands.unnoted(act, answer, asker):
            self._tell(click, failure)
        else:
            self._later(click, Lane.ANNOUNCE, work)

    def _later(self, click: Click, lane: Lane, work: Callable[[], None]) -> None:
        self._conversation.later(click.place, lane, work)

    def _instead(self, click: Click, command: str, verdict: str, action: Action) -> None:
        """Say why nothing was done, with a button for what can be done."""
        self._tell(click, Answer(command=command, verdict=verdict, tone=Tone.REFUSED, actions=(action,)))

    def _tell(self, click: Click, answer: Answer) -> None:
        """Tell the person alone; what they pressed stays as it is."""
        self._delivery.say(click.place, self._delivery.drawn(answer, place=click.place).first)
