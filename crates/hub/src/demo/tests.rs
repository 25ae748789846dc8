//! Tests of the demo data: the stories are told with the product's own rules.

use std::collections::{BTreeMap, BTreeSet};

use watchkeep_model::kri::{self, Aggregate, Reading, Status, Trend};
use watchkeep_model::{IntegrationId, text};

use super::*;

fn end() -> Timestamp {
    "2026-11-20T08:00:00Z".parse().unwrap()
}

/// A KRI as it stands at the end of its history.
struct Now {
    status: Status,
    trend: Trend,
    whole: Aggregate,
}

/// Runs through the history as the product does: each sample, in the order of time, then the end.
fn replay(tenant: &DemoTenant, end: Timestamp) -> BTreeMap<&str, Now> {
    let mut told = BTreeMap::new();
    for (place, kri) in tenant.kris.iter().enumerate() {
        let mut latest: BTreeMap<(&str, usize), Reading<'_>> = BTreeMap::new();
        let mut status = Status::Unknown;
        let mut points = Vec::new();
        let mut judge = |latest: &BTreeMap<(&str, usize), Reading<'_>>, now: Timestamp| {
            let readings: Vec<Reading<'_>> = latest.values().copied().collect();
            let whole = kri::aggregate(kri.aggregation, kri.thresholds.direction, &readings, now);
            let scaled = kri.per_thousand;
            status = kri::judge(whole.value, whole.denominator, whole.state, &kri.thresholds, kri.unit, scaled, status);
            points.extend(whole.value.filter(|_| whole.state == State::Ok).map(|value| (now, value)));
            whole
        };
        for sample in tenant.samples.iter().filter(|s| s.kri == place) {
            let key = (sample.subject, sample.integration);
            let known = latest.get(&key).copied();
            let reading = Reading {
                subject: sample.subject,
                integration: IntegrationId::new(uuid::Uuid::from_u128(sample.integration as u128)),
                priority: tenant.integrations[sample.integration].kind.priority(),
                observed_at: sample.observed_at,
                fresh_until: kri::fresh_until(sample.observed_at, kri.cadence),
                value: sample.value.or(known.and_then(|k| k.value)),
                numerator: sample.numerator.or(known.and_then(|k| k.numerator)),
                denominator: sample.denominator.or(known.and_then(|k| k.denominator)),
                state: sample.state,
                quality: sample.quality,
            };
            latest.insert(key, reading);
            judge(&latest, sample.observed_at);
        }
        let whole = judge(&latest, end);
        let trend = kri::trend(&points, kri.thresholds.direction, kri.unit, &kri.thresholds).trend;
        told.insert(kri.slug.as_str(), Now { status, trend, whole });
    }
    told
}

#[test]
fn the_same_seed_and_end_give_the_same() {
    assert_eq!(tenants(7, end()), tenants(7, end()));
    assert_ne!(tenants(7, end()), tenants(8, end()));
    let later = end().plus(Span::days(3));
    let moved = |tenant: &DemoTenant| -> Vec<_> {
        tenant.samples.iter().map(|s| (s.observed_at.plus(Span::days(3)), s.value)).collect()
    };
    let [acme, _] = tenants(7, end());
    let [acme_later, _] = tenants(7, later);
    assert_eq!(moved(&acme), acme_later.samples.iter().map(|s| (s.observed_at, s.value)).collect::<Vec<_>>());
}

#[test]
fn nothing_is_after_the_end_or_long_before() {
    for at in [end(), "2026-01-01T00:00:00Z".parse().unwrap(), Timestamp::EPOCH] {
        for tenant in tenants(1, at) {
            assert!(tenant.samples.is_sorted_by_key(|s| s.observed_at));
            for sample in &tenant.samples {
                assert!(sample.observed_at <= at && sample.observed_at > at.minus(Span::days(DAYS + 1)), "{sample:?}");
            }
            let oldest = tenant.samples.first().unwrap().observed_at;
            assert!(at.since(oldest) >= Span::days(DAYS), "90 days of history");
        }
    }
}

