//! Contoso Shipping: 2,150 devices, 1,480 people, much in the cloud. Many names are those of acme, the values are not.

use watchkeep_model::catalog::Category;
use watchkeep_model::kri::{Aggregation, Direction, SourceKind, State, Thresholds, Unit};
use watchkeep_model::{Role, Span};

use super::series::{Series, never, share, value};
use super::story::{Own, Person, Source, Story};

pub(super) const STORY: Story = Story {
    slug: "contoso",
    name: "Contoso Shipping (demo)",
    people: &[
        Person { name: "Anna Kowalska", email: "anna.kowalska@contoso.example", role: Role::Admin, home: true },
        Person { name: "Tom Brandt", email: "tom.brandt@contoso.example", role: Role::Analyst, home: true },
        Person { name: "Mara Lindqvist", email: "mara.lindqvist@northgate.example", role: Role::Analyst, home: false },
    ],
    sources: &[
        source("Tenable", "Tenable", SourceKind::McpClient, Some("0 4 * * *")),
        source("Host agents", "Watchkeep", SourceKind::Agent, None),
        source("CrowdStrike Falcon", "CrowdStrike", SourceKind::Native, Some("15 4 * * *")),
        source("Okta", "Okta", SourceKind::McpClient, Some("30 4 * * *")),
        source("AWS Security Hub", "Amazon Web Services", SourceKind::Native, Some("45 4 * * *")),
        source("GitHub", "GitHub", SourceKind::Native, Some("0 5 * * *")),
        source("Veeam", "Veeam", SourceKind::Native, Some("15 5 * * *")),
        source("Risk office", "Contoso", SourceKind::Manual, None),
    ],
    own: &[Own {
        slug: "ot_segments_unmonitored",
        name: "Plant networks without monitoring",
        about: "Terminal networks with cranes and gates in which nothing watches the traffic.",
        category: Category::Detection,
        unit: Unit::Count,
        thresholds: Thresholds { direction: Direction::HigherIsWorse, amber: 2.0, red: 6.0, target: Some(0.0) },
        aggregation: Aggregation::Sum,
        cadence: Span::days(7),
    }],
    edited: &[("mfa_enforced_pct", 99.0, 95.0)],
    owners: &[(Category::Cloud, 1), (Category::Identity, 1), (Category::Governance, 0)],
    lines: LINES,
    register: &super::register::contoso::REGISTER,
};

const fn source(name: &'static str, vendor: &'static str, kind: SourceKind, schedule: Option<&'static str>) -> Source {
    Source { name, vendor, kind, schedule, authorized: true }
}

const DEVICES: f64 = 2_150.0;
const PEOPLE: f64 = 1_480.0;

const LINES: &[Series] = &[
    // patching slips since a month ago
    value("vuln_critical_open", "Tenable", &[(90, 12.0), (32, 11.0), (0, 39.0)]).of(DEVICES).wobble(2.0),
    value("vuln_critical_open_gt_30d", "Tenable", &[(90, 2.0), (20, 2.0), (0, 17.0)]).of(DEVICES).wobble(0.8),
    value("vuln_kev_open", "Tenable", &[(90, 0.0), (18, 0.0), (17, 3.0), (0, 7.0)]),
    share("vuln_scan_coverage_pct", "Tenable", DEVICES, &[(90, 98.4), (0, 98.1)]).wobble(0.2),
    share("patch_compliance_pct", "Host agents", 1_610.0, &[(90, 97.1), (32, 96.8), (0, 88.2)]).wobble(0.4),
    value("patch_age_p90_days", "Host agents", &[(90, 19.0), (32, 20.0), (0, 44.0)]).wobble(1.0),
    value("os_eol_hosts", "Host agents", &[(90, 0.0), (0, 0.0)]).about("rotterdam").of(900.0),
    value("os_eol_hosts", "Host agents", &[(90, 2.0), (0, 2.0)]).about("gdynia").of(710.0),
    share("edr_coverage_pct", "CrowdStrike Falcon", DEVICES, &[(90, 98.8), (0, 99.2)]).wobble(0.1),
    value("edr_critical_unresolved_gt_4h", "CrowdStrike Falcon", &[(90, 0.0), (0, 0.0)]),
    value("edr_lateral_movement_7d", "CrowdStrike Falcon", &[(90, 0.0), (0, 0.0)]),
    share("mfa_enforced_pct", "Okta", PEOPLE, &[(90, 96.0), (0, 97.4)]).wobble(0.1),
    share("mfa_privileged_pct", "Okta", 58.0, &[(90, 100.0), (0, 100.0)]),
    share("mfa_phishing_resistant_pct", "Okta", PEOPLE, &[(90, 58.0), (0, 71.0)]).wobble(0.3),
    value("accounts_inactive_90d", "Okta", &[(90, 60.0), (0, 64.0)]).of(PEOPLE).wobble(2.0),
    value("offboarded_still_active", "Okta", &[(90, 0.0), (0, 0.0)]),
    value("cloud_critical_misconfig_open", "AWS Security Hub", &[(90, 61.0), (0, 58.0)]).of(5_400.0).wobble(3.0),
    value("cloud_public_storage", "AWS Security Hub", &[(90, 2.0), (44, 1.0), (0, 1.0)]),
    value("cloud_keys_gt_90d", "AWS Security Hub", &[(90, 22.0), (0, 4.0)]).wobble(0.6),
    value("cloud_toxic_paths", "AWS Security Hub", &[(90, 5.0), (0, 2.0)]).wobble(0.4),
    share("backup_success_pct", "Veeam", 640.0, &[(90, 99.1), (0, 99.3)]).wobble(0.2),
    value("backup_restore_test_age_days", "Risk office", &[(90, 12.0), (0, 102.0)]),
    value("sca_critical_open", "GitHub", &[(90, 4.0), (0, 9.0)]).about("contoso/berth-planner").wobble(0.5),
    value("sca_critical_open", "GitHub", &[(90, 1.0), (0, 3.0)]).about("contoso/gate-app"),
    share("branch_protection_pct", "GitHub", 112.0, &[(90, 97.3), (0, 98.2)]),
    value("ot_segments_unmonitored", "Risk office", &[(90, 3.0), (0, 3.0)]),
    value("vendor_tier1_assessment_overdue", "Risk office", &[(90, 0.0), (0, 0.0)]),
    never("ai_unsanctioned_apps", "Okta", State::Unavailable, "the token lacks the scope for applications"),
];
