//! Tests of slugs.

use proptest::prelude::*;

use super::*;
use crate::mutate;

/// The pattern of a tenant's slug once more, written as the page writes it: one letter, then 1 to 38 times a letter
/// with or without a hyphen before it.
fn by_the_page(text: &str) -> bool {
    let letter = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut rest = text.as_bytes();
    let Some((first, tail)) = rest.split_first() else { return false };
    if !letter(*first) {
        return false;
    }
    rest = tail;
    let mut times = 0;
    while !rest.is_empty() {
        if let [b'-', tail @ ..] = rest {
            rest = tail;
        }
        match rest {
            [c, tail @ ..] if letter(*c) => rest = tail,
            _ => return false,
        }
        times += 1;
    }
    (1..=38).contains(&times)
}

#[test]
fn a_tenants_slug() {
    for good in ["ab", "acme", "acme-werke", "0-0", "a1-b2-c3", &"a".repeat(39)] {
        assert_eq!(good.parse::<Slug>().unwrap().as_str(), good);
    }
    let longest = format!("{}a", "a-".repeat(38));
    assert_eq!(longest.len(), 77);
    assert!(longest.parse::<Slug>().is_ok());
    for bad in ["", "a", "-a", "a-", "a--b", "Acme", "acme_werke", "acme.", "äcme", "acme\n", &"a".repeat(40)] {
        assert!(bad.parse::<Slug>().is_err(), "{bad}");
    }
}

#[test]
fn a_kris_slug() {
    for good in ["ab", "mfa_enforced_pct", "a--b", "a__b", "mfa-coverage", &"a".repeat(80)] {
        assert_eq!(KriSlug::try_from(good).unwrap().as_str(), good);
    }
    for bad in ["", "a", "_a", "a_", "a-", "A1", "a b", "é1", &"a".repeat(81)] {
        assert!(KriSlug::try_from(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_message_says_what_is_wrong_and_what_would_be_right() {
    let said = |text: &str| text.parse::<Slug>().unwrap_err().to_string();
    assert_eq!(
        said("Acme Werke"),
        "`Acme Werke` is not a slug of a tenant: it has lower-case letters a to z, digits and hyphens only; for example \
         `acme-werke`"
    );
    assert!(said("acme--werke").contains("hyphens stand alone"));
    assert!(said("x").ends_with("it has 2 to 39 letters and digits"));
    assert!(said("-acme").contains("begins and ends"));
    let kri = "MFA coverage".parse::<KriSlug>().unwrap_err();
    assert_eq!(kri.suggestion.as_deref(), Some("mfa_coverage"));
}

#[test]
fn slugs_are_made_of_names() {
    let kri = |name: &str| KriSlug::from_name(name).map(String::from);
    assert_eq!(kri("MFA coverage").as_deref(), Some("mfa_coverage"));
    assert_eq!(kri("MFA coverage (%)").as_deref(), Some("mfa_coverage_pct"));
    assert_eq!(kri("  Schlüssel > 90 Tage!  ").as_deref(), Some("schluessel_90_tage"));
    assert_eq!(kri("l’été à Liège").as_deref(), Some("lete_a_liege"));
    assert_eq!(kri("日本"), None);
    assert_eq!(kri(""), None);
    let tenant = |name: &str| Slug::from_name(name).map(String::from);
    assert_eq!(tenant("Acme Werke GmbH").as_deref(), Some("acme-werke-gmbh"));
    assert_eq!(tenant("A"), None);
    assert_eq!(tenant(&"ab ".repeat(100)).map(|s| s.replace('-', "").len()), Some(39));
}

#[test]
fn json_carries_them_as_text_and_checks_them() {
    let slug: Slug = serde_json::from_str("\"acme\"").unwrap();
    assert_eq!(serde_json::to_string(&slug).unwrap(), "\"acme\"");
    assert!(serde_json::from_str::<Slug>("\"Acme\"").unwrap_err().to_string().contains("for example `acme`"));
    let schema = schemars::schema_for!(KriSlug);
    assert_eq!(schema.get("pattern").unwrap(), KriSlug::PATTERN);
}

#[test]
fn mutated_texts_never_panic() {
    let mut good = (0, 0);
    mutate::texts(&["acme", "acme-werke-2", "a-b-c-d-e-f-g", "mfa_enforced_pct", "Größe der Flotte (%)"], |text| {
        assert_eq!(text.parse::<Slug>().is_ok(), by_the_page(text), "{text}");
        good.0 += usize::from(by_the_page(text));
        for made in [Slug::from_name(text), text.parse::<Slug>().ok()].into_iter().flatten() {
            assert!(by_the_page(made.as_str()), "{text} gave {made}");
        }
        for made in [KriSlug::from_name(text), text.parse::<KriSlug>().ok()].into_iter().flatten() {
            good.1 += 1;
            assert_eq!(made.as_str().parse().as_ref(), Ok(&made));
        }
    });
    assert!(good.0 > 500 && good.1 > 500, "the mutations reach good ones, too: {good:?}");
}

proptest! {
    #![proptest_config(mutate::cases(2_000))]

    #[test]
    fn a_slug_is_what_the_page_says(text in "[a-z0-9-]{0,90}", short in "[a-c-]{0,5}") {
        prop_assert_eq!(text.parse::<Slug>().is_ok(), by_the_page(&text));
        prop_assert_eq!(short.parse::<Slug>().is_ok(), by_the_page(&short));
    }

    #[test]
    fn a_made_slug_is_a_slug_and_stays_itself(name in ".{0,120}") {
        if let Some(slug) = KriSlug::from_name(&name) {
            prop_assert_eq!(slug.as_str().parse(), Ok(slug.clone()));
            prop_assert_eq!(KriSlug::from_name(slug.as_str()), Some(slug));
        }
        if let Some(slug) = Slug::from_name(&name) {
            prop_assert_eq!(Slug::from_name(slug.as_str()), Some(slug));
        }
    }
}
