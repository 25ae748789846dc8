//! Exports of accounts from an identity provider (Okta, Entra ID, Google Workspace and like): one row per account.

use watchkeep_model::Span as Length;

use crate::out::{Out, Trust, When};
use crate::read::table::{Headers, Sheet};
use crate::tally::Tally;
use crate::{Span, dates, words};

const USER: [&str; 17] = [
    "user principal name",
    "sam account name",
    "samaccountname",
    "account name",
    "login",
    "user",
    "username",
    "user name",
    "email",
    "email address",
    "upn",
    "primary email",
    "email address required",
    "e mail",
    "display name",
    "account",
    "benutzername",
];
const STATUS: [&str; 19] = [
    "status",
    "user status",
    "account status",
    "account enabled",
    "enabled",
    "is enabled",
    "state",
    "status read only",
    "block credential",
    "sign in blocked",
    "blocked",
    "suspended",
    "active",
    "is active",
    "account active",
    "konto aktiv",
    "aktiv",
    "actief",
    "actif",
];
/// MFA that a user cannot go around.
const ENFORCED: [&str; 9] = [
    "mfa enforced",
    "mfa required",
    "2sv enforced",
    "2sv enforced read only",
    "is enforced in 2sv",
    "is 2sv enforced",
    "is2sv enforced",
    "two factor enforced",
    "mfa status",
];
/// MFA that is on.
const ON: [&str; 20] = [
    "mfa enabled",
    "mfa active",
    "mfa",
    "2fa",
    "2fa enabled",
    "two factor enabled",
    "two factor authentication",
    "multi factor authentication",
    "is mfa enabled",
    "mfa factors",
    "enrolled factors",
    "factors",
    "mfa factors enrolled",
    "factors enrolled",
    "enrolled authenticators",
    "authenticators enrolled",
    "mfa aktiviert",
    "mfa aktiv",
    "mfa ingeschakeld",
    "mfa activé",
];
/// MFA that was set up, which does not say that it is asked for.
const ENROLLED: [&str; 10] = [
    "is mfa registered",
    "mfa registered",
    "mfa enrolled",
    "2sv enrolled",
    "2sv enrolled read only",
    "is enrolled in 2sv",
    "is mfa capable",
    "is2sv enrolled",
    "mfa capable",
    "is 2sv enrolled",
];
const LAST: [&str; 23] = [
    "last login",
    "last sign in",
    "last login date",
    "last login time",
    "last sign in date",
    "last sign in read only",
    "last activity",
    "last signin",
    "last sign in date time",
    "last sign in time",
    "last login utc",
    "last successful sign in",
    "last logon",
    "last logon date",
    "last active",
    "last seen",
    "letzte anmeldung",
    "last interactive sign in",
    "last login at",
    "last signed in",
    "letzter login",
    "laatste aanmelding",
    "dernière connexion",
];
const CREATED: [&str; 8] = [
    "created",
    "creation date",
    "created date",
    "created date time",
    "creation time",
    "created at",
    "when created",
    "created on",
];
const ADMIN: [&str; 10] = [
    "is admin",
    "admin",
    "is administrator",
    "privileged",
    "is super admin",
    "is privileged",
    "administrator",
    "is delegated admin",
    "super admin",
    "has admin role",
];
const ROLE: [&str; 11] = [
    "role",
    "roles",
    "admin role",
    "admin roles",
    "assigned roles",
    "directory roles",
    "user role",
    "admin role read only",
    "rolle",
    "rol",
    "rôle",
];
const KIND: [&str; 4] = ["user type", "account type", "type", "is service account"];

pub(crate) fn score(h: &Headers) -> u8 {
    if h.col(&USER).is_none() {
        return 0;
    }
    let mfa = h.col(&ENFORCED).or(h.col(&ON)).or(h.col(&ENROLLED)).is_some();
    let last = h.col(&LAST).is_some();
    let admin = h.col(&ADMIN).or(h.col(&ROLE)).is_some();
    let status = h.col(&STATUS).is_some();
    match (mfa, last, admin, status) {
        (true, _, _, true) => 80,
        (true, true, _, _) | (true, _, true, _) => 70,
        (true, false, false, false) => 55,
        (false, true, _, true) | (false, true, true, _) => 60,
        _ => 0,
    }
}

