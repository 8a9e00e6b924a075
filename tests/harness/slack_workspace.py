"""The people, channels and app of the workspace that Slack tests play in.

Tokens here open nothing: they are what the emulator was told to expect.
"""

from dataclasses import dataclass
from typing import Any

WORKSPACE = {"name": "Acme", "domain": "acme", "teamId": "T0ACME"}


@dataclass(frozen=True)
class App:
    """The app under test, installed in the workspace."""

    app_id: str = "A0QUARTERDECK"
    bot_user_id: str = "U0QUARTERDECK"
    bot_id: str = "B0QUARTERDECK"  # the emulator derives it from the user id
    name: str = "Quarterdeck"
    bot_token: str = "xoxb-local-quarterdeck"
    app_token: str = "xapp-local-quarterdeck"
    signing_secret: str = "local-signing-secret"

    def as_config(self) -> dict[str, Any]:
        """As the emulator's configuration spells it."""
        return {
            "appId": self.app_id,
            "botUserId": self.bot_user_id,
            "botName": self.name,
            "botToken": self.bot_token,
            "appToken": self.app_token,
            "signingSecret": self.signing_secret,
        }


@dataclass(frozen=True)
class User:
    """A person in the workspace."""

    id: str
    name: str
    real_name: str

    def as_config(self) -> dict[str, Any]:
        """As the emulator's configuration spells it."""
        email = f"{self.name}@acme.example"
        return {"id": self.id, "name": self.name, "real_name": self.real_name, "email": email}


@dataclass(frozen=True)
class Channel:
    """A channel; the app is a member where its bot user is among the members."""

    id: str
    name: str
    members: tuple[str, ...]
    private: bool = False

    def as_config(self) -> dict[str, Any]:
        """As the emulator's configuration spells it."""
        return {"id": self.id, "name": self.name, "is_private": self.private, "members": list(self.members)}


APP = App()
ERIN = User("U0ERIN", "erin", "Erin Engineer")
OSCAR = User("U0OSCAR", "oscar", "Oscar On-Call")
USERS = (ERIN, OSCAR)
PEOPLE = (ERIN.id, OSCAR.id)
SECURITY = Channel("C0SECURITY", "security", (*PEOPLE, APP.bot_user_id))
GENERAL = Channel("C0GENERAL", "general", (*PEOPLE, APP.bot_user_id))
BOARD = Channel("C0BOARD", "board", PEOPLE, private=True)  # the app was never invited
RANDOM = Channel("C0RANDOM", "random", PEOPLE)  # public, and the app is not in it
CHANNELS = (SECURITY, GENERAL, BOARD, RANDOM)
