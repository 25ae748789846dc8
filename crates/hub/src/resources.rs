//! The resources of the connectors: things with an address of their own, such as `kri://mfa_enforced_pct`.
//!
//! A resource is read by an operation that is called with one argument, so it is checked, limited and recorded like any
//! call. A new kind of resource is one entry of [`RESOURCES`].
use serde_json::{Map, Value};
use watchkeep_model::Connector;

use crate::error::Error;
use crate::page::Reply;

/// One kind of resource.
#[derive(Debug, Clone, Copy)]
pub struct ResourceDef {
    /// The connector that offers it.
    pub connector: Connector,
    /// What its addresses begin with, such as `kri://`.
    pub scheme: &'static str,
    /// The name of what follows, such as `slug`.
    pub key: &'static str,
    /// What one is called.
    pub name: &'static str,
    /// The same for people.
    pub title: &'static str,
    /// What one gets.
    pub about: &'static str,
    /// The read operation that tells one, and the argument that takes what follows the scheme.
    pub read: &'static str,
    /// See [`ResourceDef::read`].
    pub argument: &'static str,
    /// The list operation that names all; its items have the key under [`ResourceDef::key`].
    pub list: &'static str,
    /// The member of an item that is its name for people.
    pub label: &'static str,
}

/// Every kind of resource.
pub const RESOURCES: &[ResourceDef] = &[
    ResourceDef {
        connector: Connector::Risk,
        scheme: "kri://",
        key: "slug",
        name: "kri",
        title: "KRI",
        about: "One key risk indicator with its value, thresholds, trend, 90 days of samples and where the value came from.",
        read: "get_kri",
        argument: "id",
        list: "list_kris",
        label: "name",
    },
    ResourceDef {
        connector: Connector::Risk,
        scheme: "risk://",
        key: "id",
        name: "risk",
        title: "Risk",
        about: "One risk with its scores, the controls against it, the KRIs that tell of it, decisions and treatment; its slug does for the id.",
        read: "get_risk",
        argument: "id",
        list: "list_risks",
        label: "title",
    },
];

/// The type of every resource.
pub const MIME_TYPE: &str = "application/json";

/// One resource of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its address.
    pub uri: String,
    /// What follows the scheme.
    pub key: String,
    /// Its name for people.
    pub title: Option<String>,
}

impl ResourceDef {
    /// The template of its addresses, such as `kri://{slug}`.
    #[must_use]
    pub fn template(&self) -> String {
        format!("{}{{{}}}", self.scheme, self.key)
    }

    /// The arguments that read the resource at `uri`; none if the address is of another kind.
    #[must_use]
    pub fn args(&self, uri: &str) -> Option<Map<String, Value>> {
        let key = uri.strip_prefix(self.scheme).filter(|key| !key.is_empty())?;
        Some(Map::from_iter([(self.argument.to_owned(), key.into())]))
    }

    /// The resources of one page of the list operation, and the cursor of the next page.
    ///
    /// # Errors
    /// Ours, if the operation does not answer as a list does.
    pub fn listed(&self, page: &Reply) -> Result<(Vec<Listed>, Option<String>), Error> {
        let page: Value = serde_json::from_str(&page.json).map_err(Error::internal)?;
        let items = page.get("items").and_then(Value::as_array);
        let items = items.ok_or_else(|| Error::internal(format!("{} answers without items", self.list)))?;
        let text = |item: &Value, member: &str| item.get(member).and_then(Value::as_str).map(str::to_owned);
        let all = items.iter().map(|item| {
            let key = text(item, self.key).ok_or_else(|| Error::internal(format!("{}: no {}", self.list, self.key)))?;
            Ok(Listed { uri: format!("{}{key}", self.scheme), key, title: text(item, self.label) })
        });
        let next = text(&page, "nextCursor").or_else(|| text(&page, "next_cursor"));
        Ok((all.collect::<Result<_, Error>>()?, next))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_becomes_an_argument() {
        let kri = &RESOURCES[0];
        assert_eq!(kri.template(), "kri://{slug}");
        assert_eq!(Value::Object(kri.args("kri://mfa_enforced_pct").unwrap()), json!({ "id": "mfa_enforced_pct" }));
        for foreign in ["kri://", "kri:mfa", "risk://1", "", "KRI://x"] {
            assert_eq!(kri.args(foreign), None, "{foreign}");
        }
        let risk = &RESOURCES[1];
        assert_eq!(risk.template(), "risk://{id}");
        assert_eq!(Value::Object(risk.args("risk://ransomware").unwrap()), json!({ "id": "ransomware" }));
    }

    #[test]
    fn a_page_becomes_resources() {
        let kri = &RESOURCES[0];
        let page = json!({ "items": [{ "slug": "a_b", "name": "A b" }, { "slug": "c" }], "nextCursor": "n", "truncated": false });
        let (all, next) = kri.listed(&Reply::new(page.to_string(), 2)).unwrap();
        assert_eq!(all[0], Listed { uri: "kri://a_b".into(), key: "a_b".into(), title: Some("A b".into()) });
        assert_eq!((all.len(), all[1].title.as_deref(), next.as_deref()), (2, None, Some("n")));
        assert!(kri.listed(&Reply::new("{}".into(), 1)).is_err());
        let page = json!({ "items": [{ "id": "1", "slug": "a", "title": "A risk" }], "truncated": false });
        let (all, next) = RESOURCES[1].listed(&Reply::new(page.to_string(), 1)).unwrap();
        assert_eq!(all, [Listed { uri: "risk://1".into(), key: "1".into(), title: Some("A risk".into()) }]);
        assert_eq!(next, None);
    }
}
