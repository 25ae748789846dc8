//! Tests of ids.

use super::*;

const TEXT: &str = "019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c";

#[test]
fn an_id_comes_back_the_same() {
    let id: KriId = TEXT.parse().unwrap();
    assert_eq!(id.to_string(), TEXT);
    assert_eq!(format!("{id:?}"), format!("KriId({TEXT})"));
    assert_eq!(KriId::new(id.uuid()), id);
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{TEXT}\""));
    assert_eq!(serde_json::from_str::<KriId>(&format!("\"{TEXT}\"")).unwrap(), id);
    assert_eq!(TEXT.to_uppercase().parse(), Ok(id));
    assert_eq!(serde_json::to_value(schemars::schema_for!(TenantId)).unwrap()["format"], "uuid");
}

#[test]
fn other_ways_to_write_one_are_refused() {
    let simple = TEXT.replace('-', "");
    for bad in ["", "kri_1", &simple, &format!("{{{TEXT}}}"), &format!("urn:uuid:{TEXT}"), &TEXT.replace('0', "g")] {
        let said = bad.parse::<TokenId>().unwrap_err().to_string();
        assert!(said.contains("is not the id of a token; an id looks like 019a9f3c-"), "{said}");
    }
    assert!(serde_json::from_str::<KriId>("7").is_err());
}

#[test]
fn ids_are_ordered_as_they_were_made() {
    let earlier: RunId = TEXT.parse().unwrap();
    let later: RunId = TEXT.replace("7b00", "7b01").parse().unwrap();
    assert!(earlier < later && earlier.to_string() < later.to_string());
}
