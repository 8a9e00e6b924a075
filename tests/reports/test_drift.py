"""What changed between two scans, and above all what must not be called fixed or new."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.model import CoverageState, Resource, Result, Scan, Severity, Status
from reports.drift import Drift, compare, summary, worse
from tests.harness.scans import CLUSTER_RESOURCE, resource, result, scan

OPEN = {Status.FAIL, Status.WAIVED}


def names(results: tuple[Result, ...]) -> list[str]:
    return [each.resource.name for each in results]


def test_new_fixed_and_still_open() -> None:
    drift = compare(
        scan(result("old"), result("stays"), result("gone")),
        scan(result("old", Status.PASS), result("stays"), result("fresh")),
    )
    assert names(drift.new) == ["fresh"]
    assert names(drift.fixed) == ["old", "gone"]
    assert names(drift.still_open) == ["stays"]
    assert drift.no_longer_evaluated == drift.newly_evaluated == ()
    assert not drift.checks_changed


def test_a_pass_that_names_no_place_ends_a_finding_that_named_one() -> None:
    drift = compare(scan(result("web")), scan(result("web", Status.PASS, locus="")))
    assert names(drift.fixed) == ["web"]


BLIND: dict[str, Scan] = {
    "the same finding is not evaluated": scan(result("web", Status.NOT_EVALUATED)),
    "the check broke on it": scan(result("web", Status.ERROR)),
    "a person must decide now": scan(result("web", Status.MANUAL)),
    "the resource as a whole is not evaluated": scan(result("web", Status.NOT_EVALUATED, locus="")),
    "the check broke after another resource": scan(
        result("other"), result(CLUSTER_RESOURCE, Status.ERROR, locus="")
    ),
    "the check could not be evaluated at all": scan(result(CLUSTER_RESOURCE, Status.NOT_EVALUATED, locus="")),
    "its pods were not read": scan(result(CLUSTER_RESOURCE, Status.NOT_EVALUATED, locus="kinds/Pod")),
    "its kind was not read": scan(unread={"Deployment": CoverageState.FORBIDDEN}),
    "its kind is no longer served": scan(unread={"Deployment": CoverageState.ABSENT}),
    "the check was left out": scan(checks=("another",)),
    "the scan was limited to another namespace": scan(namespaces=("billing",)),
}


@pytest.mark.parametrize("why", BLIND)
def test_what_could_not_be_seen_is_neither_fixed_nor_new(why: str) -> None:
    seeing, blind = scan(result("web")), BLIND[why]
    later = compare(seeing, blind)
    assert names(later.no_longer_evaluated) == ["web"]
    assert later.fixed == ()
    assert later.reasons[seeing.results[0].fingerprint]
    earlier = compare(blind, seeing)
    assert names(earlier.newly_evaluated) == ["web"]
    assert earlier.new == ()


def test_a_kind_that_was_not_read_hides_nothing_of_other_kinds() -> None:
    unread = result(CLUSTER_RESOURCE, Status.NOT_EVALUATED, locus="kinds/CronJob")
    assert names(compare(scan(result("web")), scan(unread)).fixed) == ["web"]


def test_another_resource_that_could_not_be_judged_hides_nothing() -> None:
    drift = compare(scan(result("web")), scan(result("api", Status.NOT_EVALUATED, locus="")))
    assert names(drift.fixed) == ["web"]


@pytest.mark.parametrize(
    ("about", "seen"),
    [
        (resource("shop", "Namespace", None), True),
        (resource("billing", "Namespace", None), False),
        (Resource("rbac/v1", "ClusterRole", None, "admin"), False),
        (resource("web", namespace="shop"), True),
    ],
)
def test_a_limited_scan_sees_its_namespaces_only(about: Resource, *, seen: bool) -> None:
    drift = compare(scan(result(about)), scan(namespaces=("shop",)))
    assert bool(drift.fixed) is seen
    assert bool(drift.no_longer_evaluated) is not seen


def test_a_waiver_neither_fixes_a_finding_nor_makes_it_new() -> None:
    open_, waived = scan(result("web")), scan(result("web", Status.WAIVED))
    assert names(compare(open_, waived).still_open) == ["web"]
    assert names(compare(waived, open_).still_open) == ["web"]


def test_failures_of_new_checks_are_told_apart() -> None:
    before = scan(tool="one")
    after = scan(
        result("web"), result("web", check="new-check"), checks=("pod-privileged", "new-check"), tool="two"
    )
    drift = compare(before, after)
    assert [each.check for each in drift.new] == ["pod-privileged"]
    assert [each.check for each in drift.newly_evaluated] == ["new-check"]
    assert summary(drift, since=MONDAY, now=WEDNESDAY) == (
        "1 new since Monday; 1 evaluated for the first time, not counted as new; "
        "the checks changed in between"
    )


def test_two_clusters_are_not_compared() -> None:
    other = msgspec.structs.replace(scan().cluster, uid="another")
    with pytest.raises(ValueError, match="two clusters"):
        compare(scan(), scan(cluster=other))


MONDAY = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)
WEDNESDAY = MONDAY + timedelta(days=2)


def test_worse_is_what_is_new_and_critical_or_high() -> None:
    def new(*severities: Severity) -> Drift:
        found = (
            replace(result(f"w{n}", check=f"check-{severity}"), severity=severity)
            for n, severity in enumerate(severities)
        )
        seen = (result(f"w{n}", Status.PASS, check=f"check-{each}") for n, each in enumerate(severities))
        return compare(scan(*seen), scan(*found))

    def said(drift: Drift) -> str:
        return worse(drift, since=MONDAY, now=WEDNESDAY)

    assert said(new(Severity.HIGH, Severity.CRITICAL, Severity.LOW, Severity.HIGH)) == (
        "1 new critical, 2 new high since Monday: check-critical, check-high"
    )
    assert said(new(Severity.MEDIUM, Severity.LOW)) == ""
    assert said(compare(scan(result("web")), scan(result("web", Status.PASS)))) == ""


def test_the_summary_counts_only_what_there_is() -> None:
    both = compare(scan(result("a"), result("b")), scan(result("c"), result("d"), result("e")))
    assert summary(both, since=MONDAY, now=WEDNESDAY) == "3 new, 2 fixed since Monday"
    new = compare(scan(), scan(result("c")))
    assert summary(new, since=MONDAY, now=WEDNESDAY) == "1 new since Monday"
    nothing = compare(scan(), scan())
    assert summary(nothing, since=MONDAY, now=WEDNESDAY) == "nothing changed since Monday"
    blind = compare(scan(result("a")), BLIND["its kind was not read"])
    assert summary(blind, since=MONDAY, now=WEDNESDAY) == (
        "nothing known to be new or fixed since Monday; 1 can no longer be evaluated, not counted as fixed"
    )


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (timedelta(hours=3), "07:00 today"),
        (timedelta(days=1), "Monday"),
        (timedelta(days=6), "Monday"),
        (timedelta(days=7), "last Monday"),
        (timedelta(days=8), "16 November"),
        (timedelta(days=60), "16 November 2026"),
    ],
)
def test_days_are_said_as_people_say_them(later: timedelta, said: str) -> None:
    nothing = compare(scan(), scan())
    assert summary(nothing, since=MONDAY, now=MONDAY + later) == f"nothing changed since {said}"


def test_days_are_those_of_the_readers_time_zone() -> None:
    late = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)
    now = datetime(2026, 11, 18, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    assert summary(compare(scan(), scan()), since=late, now=now) == "nothing changed since Tuesday"


@st.composite
def scans(draw: st.DrawFn) -> Scan:
    """Any scan of a little world: three workloads, two checks, every status, kinds unread."""
    checks = draw(st.sets(st.sampled_from(["one", "two"])))
    drawn = st.dictionaries(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["one", "two"]), st.sampled_from(["", "x"])),
        st.sampled_from(Status),
    )
    found = {key: status for key, status in draw(drawn).items() if key[1] in checks}
    results = [
        result(name, status, check=check, locus=locus) for (name, check, locus), status in found.items()
    ]
    return scan(
        *results,
        checks=tuple(sorted(checks)),
        unread=draw(
            st.dictionaries(
                st.sampled_from(["Pod", "Deployment"]), st.sampled_from(CoverageState), max_size=1
            )
        ),
        namespaces=draw(st.sampled_from([None, ("shop",), ("billing",)])),
    )


def fingerprints(results: tuple[Result, ...]) -> set[str]:
    return {each.fingerprint for each in results}


def parts(drift: Drift) -> tuple[set[str], set[str]]:
    kept = fingerprints(drift.still_open)
    gone, unseen = fingerprints(drift.fixed), fingerprints(drift.no_longer_evaluated)
    come, unheard = fingerprints(drift.new), fingerprints(drift.newly_evaluated)
    assert not gone & unseen
    assert not come & unheard
    assert not kept & (gone | unseen | come | unheard)
    return kept | gone | unseen, kept | come | unheard


@given(scans(), scans())
def test_every_open_finding_is_counted_once(before: Scan, after: Scan) -> None:
    drift = compare(before, after)
    earlier, later = parts(drift)
    assert earlier == {each.fingerprint for each in before.results if each.status in OPEN}
    assert later == {each.fingerprint for each in after.results if each.status in OPEN}
    assert drift.reasons.keys() == fingerprints(drift.no_longer_evaluated + drift.newly_evaluated)


@given(scans(), scans())
def test_the_way_back_mirrors_the_way_there(before: Scan, after: Scan) -> None:
    there, back = compare(before, after), compare(after, before)
    assert fingerprints(there.new) == fingerprints(back.fixed)
    assert fingerprints(there.no_longer_evaluated) == fingerprints(back.newly_evaluated)


@given(scans())
def test_a_scan_does_not_differ_from_itself(one: Scan) -> None:
    drift = compare(one, one)
    assert drift.new == drift.fixed == drift.no_longer_evaluated == drift.newly_evaluated == ()
    assert summary(drift, since=MONDAY, now=WEDNESDAY) == "nothing changed since Monday"
