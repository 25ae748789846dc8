//! The certificate: can it be used, and for how long.
use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use watchkeep_model::{Span, Timestamp};
use watchkeep_server::tls::Tls;
use x509_cert::der::Decode;

use super::Check;
use crate::config::Config;
use crate::desk;

const NAME: &str = "TLS";
/// Time enough to get a new one.
const SOON: Span = Span::days(14);

/// The files, and when the certificate ends.
pub(super) fn files(config: &Config) -> Check {
    let (Some(cert), Some(key)) = (&config.server.tls_cert, &config.server.tls_key) else {
        return Check::skip(NAME, "not set: plain HTTP, or TLS by a proxy in front");
    };
    if let Err(e) = Tls::from_files(cert, key) {
        return Check::fail(
            NAME,
            e.to_string(),
            "set server.tls_cert and server.tls_key to PEM files that belong together",
        );
    }
    match ends(cert) {
        Err(why) => Check::warn(
            NAME,
            format!("{}: its end cannot be read: {why}", cert.display()),
            "look at it with openssl x509 -enddate",
        ),
        Ok(end) => judge(&cert.display().to_string(), end, desk::now()),
    }
}

fn judge(file: &str, end: Timestamp, now: Timestamp) -> Check {
    let fix = "put a new certificate in its place; the hub reads it by itself";
    let left = end.since(now);
    if left <= Span::ZERO {
        Check::fail(NAME, format!("{file} ended at {end}"), fix)
    } else if left < SOON {
        Check::warn(NAME, format!("{file} ends at {end}, in {:.0} days", left.in_days().floor()), fix)
    } else {
        Check::ok(NAME, format!("{file}, until {end}"))
    }
}

/// When the first certificate of a PEM file ends.
fn ends(file: &Path) -> Result<Timestamp, String> {
    let der = CertificateDer::from_pem_file(file).map_err(|e| e.to_string())?;
    not_after(&der)
}

fn not_after(der: &[u8]) -> Result<Timestamp, String> {
    let cert = x509_cert::Certificate::from_der(der).map_err(|e| e.to_string())?;
    let end = cert.tbs_certificate.validity.not_after.to_unix_duration();
    i64::try_from(end.as_micros()).map(Timestamp::from_micros).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn an_end_is_judged_by_what_is_left() {
        let end: Timestamp = "2026-12-31T00:00:00Z".parse().unwrap();
        let at = |text: &str| judge("cert.pem", end, text.parse().unwrap());
        assert_eq!(at("2026-11-20").verdict, Verdict::Ok);
        let soon = at("2026-12-20");
        assert!(soon.verdict == Verdict::Warn && soon.told.contains("in 11 days"), "{}", soon.told);
        assert_eq!(at("2026-12-31").verdict, Verdict::Fail);
    }

    #[test]
    fn what_is_no_certificate_is_an_error() {
        assert!(not_after(b"").is_err());
        assert!(not_after(&[0x30, 0x82, 0xff, 0xff, 1, 2, 3]).is_err());
    }
}
