"""Buttons beneath an answer: what they look like, and the signed ids that they carry.

A button's value names a kept answer, what to do with it, and a number; never a command, a name or any data.
The signature is of all three, so that no value can be made up (docs/adr/0007).
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterator, Sequence
from hashlib import sha256

from msgspec import Struct

from bot.answer import Action, ActionKind
from bot.slack import limits
from bot.slack.mrkdwn import fit, visible
from bot.slack.tables import Block, Drawn

PREFIX = "quarterdeck"
PAGE, SHOW, ACT = "page", "show", "act"
_SAID = "say\n"
"""What a signature is of, so that none of one kind is one of the other."""


class Press(Struct, frozen=True):
    """What a button means: show table `part`, turn to its page `number`, or carry out action `number`."""

    answer: str
    what: str
    part: int = 0
    number: int = 0


class Signer:
    """Makes and reads the values of buttons. Replicas with the same secret read each other's."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"quarterdeck buttons, version 1", "sha256")

    def value(self, press: Press) -> str:
        """The value that a button carries."""
        said = f"{press.answer}.{press.what}.{press.part}.{press.number}"
        return f"{said}.{self._signature(said)}"

    def read(self, value: str) -> Press | None:
        """What a button's value means; None where it is not one of ours."""
        said = self._signed(value, "")
        if said is None:
            return None
        answer, what, part, number = said.split(".")
        return Press(answer, what, int(part), int(number))

    def seal(self, said: str) -> str:
        """A value that says something itself, where there is no kept answer: in Home. It is no button's."""
        return f"{said}.{self._signature(_SAID + said)}"

    def unseal(self, value: str) -> str | None:
        """What a sealed value says; None where it is not one of ours."""
        return self._signed(value, _SAID)

    def _signed(self, value: str, of: str) -> str | None:
        said, _, signature = value.rpartition(".")
        right = self._signature(of + said).encode()
        return said if hmac.compare_digest(right, signature.encode("utf-8", "replace")) else None

    def _signature(self, said: str) -> str:
        digest = hmac.digest(self._key, said.encode("utf-8", "replace"), sha256)
        return base64.urlsafe_b64encode(digest[:18]).decode()


class Handle(Struct, frozen=True):
    """A kept answer, and how its buttons are signed. `shareable`: others do not see it yet."""

    id: str
    signer: Signer
    shareable: bool = False

    def value(self, what: str, part: int = 0, number: int = 0) -> str:
        return self.signer.value(Press(self.id, what, part, number))


def new_id() -> str:
    """An id for a kept answer that cannot be guessed."""
    return secrets.token_urlsafe(12)


def paging(handle: Handle, table: int, drawn: Drawn) -> Iterator[Block]:
    """The row of buttons that turns pages; nothing where there is only one."""
    buttons = []
    if drawn.page:
        buttons.append(_button("Previous", handle.value(PAGE, table, drawn.page - 1), f"page.{table}.back"))
    if not drawn.last:
        buttons.append(_button("Next", handle.value(PAGE, table, drawn.page + 1), f"page.{table}.on"))
    if buttons:
        yield _row(buttons, f"{handle.id}.page.{table}.{drawn.page}")


def offered(
    handle: Handle, doors: Sequence[tuple[int, str]], actions: tuple[Action, ...], state: str
) -> Iterator[Block]:
    """The tables behind buttons (number and label), then what can be done next.

    `state` tells this drawing from others of the same answer.
    """
    buttons = [_button(label, handle.value(SHOW, number), f"show.{number}") for number, label in doors]
    buttons += [
        _button(each.label, handle.value(ACT, number=number), f"act.{number}")
        for number, each in enumerate(actions)
        if handle.shareable or each.kind is not ActionKind.SHARE
    ]
    for start in range(0, len(buttons), limits.ACTIONS.most):
        yield _row(buttons[start : start + limits.ACTIONS.most], f"{handle.id}.act.{state}.{start}")


def _button(label: str, value: str, name: str) -> Block:
    shown = fit(label, limits.BUTTON_TEXT.most, visible).strip() or "Go on"
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": shown, "emoji": False},
        "action_id": f"{PREFIX}.{name}",
        "value": value,
    }


def _row(buttons: list[Block], block_id: str) -> Block:
    return {"type": "actions", "block_id": block_id, "elements": buttons}
