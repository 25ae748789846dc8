//! Acme Manufacturing: 720 devices, 640 people, plants in Ghent, Leeds and Graz.

use watchkeep_model::catalog::Category;
use watchkeep_model::kri::{Aggregation, Direction, SourceKind, State, Thresholds, Unit};
use watchkeep_model::{Role, Span};

use super::series::{Series, never, share, value};
use super::story::{Own, Person, Source, Story};

pub(super) const STORY: Story = Story {
    slug: "acme",
    name: "Acme Manufacturing (demo)",
    people: &[
        Person { name: "Ines Verhaegen", email: "ines.verhaegen@acme.example", role: Role::Admin, home: true },
        Person { name: "Tom Brandt", email: "tom.brandt@acme.example", role: Role::Analyst, home: true },
        Person { name: "Priya Raman", email: "priya.raman@acme.example", role: Role::Analyst, home: true },
        Person { name: "Jonas Weber", email: "jonas.weber@acme.example", role: Role::Viewer, home: true },
        // works for the provider who looks after both tenants
        Person { name: "Mara Lindqvist", email: "mara.lindqvist@northgate.example", role: Role::Analyst, home: false },
    ],
    sources: &[
        source("Tenable", "Tenable", SourceKind::Native, Some("0 5 * * *")),
        source("Host agents", "Watchkeep", SourceKind::Agent, None),
        source("CrowdStrike Falcon", "CrowdStrike", SourceKind::McpClient, Some("30 5 * * *")),
        source("Okta", "Okta", SourceKind::Native, Some("0 6 * * *")),
        source("Microsoft Defender for Office 365", "Microsoft", SourceKind::McpClient, Some("15 6 * * *")),
        source("AWS Security Hub", "Amazon Web Services", SourceKind::Native, Some("45 5 * * *")),
        source("Splunk", "Splunk", SourceKind::McpClient, Some("10 6 * * *")),
        source("GitHub", "GitHub", SourceKind::McpClient, Some("20 6 * * *")),
        Source { authorized: false, ..source("Veeam", "Veeam", SourceKind::Native, Some("0 7 * * *")) },
        source("Awareness results", "KnowBe4", SourceKind::Csv, None),
        source("Inventory export", "ServiceNow", SourceKind::Csv, None),
        source("Service desk", "Atlassian", SourceKind::Api, None),
        source("Risk office notes", "Acme", SourceKind::DropZone, None),
        source("Risk office", "Acme", SourceKind::Manual, None),
    ],
    own: &[Own {
        slug: "ot_segments_unmonitored",
        name: "Plant networks without monitoring",
        about: "Network segments with production machines in which nothing watches the traffic.",
        category: Category::Detection,
        unit: Unit::Count,
        thresholds: Thresholds { direction: Direction::HigherIsWorse, amber: 1.0, red: 3.0, target: Some(0.0) },
        aggregation: Aggregation::Sum,
        cadence: Span::days(7),
    }],
    edited: &[("mttd_hours", 6.0, 24.0), ("phish_sim_click_pct", 8.0, 15.0)],
    owners: &[
        (Category::Vulnerability, 1),
        (Category::Host, 1),
        (Category::Endpoint, 2),
        (Category::Identity, 2),
        (Category::Detection, 2),
        (Category::Governance, 0),
    ],
    lines: LINES,
    register: &super::register::acme::REGISTER,
};

const fn source(name: &'static str, vendor: &'static str, kind: SourceKind, schedule: Option<&'static str>) -> Source {
    Source { name, vendor, kind, schedule, authorized: true }
}

const DEVICES: f64 = 720.0;
const PEOPLE: f64 = 640.0;