#[test]
fn everything_is_marked_and_fits_together() {
    for tenant in tenants(1, end()) {
        assert!(tenant.name.ends_with(" (demo)"));
        assert!(tenant.people.iter().all(|p| p.email.ends_with(".example")));
        assert!(tenant.integrations.iter().all(|i| i.name.ends_with(" (demo)")));
        assert!(tenant.people.iter().any(|p| p.role == Role::Admin && p.home));
        let unique = |texts: Vec<&str>| texts.iter().collect::<BTreeSet<_>>().len() == texts.len();
        assert!(unique(tenant.integrations.iter().map(|i| i.name.as_str()).collect()));
        assert!(unique(tenant.kris.iter().map(|k| k.slug.as_str()).collect()));
        assert!(unique(tenant.kris.iter().map(|k| k.name.as_str()).collect()));
        assert!(unique(tenant.people.iter().map(|p| p.email.as_str()).collect()));
        for kri in &tenant.kris {
            assert_eq!(kri.thresholds.validate(kri.unit), Ok(()), "{}", kri.slug);
            assert!(kri.owner.as_ref().is_none_or(|o| tenant.people.iter().any(|p| p.email == *o)));
        }
        let mut times = BTreeSet::new();
        for sample in &tenant.samples {
            let kri = &tenant.kris[sample.kri];
            assert!(sample.integration < tenant.integrations.len());
            assert!(times.insert((sample.kri, sample.integration, sample.subject, sample.observed_at)));
            assert_eq!(sample.value.is_some(), sample.state == State::Ok, "{sample:?}");
            assert_eq!(sample.note.is_some(), sample.state != State::Ok, "{sample:?}");
            if let Some(value) = sample.value {
                assert_eq!(kri::check(kri.unit, value, sample.numerator, sample.denominator), Ok(()), "{}", kri.slug);
            }
            let note = sample.note.unwrap_or_default();
            assert_eq!(text::clean(note, 200), note);
        }
        for (place, kri) in tenant.kris.iter().enumerate() {
            assert!(tenant.samples.iter().any(|s| s.kri == place), "{}", kri.slug);
        }
    }
}

#[test]
fn every_line_of_a_story_is_told() {
    for story in [&acme::STORY, &contoso::STORY] {
        let tenant = story.tell(1, end());
        let slugs: BTreeSet<&str> = tenant.kris.iter().map(|k| k.slug.as_str()).collect();
        for line in story.lines {
            assert!(slugs.contains(line.kri), "{} has no KRI {}", story.slug, line.kri);
            assert!(story.sources.iter().any(|s| s.name == line.from), "{} has no source {}", story.slug, line.from);
        }
        for source in story.sources {
            assert!(story.lines.iter().any(|line| line.from == source.name), "{} is of no use", source.name);
        }
        for (slug, ..) in story.edited {
            assert!(slugs.contains(slug), "{slug}");
        }
    }
}

#[test]
fn acme_has_every_category_status_trend_and_quality() {
    let [acme, _] = tenants(1, end());
    assert!((40..=65).contains(&acme.kris.len()), "{}", acme.kris.len());
    let kinds: BTreeSet<_> = acme.integrations.iter().map(|i| i.kind).collect();
    assert_eq!(kinds.len(), SourceKind::ALL.len());
    let categories: BTreeSet<_> = acme.kris.iter().map(|k| k.category).collect();
    assert_eq!(categories.len(), Category::ALL.len());
    let now = replay(&acme, end());
    for status in Status::ALL {
        let count = now.values().filter(|n| n.status == *status).count();
        assert!(count >= 3, "{status}: {count}");
    }
    for trend in Trend::ALL {
        assert!(now.values().any(|n| n.trend == *trend), "{trend}");
    }
    for state in State::ALL {
        assert!(now.values().any(|n| n.whole.state == *state), "{state}");
    }
    for quality in Quality::ALL {
        assert!(now.values().any(|n| n.whole.quality == *quality), "{quality}");
    }
}