/// Whether an account can be signed in to, by the words of many providers.
fn active(column: &str, cell: &str) -> Option<bool> {
    let word = words::plain(cell);
    // columns that say the opposite
    if matches!(column, "block credential" | "sign in blocked" | "blocked" | "suspended") {
        return words::truth(cell).map(|blocked| !blocked);
    }
    match word.as_str() {
        "active" | "enabled" | "password expired" | "locked out" | "recovery" | "aktiv" | "actief" | "actif" => {
            Some(true)
        }
        "inactive" | "disabled" | "suspended" | "deprovisioned" | "staged" | "deleted" | "archived" | "provisioned"
        | "blocked" | "deactivated" | "invited" | "pending" | "gesperrt" | "inaktiv" | "inactief" | "inactif" => {
            Some(false)
        }
        _ => words::truth(cell),
    }
}

/// Whether MFA is on, by the cell.
fn protected(column: &str, cell: &str) -> Option<bool> {
    let word = words::plain(cell);
    match word.as_str() {
        "enforced" | "required" | "enrolled" | "registered" | "capable" | "configured" | "on" => return Some(true),
        "not enrolled" | "not registered" | "not configured" | "not enforced" | "disabled" | "none" => {
            return Some(false);
        }
        // of "MFA status" enabled is not yet enforced, of other columns it is on
        "enabled" => return Some(true),
        _ => {}
    }
    if let Some(truth) = words::truth(cell) {
        return Some(truth);
    }
    // a list of factors
    (column.contains("factors") || column.contains("authenticators")).then_some(!word.is_empty())
}

#[derive(Default)]
struct Count {
    active: f64,
    mfa: f64,
    admins: f64,
    unread_status: usize,
    unread_mfa: usize,
    unread_dates: usize,
    unread_admin: usize,
    never: usize,
}

