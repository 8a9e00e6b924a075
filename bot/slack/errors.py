"""What Slack can refuse, as one family whose members say what to do next.

SlackError
 |- SlackUnreachable   nothing reached Slack; safe to try again
 |- Ambiguous          sent, but no answer came: it may have happened, so it is never repeated blindly
 |- RateLimited        Slack asked for more patience than we have
 |- BadToken           the token is wrong, revoked or of the wrong kind
 |- MissingScope       the app was installed without a scope it needs (`needed`)
 |- NotInChannel       the bot must be invited
 |- ChannelNotFound    no such channel, or a private one without the bot
 |- ChannelArchived    nobody can post there any more
 |- PayloadRefused     Slack did not accept the blocks or their size
 |- MessageGone        the message to edit is no longer there
 |- FileRefused        the workspace does not accept the file
 |- ReplyExpired       a command or click takes no more private answers (5 times, 30 minutes)
 |- FormExpired        a form must be opened within three seconds of the press that asks for it
 `- SlackRefused       any other error code
"""

from __future__ import annotations

import re

from checks.errors import QuarterdeckError


class SlackError(QuarterdeckError):
    """Base: `message` is what happened, `next_step` what to do, `code` Slack's own word for it."""

    next_step = "Run `quarterdeck doctor` and look at https://status.slack.com."

    def __init__(self, message: str, next_step: str = "", code: str = "") -> None:
        super().__init__(message, next_step)
        self.code = code


class SlackUnreachable(SlackError):
    next_step = "Check the network, `slack.proxy` and `slack.ca_file`."


class Ambiguous(SlackError):
    next_step = "Look in the channel before you repeat it: it may have arrived."


class RateLimited(SlackError):
    """`seconds` is how long Slack asked us to wait."""

    next_step = "Wait a few minutes and ask again."

    def __init__(self, seconds: float = 1.0) -> None:
        super().__init__("Slack is asking us to slow down.", code="ratelimited")
        self.seconds = seconds


class BadToken(SlackError):
    next_step = (
        "Copy the bot token (xoxb-…, OAuth & Permissions) and the app token (xapp-…, Basic Information) "
        "from the app's pages again and restart Quarterdeck."
    )


class MissingScope(SlackError):
    """`needed` is the scope that Slack named."""

    def __init__(self, needed: str) -> None:
        super().__init__(
            f"The Slack app lacks the scope {needed or '(not named)'}.",
            "Paste the output of `quarterdeck slack manifest` as the app's manifest and reinstall the app.",
            "missing_scope",
        )
        self.needed = needed


class NotInChannel(SlackError):
    next_step = "Type `/invite @Quarterdeck` in the channel."


class ChannelNotFound(SlackError):
    next_step = (
        "Use the channel's id (C0123…); for a private channel type `/invite @Quarterdeck` in it first."
    )


class ChannelArchived(SlackError):
    next_step = "Unarchive the channel or name another one."


class PayloadRefused(SlackError):
    next_step = "The answer is given as plain text; please report this with the lines around it in the log."


class MessageGone(SlackError):
    next_step = "Ask again for a new message."


class FileRefused(SlackError):
    next_step = (
        "Ask a workspace administrator to allow PDF uploads by apps, or fetch the file from the server."
    )


class ReplyExpired(SlackError):
    next_step = "Ask again."


class FormExpired(SlackError):
    next_step = "Try once more, or type what you want: `scan CLUSTER`."


class SlackRefused(SlackError):
    pass


_BAD_TOKEN = {
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "not_allowed_token_type",
    "org_login_required",
    "team_access_not_granted",
}
_PAYLOAD = {
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_blocks_too_long",
    "msg_too_long",
    "block_mismatch",
    "no_text",
    "invalid_attachments",
    "invalid_payload",
}
_GONE = {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}
_EXPIRED = {"expired_url", "used_url"}
_FORM = {"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_exchanged"}
_FILE = {"file_uploads_disabled", "file_uploads_except_images_disabled", "storage_limit_reached"}


_NOT_KNOWN = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_WORD = re.compile(r"[a-z0-9_]{1,60}")


def from_answer(code: str, status: int = 200, *, needed: str = "") -> SlackError:
    """The member of our family for an answer that is not "ok".

    `code` is Slack's word, or what stands in its place when something else than Slack answered. A status of
    500 or more, or an answer that makes no sense, leaves the outcome open.
    """
    if code in {"ratelimited", "rate_limited"}:
        return RateLimited()
    if status >= 500 or code in _NOT_KNOWN:
        return Ambiguous(f"Slack failed while answering (HTTP {status}).", code=f"http_{status}")
    if _WORD.fullmatch(code):
        return MissingScope(needed) if code == "missing_scope" else from_code(code)
    if status >= 300:
        return SlackUnreachable(
            f"Something between here and Slack answered in its place (HTTP {status}).", code=f"http_{status}"
        )
    return Ambiguous(f"Slack's answer makes no sense (HTTP {status}).")


def from_code(code: str) -> SlackError:
    """The member of our family for an error code of the Web API."""
    if code in _BAD_TOKEN:
        return BadToken(f"Slack does not accept the token ({code}).", code=code)
    if code == "not_in_channel":
        return NotInChannel("I am not a member of this channel.", code=code)
    if code in {"channel_not_found", "invalid_channel", "no_such_channel"}:
        return ChannelNotFound("There is no such channel, or it is private and I am not in it.", code=code)
    if code == "is_archived":
        return ChannelArchived("The channel is archived.", code=code)
    if code in _PAYLOAD:
        return PayloadRefused(f"Slack did not accept the message ({code}).", code=code)
    if code in _GONE:
        return MessageGone(f"The message can no longer be changed ({code}).", code=code)
    if code in _EXPIRED:
        return ReplyExpired(f"This can no longer be answered in private ({code}).", code=code)
    if code in _FORM:
        return FormExpired(f"Slack did not wait for the form ({code}).", code=code)
    if code in _FILE or code.startswith("blocked_file_type"):
        return FileRefused(f"This workspace does not accept the file ({code}).", code=code)
    return SlackRefused(f"Slack refused ({code}).", code=code)
