//! The credential report of AWS IAM: one row per user, with passwords, MFA and keys.

use watchkeep_model::{Span as Length, Timestamp};

use crate::out::{Out, Trust, When};
use crate::read::table::{Headers, Sheet};
use crate::tally::Tally;
use crate::{dates, words};

pub(crate) fn score(h: &Headers) -> u8 {
    if h.all(&["user", "arn", "password enabled", "mfa active", "access key 1 active"]) { 100 } else { 0 }
}

pub(crate) fn read(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let col = |name: &str| sheet.col(&[name]);
    let (arn, user, created) = (col("arn"), col("user"), col("user creation time"));
    let (password, used, mfa) = (col("password enabled"), col("password last used"), col("mfa active"));
    let keys: Vec<_> = ["1", "2"]
        .iter()
        .map(|n| {
            let col = |what: &str| sheet.col(&[format!("access key {n} {what}").as_str()]);
            (col("active"), col("last rotated"), col("last used date"))
        })
        .collect();
    // the report has no date of its own: the last thing that happened in it is near it
    let mut newest: Option<Timestamp> = None;
    sheet.rows(|row| {
        let dated = [used, created].into_iter().chain(keys.iter().flat_map(|(_, rotated, used)| [*rotated, *used]));
        newest = newest.max(dated.filter_map(|col| dates::parse(&row.get(col))).max());
    });
    let stale = newest.is_some_and(|t| t < out.now().minus(Length::days(30)));
    let now = if stale { newest.unwrap_or(out.now()) } else { out.now() };
    let before = |t: Option<Timestamp>, days: i64| t.is_some_and(|t| t < now.minus(Length::days(days)));
    let mut account = String::new();
    let (mut people, mut with_mfa) = (0.0, 0.0);
    let mut tally: Vec<(&'static str, String, crate::Span)> = Vec::new();
    let mut root_seen = false;
    let rows = sheet.rows(|row| {
        if account.is_empty() {
            account = row.get(arn).split(':').nth(4).unwrap_or_default().to_owned();
        }
        let name = row.get(user);
        let root = name == "<root_account>" || row.get(arn).ends_with(":root");
        let yes = |col| words::truth(&row.get(col)) == Some(true);
        let mut last_use = dates::parse(&row.get(used));
        let mut active_key = false;
        for (n, (active, rotated, key_used)) in keys.iter().enumerate() {
            let key_used = dates::parse(&row.get(*key_used));
            if !yes(*active) {
                continue;
            }
            active_key = true;
            last_use = last_use.max(key_used);
            if before(dates::parse(&row.get(*rotated)), 90) {
                tally.push(("cloud_keys_gt_90d", format!("{name} {n}"), row.span));
            }
        }
        if root {
            root_seen = true;
            if last_use.is_some_and(|t| t >= now.minus(Length::days(7))) {
                tally.push(("cloud_root_use_7d", name.into_owned(), row.span));
            }
            return;
        }
        if yes(password) {
            people += 1.0;
            with_mfa += if yes(mfa) { 1.0 } else { 0.0 };
        }
        let old_enough = before(dates::parse(&row.get(created)), 90);
        if (yes(password) || active_key) && old_enough && last_use.is_none_or(|t| t < now.minus(Length::days(90))) {
            tally.push(("accounts_inactive_90d", name.into_owned(), row.span));
        }
    });
    let subject = out.subject(&account);
    let at = When(None);
    if rows == 0 {
        for signal in ["mfa_enforced_pct", "cloud_keys_gt_90d", "accounts_inactive_90d"] {
            out.unknown(signal, &subject.name, sheet.span(), "the report has no rows", at);
        }
        return;
    }
    if stale {
        out.doubt(0.7, "the newest date in the report is over 30 days old; ages are counted to it");
    }
    let trust = Trust::exact("AWS credential report");
    let mut counts = Tally::default();
    for signal in ["cloud_keys_gt_90d", "accounts_inactive_90d"] {
        counts.open(&subject.name, signal);
    }
    if root_seen {
        counts.open(&subject.name, "cloud_root_use_7d");
    }
    for (signal, key, span) in tally {
        counts.add(&subject.name, signal, key, span);
    }
    out.tally(&counts, &trust, sheet.span(), at, Ok(()));
    let trust = Trust::exact("AWS credential report: users with a password, the root account not among them");
    out.share("mfa_enforced_pct", &subject.name, (with_mfa, people), sheet.span(), &trust, at);
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    const REPORT: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date\n\
        <root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00,not_supported,2026-11-18T00:00:00+00:00,not_supported,not_supported,true,false,N/A,N/A,false,N/A,N/A\n\
        ann,arn:aws:iam::123456789012:user/ann,2020-01-01T00:00:00+00:00,true,2026-11-19T00:00:00+00:00,x,x,true,true,2026-01-01T00:00:00+00:00,2026-11-01T00:00:00+00:00,false,N/A,N/A\n\
        bob,arn:aws:iam::123456789012:user/bob,2020-01-01T00:00:00+00:00,true,no_information,x,x,false,false,N/A,N/A,false,N/A,N/A\n";

    #[test]
    fn users_and_keys() {
        says(
            REPORT,
            "aws-credential-report",
            &[
                ("accounts_inactive_90d", Some(1.0)),
                ("cloud_keys_gt_90d", Some(1.0)),
                ("cloud_root_use_7d", Some(1.0)),
                ("mfa_enforced_pct", Some(50.0)),
            ],
        );
        assert!(said(REPORT).extractions.iter().all(|e| e.subject == "123456789012" && e.confidence >= 0.9));
    }

    #[test]
    fn an_old_report_goes_to_review() {
        let old = REPORT.replace("2026-11", "2024-11").replace("2026-01", "2024-01");
        assert!(said(&old).extractions.iter().all(|e| e.confidence < 0.85));
    }
}
