//! Tests of the forms of credentials.

use proptest::prelude::*;

use super::*;
use crate::mutate;

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn acme() -> Slug {
    "acme".parse().unwrap()
}

#[test]
fn each_form_is_recognised() {
    assert_eq!(parse(&format!("drx_pat_acme.{HEX}")), Ok(Form::Pat { slug: acme() }));
    assert_eq!(parse(&format!("drx_api_acme.{HEX}")), Ok(Form::ApiKey { slug: acme() }));
    assert_eq!(parse(&format!("mat_{HEX}")), Ok(Form::Access));
    assert_eq!(parse(&format!("mrt_{HEX}")), Ok(Form::Refresh));
    assert_eq!(parse(&format!("mcp_{}", &HEX[..32])), Ok(Form::Client));
    assert_eq!(parse(&format!("drx_pat_acme.{HEX}")).unwrap().slug(), Some(&acme()));
    assert_eq!(parse(&format!("drx_pat_acme.{HEX}")).unwrap().to_string(), "a personal access token");
}

#[test]
fn a_wrong_one_is_told_the_right_form() {
    let said = |text: String| parse(&text).unwrap_err().to_string();
    let pat = "a personal access token has the form drx_pat_<tenant-slug>.<hex>, 64 hex digits";
    assert_eq!(
        said(format!("drx_pat_acme{HEX}")),
        format!("{pat}: the point between the slug and the digits is missing")
    );
    assert_eq!(
        said(format!("drx_pat_acme.{}", &HEX[..63])),
        format!("{pat}: it has 63 hex digits; was it copied whole?")
    );
    assert!(said(format!("drx_pat_acme.{HEX}\n")).contains("with nothing after them"));
    assert!(said(format!("drx_pat_acme.{}", HEX.to_uppercase())).contains("in lower case"));
    assert!(said(format!("drx_pat_acme.{}g", &HEX[1..])).contains("0 to 9 and a to f"));
    assert!(said(format!("drx_pat_Acme.{HEX}")).contains("not the slug of a tenant"));
    assert!(said(format!("drx_pat_.{HEX}")).contains("not the slug of a tenant"));
    for close in ["DRX_PAT_acme.", "drx-pat-acme.", " drx_pat_acme.", "Bearer drx_pat_acme.", "\"drx_pat_acme."] {
        let said = said(format!("{close}{HEX}"));
        assert_eq!(said, format!("{pat}: it begins with `drx_pat_`, with nothing before it"), "{close}");
    }
    assert!(said(format!("drx_acme.{HEX}")).starts_with(pat));
    assert!(said("drx_api_acme".to_owned()).starts_with("an API key has the form drx_api_<tenant-slug>.<hex>, 64 hex"));
    assert!(said("mat_".to_owned()).starts_with("an access token has the form mat_<hex>, 64 hex digits"));
    assert!(said(format!("mcp_{HEX}")).starts_with("a client id has the form mcp_<hex>, 32 hex digits"));
    let unknown = said("ghp_whatever".to_owned());
    assert!(unknown.contains("drx_pat_<tenant-slug>") && unknown.contains("drx_api_<tenant-slug>"), "{unknown}");
}

#[test]
fn a_log_never_sees_the_secret() {
    assert_eq!(redact(&format!("drx_pat_acme.{HEX}")), "drx_pat_acme.…");
    assert_eq!(redact(&format!("drx_api_acme.{HEX}")), "drx_api_acme.…");
    assert_eq!(redact(&format!("mat_{HEX}")), "mat_…");
    assert_eq!(redact(&format!("drx_pat_{HEX}")), "drx_pat_…", "the secret may stand where the slug should");
    assert_eq!(redact("hunter2"), "…");
    assert_eq!(redact(""), "…");
}

#[test]
fn mutated_credentials_never_panic_and_never_leak() {
    let corpus = [
        format!("drx_pat_acme.{HEX}"),
        format!("drx_api_acme-werke.{HEX}"),
        format!("mat_{HEX}"),
        format!("mrt_{HEX}"),
        format!("mcp_{}", &HEX[..32]),
        format!("Bearer drx_pat_acme.{HEX}"),
    ];
    let corpus: Vec<&str> = corpus.iter().map(String::as_str).collect();
    let mut good = 0;
    mutate::texts(&corpus, |text| {
        match parse(text) {
            Ok(form) => {
                good += 1;
                assert!(text.starts_with(form.kind().prefix()));
                assert!(text.ends_with(|c: char| c.is_ascii_hexdigit()));
            }
            Err(flaw) => assert!(!flaw.to_string().contains("0123456"), "{flaw}"),
        }
        let logged = redact(text);
        assert!(logged.ends_with('…') && logged.len() < 100, "{text} {logged}");
    });
    assert!(good > 100, "the mutations reach good ones, too: {good}");
}

proptest! {
    #![proptest_config(mutate::cases(1_000))]

    #[test]
    fn what_is_made_of_its_parts_is_recognised(slug in "[a-z0-9](-?[a-z0-9]){1,38}", hex in "[0-9a-f]{64}") {
        let slug: Slug = slug.parse().unwrap();
        prop_assert_eq!(parse(&format!("drx_pat_{slug}.{hex}")), Ok(Form::Pat { slug: slug.clone() }));
        prop_assert_eq!(parse(&format!("drx_api_{slug}.{hex}")), Ok(Form::ApiKey { slug: slug.clone() }));
        prop_assert_eq!(redact(&format!("drx_pat_{slug}.{hex}")), format!("drx_pat_{slug}.…"));
    }

    #[test]
    fn no_other_text_is_a_credential(text in ".{0,100}") {
        prop_assert!(parse(&text).is_err());
        prop_assert!(!redact(&text).contains(text.trim()) || text.trim().is_empty() || "…".contains(text.trim()));
    }
}