#[test]
fn the_stories_of_acme_are_there() {
    for seed in [1, 2, 84] {
        let [acme, _] = tenants(seed, end());
        let now = replay(&acme, end());
        let of = |slug: &str| (now[slug].status, now[slug].trend);
        // a patch programme that works
        assert_eq!(of("patch_compliance_pct"), (Status::Green, Trend::Improving));
        assert_eq!(of("vuln_critical_open_gt_30d").1, Trend::Improving);
        assert_eq!(of("mfa_phishing_resistant_pct"), (Status::Red, Trend::Improving));
        // what gets worse
        assert_eq!(of("cloud_keys_gt_90d"), (Status::Red, Trend::Worsening));
        assert_eq!(of("asset_inventory_match_pct").1, Trend::Worsening);
        // a source that went dark: what was green is unknown, what was amber stays amber
        let dark = &now["backup_success_pct"];
        assert_eq!((dark.status, dark.whole.state), (Status::Unknown, State::Stale));
        assert!(dark.whole.value.is_some(), "with its last known value");
        assert_eq!(of("backup_immutable_pct").0, Status::Amber);
        // a licence that is missing, a figure that nobody knows, a source that fails
        let blind = &now["dlp_high_incidents_7d"];
        assert_eq!((blind.status, blind.whole.state, blind.whole.value), (Status::Unknown, State::Unavailable, None));
        assert_eq!(now["ai_admin_events_high_7d"].whole.state, State::Unknown);
        assert_eq!(now["cloud_toxic_paths"].status, Status::Unknown);
        // several subjects, one of them no longer scanned
        let partial = &now["sca_high_open"].whole;
        assert_eq!((partial.quality, partial.subjects, partial.missing), (Quality::Partial, 2, 1));
        assert_eq!(now["sca_critical_open"].whole.subjects, 3);
        // two sources for one subject: priority decides, the other is named
        assert_eq!(now["edr_coverage_pct"].whole.also.len(), 1);
        assert_eq!(now["edr_coverage_pct"].whole.denominator, Some(720.0));
        // the incident: over, but seen
        for slug in ["malicious_mail_delivered_24h", "edr_lateral_movement_7d", "impossible_travel_24h"] {
            let place = acme.kris.iter().position(|k| k.slug.as_str() == slug).unwrap();
            let worst = acme.samples.iter().filter(|s| s.kri == place).filter_map(|s| s.value).fold(0.0, f64::max);
            assert!(worst >= 2.0, "{slug}");
            assert_eq!(of(slug).0, Status::Green, "{slug}");
        }
    }
}

#[test]
fn the_second_tenant_has_the_same_names_and_other_values() {
    let [acme, contoso] = tenants(1, end());
    let slugs = |t: &DemoTenant| t.kris.iter().map(|k| k.slug.clone()).collect::<BTreeSet<_>>();
    let shared: Vec<_> = slugs(&acme).intersection(&slugs(&contoso)).cloned().collect();
    assert!(shared.len() >= 20, "{}", shared.len());
    let names = |t: &DemoTenant| t.integrations.iter().map(|i| i.name.clone()).collect::<BTreeSet<_>>();
    assert!(names(&acme).intersection(&names(&contoso)).count() >= 6);
    let emails = |t: &DemoTenant| t.people.iter().map(|p| p.email.clone()).collect::<BTreeSet<_>>();
    assert_eq!(emails(&acme).intersection(&emails(&contoso)).count(), 1, "one person is in both");
    let people = |t: &DemoTenant| t.people.iter().map(|p| p.name.clone()).collect::<BTreeSet<_>>();
    assert_eq!(people(&acme).intersection(&people(&contoso)).count(), 2, "and another name is two people");
    let (here, there) = (replay(&acme, end()), replay(&contoso, end()));
    let same = |slug: &&KriSlug| here[slug.as_str()].whole.value == there[slug.as_str()].whole.value;
    let alike: Vec<_> = shared.iter().filter(same).collect();
    assert!(alike.len() * 3 < shared.len(), "most values differ; alike are {alike:?}");
    assert_ne!(
        acme.kris.iter().find(|k| k.signal.is_none()).unwrap().thresholds,
        contoso.kris.iter().find(|k| k.signal.is_none()).unwrap().thresholds
    );
    for status in Status::ALL {
        assert!(there.values().any(|n| n.status == *status), "{status}");
    }
}
