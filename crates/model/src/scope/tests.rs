//! Tests of scopes.

use super::*;

#[test]
fn a_set_is_read_in_any_order_and_written_sorted() {
    let set: Scopes = " mcp:write  mcp:read\tapi:read mcp:read ".parse().unwrap();
    assert_eq!(set.to_string(), "api:read mcp:read mcp:write");
    assert_eq!(format!("{set:?}"), "Scopes(api:read mcp:read mcp:write)");
    assert_eq!(serde_json::to_string(&set).unwrap(), "\"api:read mcp:read mcp:write\"");
    assert_eq!("".parse(), Ok(Scopes::NONE));
    assert!(Scopes::NONE.is_empty() && Scopes::NONE.to_string().is_empty());
    let mut words = Scope::WORDS.to_vec();
    words.sort_unstable();
    assert_eq!(words, Scope::WORDS, "declared in the order in which they are written");
}

#[test]
fn every_set_comes_back_the_same() {
    for bits in 0..1u8 << Scope::ALL.len() {
        let set = Scopes(bits);
        assert_eq!(set.to_string().parse(), Ok(set));
        assert_eq!(set.iter().collect::<Scopes>(), set);
        for other in 0..1u8 << Scope::ALL.len() {
            let other = Scopes(other);
            assert_eq!(set.contains_all(other), other.iter().all(|scope| set.contains(scope)));
            assert_eq!(set.intersection(other).iter().count(), set.iter().filter(|s| other.contains(*s)).count());
        }
    }
}

#[test]
fn no_scope_includes_another() {
    let write = Scopes::one(Scope::RiskWrite);
    assert!(!write.contains(Scope::RiskRead) && write.with(Scope::RiskRead).contains(Scope::RiskRead));
    assert!(!Scopes::one(Scope::RiskRead).contains(Scope::FleetRead));
}

#[test]
fn a_scope_belongs_to_a_connector_or_to_rest() {
    for connector in Connector::ALL.iter().copied() {
        assert_eq!(Scope::read(connector).connector(), Some(connector));
        assert_eq!(Scope::write(connector).connector(), Some(connector));
        assert!(Scopes::one(Scope::read(connector)).reaches(connector));
    }
    assert!(!Scopes::one(Scope::ApiRead).with(Scope::FleetRead).reaches(Connector::Risk));
    assert_eq!(Scope::write(Connector::Fleet).as_str(), "mcp.acknowledge");
    assert_eq!(Scope::read(Connector::Risk).as_str(), "mcp:read");
}

#[test]
fn a_wrong_word_is_told_the_right_ones() {
    let said = "mcp:read mcp:wirte".parse::<Scopes>().unwrap_err().to_string();
    assert!(said.contains("`mcp:wirte` is not a known scope") && said.contains("did you mean `mcp:write`?"), "{said}");
}