pub(crate) fn read(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let h = sheet.headers;
    let (user, status, last, created) = (h.col(&USER), h.col(&STATUS), h.col(&LAST), h.col(&CREATED));
    let (mfa, sure) = match (h.col(&ENFORCED), h.col(&ON), h.col(&ENROLLED)) {
        (Some(col), ..) => (Some(col), Trust::exact("column of enforced MFA")),
        (_, Some(col), _) => (Some(col), Trust::of(0.9, "column of enabled MFA")),
        (_, _, Some(col)) => (
            Some(col),
            Trust::of(0.75, "the column tells who has set MFA up, which is not the same as having to use it"),
        ),
        _ => (None, Trust::of(0.0, "")),
    };
    let admin = h.col(&ADMIN).or(h.col(&ROLE));
    let by_role = h.col(&ADMIN).is_none();
    let kind = h.col(&KIND);
    let name = |col: Option<usize>| col.map_or("", |c| h.names[c].as_str());
    // the time of the export is not in it; the newest sign-in is near it
    let mut newest = None;
    sheet.rows(|row| newest = newest.max(dates::parse(&row.get(last))));
    let stale = newest.is_some_and(|t| t < out.now().minus(Length::days(30)));
    let reference = if stale { newest.unwrap_or(out.now()) } else { out.now() };
    let limit = reference.minus(Length::days(90));
    let mut n = Count::default();
    let mut tally = Tally::default();
    let subject = out.subject("");
    tally.open(&subject.name, "accounts_inactive_90d");
    let mut hull: Option<Span> = None;
    let rows = sheet.rows(|row| {
        if row.get(user).is_empty() {
            return;
        }
        match active(name(status), &row.get(status)) {
            Some(false) => return,
            None if status.is_some() => n.unread_status += 1,
            _ => {}
        }
        let kind_text = row.get(kind).to_ascii_lowercase();
        if kind_text.contains("service")
            || kind_text.contains("system")
            || (name(kind) == "is service account" && words::truth(&kind_text) == Some(true))
        {
            return;
        }
        n.active += 1.0;
        hull = Some(hull.map_or(row.span, |hull| hull.and(row.span)));
        if mfa.is_some() {
            match protected(name(mfa), &row.get(mfa)) {
                Some(true) => n.mfa += 1.0,
                Some(false) => {}
                None => n.unread_mfa += 1,
            }
        }
        if admin.is_some() {
            let cell = row.get(admin);
            let word = words::plain(&cell);
            let is = if by_role {
                Some(word.split(' ').any(|w| w.starts_with("admin") || w == "owner" || w == "root"))
            } else if cell.is_empty() {
                Some(false)
            } else {
                words::truth(&cell)
            };
            match is {
                Some(true) => n.admins += 1.0,
                Some(false) => {}
                None => n.unread_admin += 1,
            }
        }
        if last.is_some() {
            let cell = row.get(last);
            let new = created.is_some() && dates::parse(&row.get(created)).is_some_and(|t| t >= limit);
            match dates::parse(&cell) {
                Some(at) if at < limit => tally.add(&subject.name, "accounts_inactive_90d", row.get(user), row.span),
                Some(_) => {}
                None if matches!(
                    words::plain(&cell).as_str(),
                    "" | "never" | "never logged in" | "none" | "null" | "n a" | "nie" | "nooit" | "jamais"
                ) =>
                {
                    if !new {
                        n.never += 1;
                        tally.add(&subject.name, "accounts_inactive_90d", row.get(user), row.span);
                    }
                }
                None => n.unread_dates += 1,
            }
        }
    });
    let span = hull.unwrap_or(sheet.span());
    let at = When(None);
    if status.is_none() {
        out.doubt(0.7, "no column tells which accounts are active");
    }
    if n.unread_status > 0 {
        out.doubt(
            0.6,
            format!("the status of {} accounts could not be read; they are taken as active", n.unread_status),
        );
    }
    if rows == 0 || n.active <= 0.0 {
        for (signal, there) in [("mfa_enforced_pct", mfa), ("accounts_inactive_90d", last)] {
            if there.is_some() {
                out.unknown(signal, &subject.name, span, "there is no active account in the export", at);
            }
        }
        return;
    }
    if mfa.is_some() {
        let trust =
            sure.cap_if(n.unread_mfa > 0, 0.6, format!("the MFA cell of {} accounts could not be read", n.unread_mfa));
        out.share("mfa_enforced_pct", &subject.name, (n.mfa, n.active), span, &trust, at);
    }
    if last.is_some() {
        let trust = Trust::exact("active accounts without a sign-in for 90 days")
            .cap_if(stale, 0.7, "the newest sign-in is over 30 days old; ages are counted to it")
            .cap_if(newest.is_none(), 0.5, "no date of a sign-in could be read")
            .cap_if(
                n.never > 0 && created.is_none(),
                0.8,
                format!("{} never signed in, and nothing says how old they are", n.never),
            )
            .cap_if(n.unread_dates > 0, 0.6, format!("{} dates could not be read", n.unread_dates));
        out.tally(&tally, &trust, span, at, Ok(()));
    }
    if admin.is_some() {
        let trust = if by_role {
            Trust::of(0.8, "administrators by the name of their role")
        } else {
            Trust::exact("column of administrators")
        }
        .cap_if(n.unread_admin > 0, 0.6, format!("{} cells could not be read", n.unread_admin));
        out.share("privileged_accounts_pct", &subject.name, (n.admins, n.active), span, &trust, at);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    #[test]
    fn only_active_accounts_count() {
        let text = "login,status,mfaEnabled,lastLogin,isAdmin\n\
            a@x,ACTIVE,true,2026-11-19T00:00:00Z,true\nb@x,ACTIVE,false,2026-01-19T00:00:00Z,false\n\
            c@x,DEPROVISIONED,false,2025-01-19T00:00:00Z,false\nd@x,LOCKED_OUT,true,2026-11-01T00:00:00Z,false\ne@x,ACTIVE,true,2026-11-01T00:00:00Z,false\n";
        says(
            text,
            "identity-csv",
            &[
                ("accounts_inactive_90d", Some(1.0)),
                ("mfa_enforced_pct", Some(75.0)),
                ("privileged_accounts_pct", Some(25.0)),
            ],
        );
        assert!(said(text).extractions.iter().all(|e| e.confidence >= 0.9));
    }

    #[test]
    fn google_enforced_and_entra_registered() {
        let google = "First Name [Required],Email Address [Required],Status [READ ONLY],Last Sign In [READ ONLY],2sv Enrolled [READ ONLY],2sv Enforced [READ ONLY]\n\
            A,a@x,Active,2026/11/18 10:00:00,True,True\nB,b@x,Active,Never logged in,True,False\nC,c@x,Suspended,2020/01/01 10:00:00,False,False\n";
        says(google, "identity-csv", &[("accounts_inactive_90d", Some(1.0)), ("mfa_enforced_pct", Some(50.0))]);
        let entra = "userPrincipalName,accountEnabled,isMfaRegistered\na@x,true,true\nb@x,true,false\n";
        let got = said(entra);
        assert_eq!(got.extractions[0].value, Some(50.0));
        assert!(got.extractions[0].confidence < 0.85);
    }

    #[test]
    fn without_a_status_it_goes_to_review() {
        let got = said("email,mfa enabled,role\na@x,yes,admin\nb@x,no,user\n");
        assert!(got.extractions.iter().all(|e| e.confidence < 0.85), "{got:?}");
    }
}
