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

    /// Self-signed, without its key: made with `openssl req -x509 -days 3650`.
    const PEM: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBgDCCASegAwIBAgIUFaC3sVxS2zxiPwGu0Oc68Z3Cb+kwCgYIKoZIzj0EAwIw\n\
FjEUMBIGA1UEAwwLaHViLmV4YW1wbGUwHhcNMjYxMTIwMTEwNjQ1WhcNMzYxMTE3\n\
MTEwNjQ1WjAWMRQwEgYDVQQDDAtodWIuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqG\n\
SM49AwEHA0IABGklBHptGbJWqIdmGdmuWmF+DuzGo/7ideG2sAsDNEB9b396RDRe\n\
c+o+QJKUwMWuD/p7zb5gelzaHei9lOItblajUzBRMB0GA1UdDgQWBBSwqJrWlJrA\n\
hyxlo4pOeXPTwuIXjDAfBgNVHSMEGDAWgBSwqJrWlJrAhyxlo4pOeXPTwuIXjDAP\n\
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIAZKbT3ZSBtkjUQBNw7p\n\
QzfnteZ4CpdOh18oKJ/v+DKoAiAru2SO2wrx0KzZ+JctJ0AXMyoVSMmNiQxLsL+9\n\
o6mlmQ==\n\
-----END CERTIFICATE-----\n\
";

    #[test]
    fn the_end_of_a_certificate_is_read() {
        let der = CertificateDer::from_pem_slice(PEM.as_bytes()).unwrap();
        assert_eq!(not_after(&der).unwrap().to_string(), "2036-11-17T11:06:45Z");
    }

    /// Whatever the bytes are: an end or an error.
    #[test]
    fn mutated_certificates_are_read_or_refused() {
        let der = CertificateDer::from_pem_slice(PEM.as_bytes()).unwrap().to_vec();
        let (mut read, mut refused, mut state) = (0, 0, 7_u64);
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (at, byte) = (usize::try_from(state >> 33).unwrap() % der.len(), state.to_le_bytes()[2]);
            let mut bytes = der.clone();
            match byte % 3 {
                0 => bytes[at] = state.to_le_bytes()[3],
                1 => bytes.truncate(at),
                _ => drop(bytes.remove(at)),
            }
            match not_after(&bytes) {
                Ok(_) => read += 1,
                Err(_) => refused += 1,
            }
        }
        assert!(read > 1_000 && refused > 1_000, "{read} read, {refused} refused");
    }

    #[test]
    fn what_is_no_certificate_is_an_error() {
        assert!(not_after(b"").is_err());
        assert!(not_after(&[0x30, 0x82, 0xff, 0xff, 1, 2, 3]).is_err());
    }
}
