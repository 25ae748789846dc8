//! Tests of words: every enum of the crate that is written as one.

use super::*;
use crate::catalog::Category;
use crate::kri::{Aggregation, Direction, Quality, SourceKind, State, Status, Trend, Unit};
use crate::role::Role;
use crate::scope::{Connector, Scope};

macro_rules! each {
    ($check:ident: $( $name:ident = $words:literal, )+) => { $( $check::<$name>($name::ALL, $name::WORDS, $words); )+ };
}

/// Every word comes back the same through text and JSON, is in the schema, and no other word is read.
fn round<T>(all: &[T], words: &[&str], expected: &str)
where
    T: Copy
        + fmt::Debug
        + fmt::Display
        + PartialEq
        + std::str::FromStr<Err = UnknownWord>
        + serde::Serialize
        + serde::de::DeserializeOwned
        + schemars::JsonSchema,
{
    assert_eq!(words.join(" "), expected);
    assert_eq!(all.len(), words.len());
    let schema = schemars::schema_for!(T);
    assert_eq!(schema.get("enum").unwrap(), &serde_json::json!(words));
    let told = schema.get("description").unwrap().as_str().unwrap();
    for (one, word) in all.iter().zip(words) {
        assert_eq!(one.to_string(), *word);
        assert_eq!(word.parse::<T>().as_ref(), Ok(one));
        assert_eq!(serde_json::to_string(one).unwrap(), format!("\"{word}\""));
        assert_eq!(serde_json::from_str::<T>(&format!("\"{word}\"")).unwrap(), *one);
        assert!(told.contains(&format!("`{word}`: ")), "{told}");
        let shouted = word.to_uppercase().parse::<T>().unwrap_err();
        assert_eq!(shouted.nearest(), Some(*word), "{shouted}");
        assert!(words.iter().all(|word| shouted.to_string().contains(&format!("`{word}`"))), "{shouted}");
    }
    assert!("".parse::<T>().is_err());
    assert!(serde_json::from_str::<T>("0").is_err());
}

#[test]
fn every_word_comes_back_the_same() {
    each!(round:
        Aggregation = "sum ratio worst",
        Category = "vulnerability host endpoint identity people cloud detection resilience application governance ai",
        Connector = "risk fleet",
        Direction = "higherIsWorse lowerIsWorse",
        Quality = "complete partial extracted manual",
        Role = "viewer analyst admin",
        Scope = "api:read api:write mcp.acknowledge mcp.read mcp:read mcp:write",
        SourceKind = "manual csv api drop_zone mcp_client native agent",
        State = "ok unknown stale unavailable error",
        Status = "green amber red unknown",
        Trend = "improving stable worsening insufficient",
        Unit = "count percent days hours score ratio",
    );
}

#[test]
fn an_unknown_word_is_told_what_is_allowed() {
    let said = "gren".parse::<Status>().unwrap_err().to_string();
    assert_eq!(
        said,
        "`gren` is not a known status; allowed are `green`, `amber`, `red`, `unknown`; did you mean `green`?"
    );
    let said = "purple".parse::<Status>().unwrap_err().to_string();
    assert_eq!(said, "`purple` is not a known status; allowed are `green`, `amber`, `red`, `unknown`");
    let long = "x\u{202E}".repeat(1_000).parse::<Status>().unwrap_err();
    assert_eq!(long.given, format!("{}…", "x".repeat(39)), "what was written is cleaned and cut");
}

#[test]
fn the_nearest_is_near() {
    let words = ["drop_zone", "mcp_client", "native", "agent"];
    assert_eq!(nearest("DropZone", words), Some("drop_zone"));
    assert_eq!(nearest("mcp client", words), Some("mcp_client"));
    assert_eq!(nearest("naitve", words), Some("native"));
    assert_eq!(nearest("zone", words), None);
    assert_eq!(nearest("---", words), None);
    assert_eq!(nearest("ab", ["abc", "abd"]), Some("abc"), "of equally near ones the first");
    assert_eq!(nearest(&"a".repeat(1_000_000), ["aaa"]), None, "and it takes no time to see that");
}

#[test]
fn roles_include_the_ones_before() {
    assert!(Role::Admin.reaches(Role::Analyst) && Role::Analyst.reaches(Role::Analyst));
    assert!(!Role::Viewer.reaches(Role::Analyst));
    assert!(Role::Viewer < Role::Analyst && Role::Analyst < Role::Admin);
}

#[test]
fn priorities_and_qualities_of_sources() {
    use SourceKind::{Agent, Api, Csv, DropZone, Manual, McpClient, Native};
    let expected = [(McpClient, 40), (Native, 50), (Agent, 50), (Api, 50), (DropZone, 60), (Csv, 65), (Manual, 70)];
    assert_eq!(expected.len(), SourceKind::ALL.len());
    for (kind, priority) in expected {
        assert_eq!(kind.priority(), priority, "{kind}");
    }
    assert_eq!(Manual.quality(), Quality::Manual);
    assert_eq!(DropZone.quality(), Quality::Extracted);
    assert_eq!(Agent.quality(), Quality::Complete);
}
