//! What checks of a cloud account say together, whichever tool ran them.

use std::collections::{BTreeMap, HashSet};

use crate::Span;
use crate::out::{Out, Trust, When};
use crate::severity::Severity;
use crate::tally::Tally;

/// The outcome of one check on one resource.
pub(crate) struct Outcome<'a> {
    pub(crate) account: &'a str,
    /// The id of the check as the tool writes it.
    pub(crate) check: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) failed: bool,
    pub(crate) severity: Option<Severity>,
    pub(crate) span: Span,
}

/// Checks that fail for a store that anyone can read or write.
const PUBLIC_STORAGE: [&str; 18] = [
    "s3_bucket_public_access",
    "s3_bucket_public_list_acl",
    "s3_bucket_public_write_acl",
    "s3_bucket_policy_public_write_access",
    "cloudstorage_bucket_public_access",
    "extra73",
    "s3.2",
    "s3.3",
    "s3-bucket-public-read-prohibited",
    "s3-bucket-public-write-prohibited",
    "ckv_aws_20",
    "ckv_aws_57",
    "ckv_gcp_28",
    "ckv_azure_34",
    "avd-aws-0092",
    "aws-s3-no-public-access-with-acl",
    "avd-gcp-0001",
    "google-storage-no-public-access",
];

/// Checks that fail for SSH or RDP that is open to the internet.
const MANAGEMENT_PORTS: [&str; 20] = [
    "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22",
    "ec2_securitygroup_allow_ingress_from_internet_to_port_22",
    "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_3389",
    "ec2_securitygroup_allow_ingress_from_internet_to_port_3389",
    "network_ssh_internet_access_restricted",
    "network_rdp_internet_access_restricted",
    "compute_firewall_ssh_access_from_the_internet_allowed",
    "compute_firewall_rdp_access_from_the_internet_allowed",
    "check41",
    "check42",
    "ec2.13",
    "ec2.14",
    "restricted-ssh",
    "ckv_aws_24",
    "ckv_aws_25",
    "ckv_azure_9",
    "ckv_azure_10",
    "ckv_gcp_2",
    "ckv_gcp_3",
    "restricted-rdp",
];

const USER_MFA: [&str; 3] = ["iam_user_mfa_enabled_console_access", "check12", "mfa-enabled-for-iam-console-access"];
const ADMIN_MFA: [&str; 1] = ["iam_administrator_access_with_mfa"];

#[derive(Default)]
struct Users {
    passed: HashSet<String>,
    failed: HashSet<String>,
    span: Option<Span>,
}

/// All outcomes of a report.
#[derive(Default)]
pub(crate) struct Checks {
    tally: Tally,
    mfa: BTreeMap<(String, &'static str), Users>,
    passed: usize,
    failed: usize,
    /// Outcomes that are neither passed nor failed because something went wrong.
    pub(crate) errored: usize,
    /// Outcomes that somebody has muted.
    pub(crate) muted: usize,
}

impl Checks {
    /// Takes in an outcome that is not muted.
    pub(crate) fn see(&mut self, seen: &Outcome<'_>) {
        *(if seen.failed { &mut self.failed } else { &mut self.passed }) += 1;
        let check = seen.check.to_ascii_lowercase();
        let key = format!("{check} {}", seen.resource);
        if seen.failed {
            self.tally.critical(seen.account, "cloud_critical_misconfig_open", seen.severity, key, seen.span);
        } else {
            self.tally.open(seen.account, "cloud_critical_misconfig_open");
        }
        for (signal, ids) in
            [("cloud_public_storage", &PUBLIC_STORAGE[..]), ("cloud_open_mgmt_ports", &MANAGEMENT_PORTS[..])]
        {
            if ids.contains(&check.as_str()) {
                self.tally.open(seen.account, signal);
                if seen.failed {
                    self.tally.add(seen.account, signal, seen.resource, seen.span);
                }
            }
        }
        for (signal, ids) in [("mfa_enforced_pct", &USER_MFA[..]), ("mfa_privileged_pct", &ADMIN_MFA[..])] {
            if ids.contains(&check.as_str()) {
                let users = self.mfa.entry((seen.account.to_owned(), signal)).or_default();
                let set = if seen.failed { &mut users.failed } else { &mut users.passed };
                set.insert(seen.resource.to_owned());
                users.span = Some(users.span.map_or(seen.span, |hull| hull.and(seen.span)));
            }
        }
    }

    /// True if there was any outcome.
    pub(crate) fn any(&self) -> bool {
        self.passed + self.failed + self.errored > 0
    }

    /// Writes what they say.
    pub(crate) fn tell(self, out: &mut Out<'_>, tool: &str, place: Span, at: When) {
        if self.tally.is_empty() {
            let subject = out.subject("").name;
            let why = "the report holds no outcome of a check";
            out.unknown("cloud_critical_misconfig_open", &subject, place, why, at);
            return;
        }
        let what = format!(
            "{tool}: {} failed, {} passed, {} muted; failed resource and check count once",
            self.failed, self.passed, self.muted
        );
        let trust = Trust::exact(what).cap_if(
            self.errored > 0,
            0.7,
            format!("{} checks could not be carried out", self.errored),
        );
        let zero = if self.errored > 0 { Err("checks could not be carried out") } else { Ok(()) };
        out.tally(&self.tally, &trust, place, at, zero);
        for ((account, signal), users) in &self.mfa {
            let failed = users.failed.len() as f64;
            let passed = users.passed.difference(&users.failed).count() as f64;
            let trust = Trust::of(0.9, format!("{tool}: users by their outcome of the MFA check")).cap_if(
                passed <= 0.0,
                0.5,
                "only failures are listed: it may be that passed ones are not in the report",
            );
            out.share(signal, account, (passed, passed + failed), users.span.unwrap_or(place), &trust, at);
        }
    }
}
