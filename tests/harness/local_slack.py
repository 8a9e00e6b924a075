"""A real Slack for tests: the `local-slack` emulator, started, driven and read back.

Bolt and slack_sdk talk to it exactly as to Slack (Web API, Socket Mode or signed HTTP events, files).
This module plays the people: they type commands, click buttons and read what was answered. Where the
emulator is more lenient than Slack, `tests.harness.strict_slack` stands in front of it.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec
import websocket

from bot.local_slack import LocalSlackError, SlackProcess
from tests.harness.slack_records import File, LogEntry, Message
from tests.harness.slack_workspace import (
    APP,
    CHANNELS,
    USERS,
    WORKSPACE,
    Channel,
    User,
)

ACK_TIMEOUT = 5.0  # the emulator's own patience, in seconds; Slack's is 3
CALL_TIMEOUT = 3 * ACK_TIMEOUT

T = TypeVar("T")


class _Messages(msgspec.Struct):
    messages: tuple[Message, ...]


class _Log(msgspec.Struct):
    log: tuple[LogEntry, ...]


class LocalSlack:
    """One workspace with the app "Quarterdeck", alive inside a `with` block.

    Socket Mode unless `request_url` names where the app receives signed HTTP requests.
    Raises LocalSlackError when it is not installed or does not come up.
    """

    def __init__(self, request_url: str | None = None) -> None:
        mode = {"mode": "events", "requestUrl": request_url} if request_url else {"mode": "socket"}
        self._process = SlackProcess(
            {
                "workspace": WORKSPACE,
                "apps": [APP.as_config() | mode],
                "users": [user.as_config() for user in USERS],
                "channels": [channel.as_config() for channel in CHANNELS],
            }
        )

    @property
    def api_url(self) -> str:
        """What `WebClient(base_url=…)` takes."""
        return f"{self.url}/api/"

    @property
    def pid(self) -> int:
        """The emulator's process id."""
        return self._process.pid

    @property
    def url(self) -> str:
        """Where the web page is."""
        return self._process.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the emulator and forget its files; harmless when it has ended already."""
        self._process.stop()

    # What people do. Each waits until the app has acknowledged, as Slack does.

    def command(self, user: User, channel: Channel, text: str, command: str = "/quarterdeck") -> float:
        """A person types a slash command. Returns the seconds until the app acknowledged it."""
        self._require_connection()
        body = {"channel": channel.id, "user": user.id, "command": command, "text": text}
        return self._acknowledged(f"{command} {text}", lambda: self._control("command", body))

    def message(self, user: User, channel: Channel | str, text: str, thread_ts: str | None = None) -> Message:
        """A person posts in a channel, or in a thread of it. Returns the posted message."""
        body = {"channel": _id(channel), "user": user.id, "text": text, "thread_ts": thread_ts}
        return msgspec.convert(self._control("message", body)["message"], Message)

    def mention(self, user: User, channel: Channel, text: str, thread_ts: str | None = None) -> Message:
        """A person writes `@Quarterdeck text`: the app gets `message` and `app_mention`."""
        self._require_connection()
        return self.message(user, channel, f"<@{APP.bot_user_id}> {text}", thread_ts)

    def dm(self, user: User, text: str, thread_ts: str | None = None) -> Message:
        """A person writes to the app in a direct message; `.channel` of the result is the D… id."""
        self._require_connection()
        return self.message(user, user.id, text, thread_ts)

    def click(self, user: User, message: Message, action_id: str, **chosen: Any) -> float:
        """A person uses a button or menu of a message; for menus pass `selected_option={…}`.

        Returns the seconds until the app acknowledged. Raises when the message has no such element.
        """
        elements = dict(_interactive(message.blocks))
        if action_id not in elements:
            raise LocalSlackError(f"No {action_id!r} in the message; it offers {sorted(elements)}.")
        body = {
            "channel": message.channel,
            "messageTs": message.ts,
            "user": user.id,
            "action": elements[action_id] | chosen,
        }
        return self._acknowledged(f"click on {action_id}", lambda: self._control("interact", body))

    def react(self, user: User, message: Message, name: str, *, present: bool = True) -> None:
        """A person adds or takes back a reaction."""
        body = {"channel": message.channel, "ts": message.ts, "user": user.id, "name": name}
        self._control("reaction", body | {"present": present})

    def open_home(self, user: User) -> None:
        """A person opens the app's Home tab (`app_home_opened`)."""
        self._require_connection()
        self._control("open-home", {"user": user.id})

    def press_home(self, user: User, action_id: str, said: int | None = None) -> float:
        """A person uses a button of the Home tab; `said` is which choice of a menu.

        Returns the seconds until the app acknowledged. The emulator's own page cannot do that: it is sent as
        a click on a message that there is not, which Slack's has none of either.
        """
        elements = dict(_interactive((self.home(user) or {}).get("blocks", ())))
        if action_id not in elements:
            raise LocalSlackError(f"No {action_id!r} in Home; it offers {sorted(elements)}.")
        chosen = {} if said is None else {"selected_option": elements[action_id]["options"][said]}
        action = elements[action_id] | chosen
        body = {"channel": CHANNELS[0].id, "messageTs": "0", "user": user.id, "action": action}
        return self._acknowledged(f"press of {action_id}", lambda: self._control("interact", body))

    def submit(self, user: User, values: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """A person submits the open modal; `values` is Slack's `{block_id: {action_id: {…}}}`.

        Returns the errors the app showed beside its fields: none when it accepted.
        """
        if self.modal() is None:
            raise LocalSlackError("No modal is open.")
        acknowledged = False
        with closing(self._page()) as page:
            page.recv()
            page.send(json.dumps({"t": "view_submit", "user": user.id, "values": values}))
            while True:
                heard = json.loads(page.recv())
                entry = heard.get("entry", {})
                acknowledged |= entry.get("direction") == "from_bot" and entry["kind"] in {
                    "ack",
                    "interactive",
                }
                if heard["t"] in {"view", "view_errors"} and acknowledged:
                    errors: dict[str, str] = heard.get("errors", {})
                    return errors
                if heard["t"] == "view" and not self.modal():
                    raise LocalSlackError(f"The submission was not acknowledged within {ACK_TIMEOUT:g} s.")

    # What people see.

    def messages(self, channel: Channel | str, viewer: User | None = None) -> tuple[Message, ...]:
        """A channel's messages outside threads, oldest first; with a viewer only what they can see."""
        return tuple(m for m in self._all(channel, viewer) if m.thread_ts in (None, m.ts))

    def thread(self, channel: Channel | str, ts: str, viewer: User | None = None) -> tuple[Message, ...]:
        """The replies in a thread, oldest first, without the parent message."""
        return tuple(m for m in self._all(channel, viewer) if m.thread_ts == ts != m.ts)

    def files(self, channel: Channel | str | None = None) -> tuple[File, ...]:
        """The files shared in a channel, or anywhere, in order of posting."""
        places = [_id(channel)] if channel else [c["id"] for c in self._get("state")["channels"]]
        return tuple(file for place in places for message in self._all(place, None) for file in message.files)

    def download(self, file: File) -> bytes:
        """A shared file's bytes."""
        with urllib.request.urlopen(file.permalink, timeout=CALL_TIMEOUT) as response:
            data: bytes = response.read()
        return data

    def modal(self) -> dict[str, Any] | None:
        """The open modal's view, if one is open."""
        stack = self._ui()["modalStack"]
        return stack[-1] if stack else None

    def home(self, user: User) -> dict[str, Any] | None:
        """What the app published on a person's Home tab, if anything."""
        view: dict[str, Any] | None = self._ui()["homeViews"].get(user.id, {}).get(APP.app_id)
        return view

    def page(self, channel: Channel, ts: str | None = None, thread_ts: str | None = None) -> str:
        """The web page's address showing a channel, one of its messages, or a thread."""
        message = f"/p{(ts or thread_ts or '').replace('.', '')}" if ts or thread_ts else ""
        thread = f"?thread_ts={thread_ts}&cid={channel.id}" if thread_ts else ""
        return f"{self.url}/archives/{channel.id}{message}{thread}"

    # What happened behind it.

    def connected(self) -> bool:
        """Whether the app has a Socket Mode connection (always so with signed HTTP)."""
        return any(app["connected"] or app["mode"] == "events" for app in self._ui()["apps"])

    def api_log(self, method: str | None = None) -> tuple[LogEntry, ...]:
        """The Web API calls the app made, oldest first (`summary` is the method, `detail` its arguments)."""
        calls = (entry for entry in self.log() if (entry.direction, entry.kind) == ("from_bot", "web_api"))
        return tuple(entry for entry in calls if method in (None, entry.summary))

    def log(self) -> tuple[LogEntry, ...]:
        """All traffic to and from the app; the newest thousand entries are kept."""
        return msgspec.convert(self._get("log"), _Log).log

    def reset(self) -> None:
        """Back to the empty workspace; connections stay."""
        self._control("reset", {})

    def wait_for(self, probe: Callable[[], T | None], timeout: float = 10.0, what: str = "") -> T:
        """Call `probe` until it returns something true and return that.

        Raises LocalSlackError after `timeout` seconds, with the newest log lines.
        """
        deadline = time.monotonic() + timeout
        while not (value := probe()):
            if time.monotonic() > deadline:
                recent = "\n".join(f"  {e.direction} {e.kind}: {e.summary}" for e in self.log()[-15:])
                raise LocalSlackError(
                    f"Waited {timeout:g} s in vain for {what or 'the probe'}. Log:\n{recent}"
                )
            time.sleep(0.05)
        return value

    def wait_connected(self, timeout: float = 10.0) -> None:
        """Wait until the app under test is connected in Socket Mode."""
        self.wait_for(self.connected, timeout, "the app to connect")

    def _all(self, channel: Channel | str, viewer: User | None) -> Sequence[Message]:
        found = msgspec.convert(self._get(f"messages/{_id(channel)}"), _Messages).messages
        return [m for m in found if viewer is None or m.ephemeral_to in (None, viewer.id)]

    def _require_connection(self) -> None:
        if not self.connected():
            raise LocalSlackError("No app is connected; start it and call wait_connected() first.")

    def _acknowledged(self, what: str, act: Callable[[], Any]) -> float:
        started = time.monotonic()
        act()
        if (took := time.monotonic() - started) >= ACK_TIMEOUT:
            raise LocalSlackError(f"{what} was not acknowledged within {ACK_TIMEOUT:g} s.")
        return took

    def _control(self, verb: str, body: Mapping[str, Any]) -> Any:
        return self._http(f"{self.url}/_control/{verb}", json.dumps(body).encode())

    def _get(self, what: str) -> Any:
        return self._http(f"{self.url}/_control/{what}", None)

    def _http(self, url: str, body: bytes | None) -> Any:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=CALL_TIMEOUT) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise LocalSlackError(f"{url}: {error.read().decode('utf-8', 'replace')}") from error

    def _ui(self) -> dict[str, Any]:
        """The picture of the workspace that the web page starts from."""
        with closing(self._page()) as page:
            state: dict[str, Any] = json.loads(page.recv())["state"]
        return state

    def _page(self) -> websocket.WebSocket:
        return websocket.create_connection(f"{self.url.replace('http', 'ws')}/ui", timeout=CALL_TIMEOUT)


def _id(channel: Channel | str) -> str:
    return channel if isinstance(channel, str) else channel.id


def _interactive(blocks: Sequence[Mapping[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Every element with an action_id, as the action that using it sends."""
    found = []
    for block in blocks:
        for element in [*block.get("elements", ()), block.get("accessory", {})]:
            if action_id := element.get("action_id"):
                carried = ("type", "action_id", "value", "text", "options")
                kept = {key: element[key] for key in carried if key in element}
                found.append((action_id, kept | {"block_id": block.get("block_id", "")}))
    return found