const LINES: &[Series] = &[
    // the patch programme, begun 75 days ago
    value("vuln_critical_open", "Tenable", &[(90, 46.0), (75, 48.0), (30, 22.0), (0, 9.0)]).of(DEVICES).wobble(1.5),
    value("vuln_critical_open_gt_30d", "Tenable", &[(90, 38.0), (70, 39.0), (25, 12.0), (0, 3.0)])
        .of(DEVICES)
        .wobble(1.0),
    value("vuln_kev_open", "Tenable", &[(90, 6.0), (60, 5.0), (40, 2.0), (21, 2.0), (20, 4.0), (8, 1.0), (0, 1.0)]),
    value("vuln_kev_overdue", "Tenable", &[(90, 4.0), (50, 2.0), (30, 0.0), (0, 0.0)]),
    value("vuln_internet_facing_critical", "Tenable", &[(90, 3.0), (66, 2.0), (45, 0.0), (0, 0.0)]),
    value("vuln_mttr_critical_days", "Tenable", &[(90, 41.0), (70, 43.0), (0, 18.0)]).wobble(1.2),
    share("vuln_scan_coverage_pct", "Tenable", DEVICES, &[(90, 88.0), (60, 94.0), (0, 97.2)]).wobble(0.6),
    share("patch_compliance_pct", "Host agents", 412.0, &[(90, 71.0), (75, 72.0), (20, 94.0), (0, 96.6)]).wobble(0.7),
    value("patch_age_p90_days", "Host agents", &[(90, 64.0), (72, 66.0), (0, 22.0)]).wobble(1.5),
    share("kernel_cve_hosts_affected_pct", "Host agents", 186.0, &[(90, 24.0), (40, 9.0), (0, 3.2)]).wobble(1.0),
    // hosts: Leeds has the old machines
    value("os_eol_hosts", "Host agents", &[(90, 3.0), (35, 1.0), (0, 1.0)]).about("ghent").of(240.0),
    value("os_eol_hosts", "Host agents", &[(90, 11.0), (0, 9.0)]).about("leeds").of(310.0),
    value("os_eol_hosts", "Host agents", &[(90, 1.0), (12, 0.0), (0, 0.0)]).about("graz").of(170.0),
    value("host_hardening_score", "Host agents", &[(90, 79.0), (0, 86.0)]).about("ghent").wobble(1.0),
    value("host_hardening_score", "Host agents", &[(90, 66.0), (0, 71.0)]).about("leeds").wobble(1.0),
    value("host_hardening_score", "Host agents", &[(90, 87.0), (0, 89.0)]).about("graz").wobble(1.0),
    share("disk_encryption_pct", "CrowdStrike Falcon", 655.0, &[(90, 98.4), (0, 98.9)]).wobble(0.2),
    // endpoints; two sources tell the coverage, and do not quite agree
    share("edr_coverage_pct", "CrowdStrike Falcon", DEVICES, &[(90, 91.0), (50, 95.0), (0, 96.1)]).wobble(0.3),
    share("edr_coverage_pct", "Inventory export", 744.0, &[(90, 89.0), (50, 92.0), (0, 93.1)]).wobble(0.3),
    share("edr_sensor_unhealthy_pct", "CrowdStrike Falcon", 692.0, &[(90, 2.4), (0, 1.9)]).wobble(0.5),
    // the incident: a phishing mail 26 days ago, two hosts reached, closed 19 days ago
    value(
        "malicious_mail_delivered_24h",
        "Microsoft Defender for Office 365",
        &[(90, 0.0), (27, 0.0), (26, 14.0), (25, 3.0), (24, 0.0), (0, 0.0)],
    )
    .of(PEOPLE),
    value(
        "malicious_url_clicks_7d",
        "Microsoft Defender for Office 365",
        &[(90, 0.0), (27, 0.0), (26, 6.0), (20, 6.0), (19, 0.0), (0, 0.0)],
    )
    .of(PEOPLE),
    value("impossible_travel_24h", "Okta", &[(90, 0.0), (26, 0.0), (25, 3.0), (24, 1.0), (23, 0.0), (0, 0.0)])
        .of(PEOPLE),
    value(
        "edr_critical_unresolved_gt_4h",
        "CrowdStrike Falcon",
        &[(90, 0.0), (26, 0.0), (25, 4.0), (23, 2.0), (21, 0.0), (0, 0.0)],
    ),
    value(
        "edr_lateral_movement_7d",
        "CrowdStrike Falcon",
        &[(90, 0.0), (26, 0.0), (25, 2.0), (19, 2.0), (18, 0.0), (0, 0.0)],
    ),
    value("mttd_hours", "Splunk", &[(90, 5.1), (26, 4.6), (25, 7.4), (0, 5.2)]).wobble(0.2),
    value("mttr_incident_hours", "Service desk", &[(90, 21.0), (19, 19.0), (18, 47.0), (0, 38.0)]).wobble(0.8),
    value("detections_unacked_gt_24h", "Splunk", &[(90, 3.0), (26, 2.0), (24, 9.0), (18, 1.0), (0, 0.0)]).wobble(0.7),
    share("log_source_coverage_pct", "Splunk", 186.0, &[(90, 93.0), (14, 96.8), (0, 96.8)]).wobble(0.4),
    value("auth_bruteforce_24h", "Host agents", &[(90, 11.0), (0, 14.0)]).of(DEVICES).wobble(8.0),
    value("ot_segments_unmonitored", "Risk office", &[(90, 5.0), (42, 4.0), (0, 4.0)]),
    value("ir_exercise_age_days", "Risk office notes", &[(90, 152.0), (0, 242.0)]),
    // identity: MFA is being rolled out
    share("mfa_enforced_pct", "Okta", PEOPLE, &[(90, 93.0), (45, 97.0), (0, 98.9)]).wobble(0.2),
    share("mfa_privileged_pct", "Okta", 36.0, &[(90, 94.4), (40, 97.2), (14, 97.2), (13, 100.0), (0, 100.0)]),
    share("mfa_phishing_resistant_pct", "Okta", PEOPLE, &[(90, 9.0), (0, 27.0)]).wobble(0.4),
    value("accounts_inactive_90d", "Okta", &[(90, 31.0), (30, 24.0), (0, 6.0)]).of(PEOPLE).wobble(0.8),
    value(
        "offboarded_still_active",
        "Okta",
        &[(90, 0.0), (34, 0.0), (33, 1.0), (32, 0.0), (2, 0.0), (1, 1.0), (0, 1.0)],
    ),
    share("privileged_accounts_pct", "Okta", PEOPLE, &[(90, 4.2), (0, 4.1)]).wobble(0.1),
    // people
    share("phish_sim_click_pct", "Awareness results", 612.0, &[(90, 14.2), (60, 12.0), (30, 9.1), (0, 6.7)]),
    share("training_overdue_pct", "Awareness results", PEOPLE, &[(90, 3.0), (35, 4.0), (0, 9.0)]).wobble(0.3),
    share(
        "dmarc_enforced_domains_pct",
        "Microsoft Defender for Office 365",
        12.0,
        &[(90, 83.0), (41, 83.0), (40, 100.0), (0, 100.0)],
    ),
    // cloud: keys grow old; the new attack path view fails since three days
    value("cloud_critical_misconfig_open", "AWS Security Hub", &[(90, 4.0), (0, 1.0)]).of(1_840.0).wobble(0.8),
    value("cloud_public_storage", "AWS Security Hub", &[(90, 0.0), (9, 0.0), (8, 1.0), (6, 1.0), (5, 0.0), (0, 0.0)]),
    value("cloud_keys_gt_90d", "AWS Security Hub", &[(90, 3.0), (45, 5.0), (0, 14.0)]).wobble(0.4),
    value("cloud_toxic_paths", "AWS Security Hub", &[(90, 1.0), (40, 1.0), (39, 0.0), (0, 0.0)]).trouble(
        3,
        0,
        State::Error,
        "GetFindingsV2 answered 500 Internal Server Error",
    ),
    // resilience: the access of the backup tool ran out 9 days ago
    share("backup_success_pct", "Veeam", 214.0, &[(90, 98.6), (0, 98.9)]).wobble(0.4).stops(9),
    share("backup_immutable_pct", "Veeam", 96.0, &[(90, 72.0), (20, 83.0), (0, 83.3)]).stops(9),
    value("backup_restore_test_age_days", "Risk office", &[(90, 31.0), (0, 121.0)]),
    value("slo_error_budget_burn", "Splunk", &[(90, 0.4), (0, 0.5)]).about("order-portal").wobble(0.2),
    value("slo_error_budget_burn", "Splunk", &[(90, 0.7), (26, 0.7), (25, 3.1), (22, 0.8), (0, 0.7)])
        .about("plant-gateway")
        .wobble(0.15),
    // own software; one repository has not been scanned for 12 days
    value("sca_critical_open", "GitHub", &[(90, 6.0), (30, 2.0), (0, 0.0)]).about("acme/order-portal"),
    value("sca_critical_open", "GitHub", &[(90, 2.0), (0, 2.0)]).about("acme/plant-gateway"),
    value("sca_critical_open", "GitHub", &[(90, 1.0), (15, 0.0), (0, 0.0)]).about("acme/label-printer"),
    value("sca_high_open", "GitHub", &[(90, 22.0), (0, 8.0)]).about("acme/order-portal").wobble(1.0),
    value("sca_high_open", "GitHub", &[(90, 17.0), (0, 13.0)]).about("acme/plant-gateway").wobble(1.0).stops(12),
    value("secrets_exposed_open", "GitHub", &[(90, 2.0), (55, 1.0), (31, 0.0), (0, 0.0)]),
    share("branch_protection_pct", "GitHub", 47.0, &[(90, 78.7), (0, 95.7)]),
    // governance: the inventory falls behind; no licence for data loss
    never(
        "dlp_high_incidents_7d",
        "Microsoft Defender for Office 365",
        State::Unavailable,
        "the module for data loss is not licensed",
    ),
    share("asset_inventory_match_pct", "Inventory export", 744.0, &[(90, 95.8), (40, 94.0), (0, 87.0)]).wobble(0.4),
    value("cert_expiring_lt_14d", "Host agents", &[(90, 1.0), (62, 2.0), (50, 0.0), (0, 0.0)]),
    value("vendor_tier1_assessment_overdue", "Risk office", &[(90, 1.0), (0, 2.0)]),
    value("policy_exceptions_expired", "Risk office", &[(90, 3.0), (28, 1.0), (0, 0.0)]),
    // AI
    value("ai_unsanctioned_apps", "Okta", &[(90, 2.0), (50, 3.0), (0, 8.0)]).wobble(0.4),
    never("ai_admin_events_high_7d", "Risk office notes", State::Unknown, "the notes name no figure"),
];
