"""What words mean in a thread that mean nothing alone: “and in staging?”, “show all”, “as CSV”, “why?”."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from bot.commands.access_changes import AccessChanges
from bot.commands.blast_radius import BlastRadius
from bot.commands.can import CanDo
from bot.commands.drift import ShowDrift
from bot.commands.escalate import Escalate
from bot.commands.explain import Explain, Fix
from bot.commands.export import FORMS, OF_ANSWERS, Export
from bot.commands.exposed import IsExposed
from bot.commands.lists import ListFailing
from bot.commands.named_lists import LISTS
from bot.commands.questions import Question
from bot.commands.reach import CanReach
from bot.commands.report import MakeReport
from bot.commands.scan import RunScan
from bot.grammar import Command, understand
from bot.grammar.plain import normalise, said_in_full, without_politeness
from bot.grammar.sentences import Said, Sentence, spoken
from bot.grammar.words.runs import form_called


class Context(Struct, frozen=True):
    """What a thread is about: its last command, the run of its answer, and what was offered since."""

    command: Command
    run: str | None = None
    offered: Command | None = None


class Further(Struct, frozen=True):
    """A follow-up that was recognised: what it asks of the command before; `clusters` are those there are."""

    context: Context
    said: Said
    clusters: Collection[str]


_Apply = Callable[[Further], Command | None]


def follow_up(context: Context, text: str, clusters: Collection[str] = ()) -> Command | None:
    """The command that a text means after another one; None where it is no follow-up to that.

    `clusters` are the names that are clusters: any other place is a namespace, where the command has one.
    """
    plain = normalise(text)
    if not plain or len(plain) > _LONGEST:
        return None
    for line in without_politeness(said_in_full(plain)):
        for sentence, apply in _FURTHER:
            said = sentence.match(line)
            if said and (command := apply(Further(context, said, clusters))):
                return command
    return None


def _place(further: Further) -> Command | None:
    said, command = further.said, further.context.command
    if isinstance(command, Export) and command.question:
        again = _place(replace(further, context=Context(understand(command.question))))
        return replace(command, question=again.canonical) if isinstance(again, Question) else None
    if cluster := said["cluster"] or (said["place"] if said["place"] in further.clusters else ""):
        return _with(command, cluster=cluster)
    namespace = said["namespace"] or said["place"]
    if isinstance(command, Explain | Fix):
        return None
    return (
        _with(command, namespace=namespace)
        or _with(command, namespaces=(namespace,))
        or (_with(command, cluster=namespace) if not said["namespace"] else None)
    )


def _all(further: Further) -> Command | None:
    return _with(further.context.command, full=True) or _as(further, "csv")


def _form(further: Further) -> Command | None:
    return _as(further, form_called(further.said["form"] or "csv"))


def _as(further: Further, form: str) -> Command | None:
    command, run = further.context.command, further.context.run
    match command:
        case RunScan() | MakeReport() if form in FORMS:
            return Export(form, run=run) if run else Export(form, command.cluster)
        case Export() if form in (OF_ANSWERS if command.question else FORMS):
            return replace(command, form=form)
        case _ if isinstance(command, Question) and form in OF_ANSWERS:
            return Export(form, question=command.canonical)
    return None


def _why(further: Further) -> Command | None:
    match further.context.command:
        case CanDo() as command if command.verbs and not command.why:
            return replace(command, why=True)
        case ListFailing(name, _, cluster):
            return Explain(_first_check(name), cluster=cluster)
        case Fix(check, resource, cluster):
            return Explain(check, resource, cluster)
        case IsExposed(name, cluster):
            return CanReach("internet", name, cluster=cluster)
        case RunScan() | MakeReport() as command:
            return ShowDrift(cluster=command.cluster)
    return None


def _fix(further: Further) -> Command | None:
    match further.context.command:
        case Explain(topic, resource, cluster) if not any(each.isdigit() for each in topic):
            return Fix(topic, resource, cluster)
        case ListFailing(name, _, cluster):
            return Fix(_first_check(name), cluster=cluster)
    return None


def _first_check(name: str) -> str:
    return LISTS[name].checks[0] if name in LISTS else name


def _again(further: Further) -> Command | None:
    return further.context.command


def _yes(further: Further) -> Command | None:
    return further.context.offered


def _since(further: Further) -> Command | None:
    command, since = further.context.command, further.said["since"]
    if isinstance(command, RunScan | MakeReport):
        return ShowDrift(since, command.cluster)
    return replace(command, since=since) if isinstance(command, ShowDrift | AccessChanges) else None


def _somebody(further: Further) -> Command | None:
    command = further.context.command
    return _with(command, subject=further.said["identity"]) if isinstance(command, CanDo | Escalate) else None


def _workload(further: Further) -> Command | None:
    command, name = further.context.command, further.said["workload"]
    if isinstance(command, Explain | Fix):
        return replace(command, resource=name)
    return _with(command, name=name) if isinstance(command, IsExposed | BlastRadius) else None


def _with(command: Any, **changes: object) -> Command | None:
    """The command with another value in a field, if it has that."""
    known = set(command.__struct_fields__) >= set(changes)
    found: Command | None = replace(command, **changes) if known else None
    return found


def _spoken(apply: _Apply, *templates: str) -> tuple[tuple[Sentence[Said], _Apply], ...]:
    sentences = spoken(
        lambda said: said,
        *templates,
        also="[(and|or|but|now|then|ok)] [(the same|same|same thing|that)]",
        it="(it|this|that|them|those|these|the answer|the list|the result(s))",
        what="(what|how) about",
    )
    return tuple((each, apply) for each in sentences)


_FURTHER: tuple[tuple[Sentence[Said], _Apply], ...] = (
    *_spoken(_since, "[and] since [the] {since}", "(and|<what>) {since}", "[and] (in|over) the {since}"),
    *_spoken(
        _place,
        "<also> (in|for|on|of) [the] cluster {cluster}",
        "<also> (in|for|on|of) [the] {cluster} cluster",
        "<also> (in|for|on|of) [the] (namespace|ns) {namespace}",
        "<also> (in|for|on|of) [the] {namespace} (namespace|ns)",
        "<also> [(only|just)] (in|for|on|of) [the] {place:cluster}",
        "<also> (only|just) [(namespace|ns)] {place:cluster} [only]",
        "(and|<what>) [(in|for|on)] [the] {cluster} cluster",
        "(and|<what>) [(in|for|on)] [the] {namespace} (namespace|ns)",
        "(and|<what>) [(in|for|on)] [the] {place:cluster}",
        "limit (it|that) to [the] [(namespace|ns)] {place:cluster}",
    ),
    *_spoken(
        _all,
        "(show|list|give|see) [me] (all|everything|more|the rest|all of them|the (full|whole) list)",
        "(all|everything|more|all of them|the rest|[the] full list|in full)",
        "show (it|them) all",
    ),
    *_spoken(
        _form,
        "[and] [(export|download|send|give|save|show)] [me] [<it>] (as|in|to|into) [(a|an)] {form} [file]",
        "[(a|an|the)] {form} [file]",
        "(export|download|save) [<it>]",
    ),
    *_spoken(
        _why,
        "[(and|but|ok)] why [(is|does|do|so)] [<it>] [so] [fail]",
        "(how come|explain|explain <it>|what does <it> mean|why not|reason|the reason|because)",
    ),
    *_spoken(
        _fix,
        "[(and|but|ok)] [(the|a)] (fix|remediation|solution) [<it>]",
        "[and] how (do|can|could|should|would) (i|we|one|you) (fix|mend|solve|resolve|remediate) [<it>]",
        "[and] how to (fix|mend|solve|resolve|remediate) [<it>]",
        "[and] what (can|should|do) (i|we) do [about <it>]",
    ),
    *_spoken(
        _yes,
        "(yes|yep|yeah|yup|y|ok|okay|sure|right|correct|exactly|please do|do (it|that)|go [ahead])",
    ),
    *_spoken(
        _again,
        "[once] (again|refresh|rerun|re-run|repeat|retry|reload|update|more) [<it>]",
        "(run|do|try|ask|check) [<it>] again",
        "[and] (now|by now|how is it now)",
    ),
    *_spoken(_somebody, "(and|<what>) [the] {identity}", "[and] for [the] {identity}"),
    *_spoken(_workload, "(and|<what>) [(for|on|of)] [the] {workload}", "[and] (for|on|of) [the] {workload}"),
)
_LONGEST = 200
