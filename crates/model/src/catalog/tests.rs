//! Tests of the catalogue.

use std::collections::BTreeSet;

use super::*;
use crate::slug::KriSlug;

mod register;

/// The page of the 84 signals: slug, unit, direction, amber/red, kinds. It is the interface, and the catalogue must
/// equal it literally.
const PAGE: &str = include_str!("page.txt");

#[test]
fn the_catalogue_is_the_page() {
    let page: Vec<&str> = PAGE.lines().collect();
    let ours: Vec<String> = signals()
        .iter()
        .map(|s| {
            let unit = match s.unit {
                Unit::Percent => "%",
                Unit::Hours => "h",
                unit => unit.as_str(),
            };
            let arrow = match s.direction {
                Direction::HigherIsWorse => "↑",
                Direction::LowerIsWorse => "↓",
            };
            format!("{} {unit} {arrow} {}/{} {}", s.slug, s.amber, s.red, s.kinds.join(","))
        })
        .collect();
    assert_eq!(page.len(), 84);
    assert_eq!(ours, page);
}

#[test]
fn every_entry_is_whole() {
    const KINDS: &str = "ag vuln idp edr mail cloud siem itsm mdm bkp awr app net dlp easm tprm hr pam ai grc self";
    for s in signals() {
        let slug = &s.slug;
        assert!(slug.parse::<KriSlug>().is_ok() && !slug.contains('-'), "{slug}");
        assert_eq!(s.thresholds().validate(s.unit), Ok(()), "{slug}");
        assert!(s.target.is_some(), "{slug} aims at something");
        assert!((5..=60).contains(&s.name.chars().count()), "{slug}: the name is short: {}", s.name);
        assert!(s.name.chars().next().is_some_and(char::is_uppercase), "{slug}: {}", s.name);
        let last = s.name.chars().last();
        assert!(last.is_some_and(|c| c.is_alphanumeric() || c == ')'), "{slug}: {}", s.name);
        assert!((40..=180).contains(&s.about.chars().count()), "{slug}: one sentence: {}", s.about);
        assert!(s.about.ends_with('.') && s.about.matches(". ").count() == 0, "{slug}: one sentence: {}", s.about);
        assert_eq!(s.aggregation, s.unit.aggregation(), "{slug}");
        assert!(s.cadence >= Span::hours(24) && s.cadence <= Span::days(30), "{slug}");
        assert!(!s.kinds.is_empty() && s.kinds.iter().all(|k| KINDS.split(' ').any(|known| known == k)), "{slug}");
        assert!(s.words.len() >= 4, "{slug}");
        for word in &s.words {
            assert_eq!(word, &word.to_lowercase(), "{slug}");
            assert_eq!(word, &crate::text::clean(word, 60), "{slug}");
        }
    }
}

#[test]
fn names_and_words_are_unique() {
    let mut slugs = BTreeSet::new();
    let mut names = BTreeSet::new();
    let mut words = BTreeSet::new();
    for s in signals() {
        assert!(names.insert(&s.name), "{}", s.name);
        for slug in std::iter::once(&s.slug).chain(&s.aliases) {
            assert!(slugs.insert(slug), "{slug}");
        }
        for word in &s.words {
            assert!(words.insert(word), "{word} is at two signals, last at {}", s.slug);
        }
    }
}

#[test]
fn the_window_is_what_the_slug_names() {
    for s in signals() {
        let named: Option<Span> = s.slug.split('_').skip(1).find_map(|part| part.parse().ok());
        assert_eq!(s.window, named, "{}", s.slug);
    }
    assert_eq!(signal("edr_lateral_movement_7d").unwrap().window, Some(Span::days(7)));
    assert_eq!(signal("edr_critical_unresolved_gt_4h").unwrap().window, Some(Span::hours(4)));
}

#[test]
fn one_too_many_is_never_judged_per_thousand() {
    let absolute = [
        "vuln_kev_open",
        "vuln_kev_overdue",
        "vuln_internet_facing_critical",
        "offboarded_still_active",
        "secrets_exposed_open",
        "cloud_root_use_7d",
    ];
    for slug in absolute {
        assert!(!signal(slug).unwrap().per_thousand, "{slug}");
    }
    for s in signals().iter().filter(|s| s.per_thousand) {
        assert_eq!(s.unit, Unit::Count, "{}", s.slug);
    }
    assert!(signal("vuln_critical_open").unwrap().per_thousand);
}

#[test]
fn aliases_and_near_misses_lead_to_the_signal() {
    assert_eq!(signal("critical_cves_unpatched_gt_30d").unwrap().slug, "vuln_critical_open_gt_30d");
    assert_eq!(signal("vuln_kev_open").unwrap().name, "Known exploited vulnerabilities open");
    assert!(signal("vuln_kev").is_none());
    assert_eq!(nearest("mfa-enforced-pct"), Some("mfa_enforced_pct"));
    assert_eq!(nearest("vuln_kev_opne"), Some("vuln_kev_open"));
    assert_eq!(nearest("critical_cves_unpatched_30d"), Some("critical_cves_unpatched_gt_30d"));
    assert_eq!(nearest("the weather in Ghent"), None);
    assert_eq!(nearest(""), None);
}

#[test]
fn every_category_has_signals_and_a_name() {
    for category in Category::ALL {
        assert!(signals().iter().any(|s| s.category == *category), "{category}");
        assert!(!category.name().is_empty());
    }
    assert!(signals().is_sorted_by_key(|s| s.category), "the categories stand together, in their order");
}

#[test]
fn a_signal_that_is_misspelt_does_not_load() {
    let good = "slug='a_b'\nname='n'\nabout='a'\ncategory='ai'\nunit='count'\ndirection='higherIsWorse'\namber=1\nred=2\n\
                aggregation='sum'\ncadence='24h'\nkinds=['ai']\n";
    assert!(toml::from_str::<Signal>(good).is_ok());
    let said = |bad: String| toml::from_str::<Signal>(&bad).unwrap_err().to_string();
    assert!(said(good.replace("'count'", "'cuont'")).contains("did you mean `count`?"));
    assert!(said(format!("{good}colour='red'\n")).contains("unknown field `colour`"));
    assert!(said(good.replace("'24h'", "'daily'")).contains("such as 24h"));
}
