//! `resources/list`, `resources/templates/list` and `resources/read`, from the hub's list. Each call is a call of the
//! operation behind it.
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate,
};
use serde_json::{Map, Value};
use watchkeep_hub::resources::{MIME_TYPE, ResourceDef};
use watchkeep_hub::{Error, Reply};
use watchkeep_model::text;

use super::{Door, TTL_MS, result};
use crate::gate::Caller;

/// A list of the tenant's things is fresh for this long.
const LIST_TTL_MS: u64 = 30_000;

impl Door {
    pub(super) fn templates(&self) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates: Vec<_> = self
            .hub
            .resources(self.connector)
            .map(|r| {
                ResourceTemplate::new(r.template(), r.name)
                    .with_title(r.title)
                    .with_description(r.about)
                    .with_mime_type(MIME_TYPE)
            })
            .collect();
        if templates.is_empty() {
            return Err(ErrorData::method_not_found::<rmcp::model::ListResourceTemplatesRequestMethod>());
        }
        Ok(ListResourceTemplatesResult::with_all_items(templates)
            .with_ttl_ms(TTL_MS)
            .with_cache_scope(CacheScope::Private))
    }

    /// One page of the resources, kind after kind. The cursor is the place of the kind and the cursor of its list.
    pub(super) async fn resources(
        &self,
        caller: &Caller,
        cursor: Option<String>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let kinds: Vec<&ResourceDef> = self.hub.resources(self.connector).collect();
        if kinds.is_empty() {
            return Err(ErrorData::method_not_found::<rmcp::model::ListResourcesRequestMethod>());
        }
        let (at, inner) = match cursor.as_deref() {
            None => (0, None),
            Some(cursor) => place(cursor, kinds.len()).ok_or_else(|| {
                ErrorData::invalid_params("cursor: it does not belong to this list; call again without it", None)
            })?,
        };
        let kind = kinds[at];
        let mut args = Map::new();
        if let Some(inner) = inner {
            args.insert("cursor".into(), inner.into());
        }
        let json = self.op(caller, kind.list, args).await.map_err(|e| result::protocol(&e))?;
        let (listed, next) = kind.listed(&Reply::new(json, 0)).map_err(|e| result::protocol(&e))?;
        let resources = listed.into_iter().map(|listed| {
            let resource = Resource::new(listed.uri, listed.key).with_mime_type(MIME_TYPE);
            match listed.title {
                Some(title) => resource.with_title(title),
                None => resource,
            }
        });
        let mut page = ListResourcesResult::with_all_items(resources.collect())
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Private);
        page.next_cursor = match next {
            Some(next) => Some(format!("{at}.{next}")),
            None if at + 1 < kinds.len() => Some(format!("{}.", at + 1)),
            None => None,
        };
        Ok(page)
    }

    pub(super) async fn resource(&self, caller: &Caller, uri: &str) -> Result<ReadResourceResult, ErrorData> {
        let found = self.hub.resources(self.connector).find_map(|kind| Some((kind, kind.args(uri)?)));
        let Some((kind, args)) = found else {
            let why = Error::not_found(format!(
                "there is no resource `{}`; resources/templates/list tells the forms of addresses",
                text::clean(uri, 120)
            ));
            let args = Map::from_iter([("uri".to_owned(), Value::from(uri))]);
            let told = not_there(result::protocol(&why), uri);
            return Err(self.refused(caller, "resources/read", &args, why, told).await);
        };
        let json = self.op(caller, kind.read, args).await.map_err(|e| not_there(result::protocol(&e), uri))?;
        let contents = ResourceContents::text(json, uri).with_mime_type(MIME_TYPE);
        // a value may change at any time
        Ok(ReadResourceResult::new(vec![contents]).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
    }

    async fn op(&self, caller: &Caller, name: &str, args: Map<String, Value>) -> Result<String, Error> {
        match self.hub.tool(self.connector, name, caller.access.role) {
            Some(ready) => self.run(caller, ready, args).await.map(|reply| reply.json),
            None => Err(Error::nothing_here()),
        }
    }
}

/// Names the address in the data of an error, as clients of all revisions expect.
fn not_there(mut error: ErrorData, uri: &str) -> ErrorData {
    if let Some(Value::Object(data)) = &mut error.data {
        data.insert("uri".into(), text::clean(uri, 400).into());
    }
    error
}

/// The kind and the cursor of its list, of a cursor such as `0.abc` or `1.`.
fn place(cursor: &str, kinds: usize) -> Option<(usize, Option<&str>)> {
    let (at, inner) = cursor.split_once('.')?;
    let at = at.parse::<usize>().ok().filter(|at| *at < kinds)?;
    Some((at, Some(inner).filter(|inner| !inner.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_cursor_names_kind_and_place() {
        assert_eq!(place("0.abc", 1), Some((0, Some("abc"))));
        assert_eq!(place("1.", 2), Some((1, None)));
        for bad in ["", "0", "1.", "x.a", "-1.a", "99999999999999999999.a"] {
            assert_eq!(place(bad, 1), None, "{bad}");
        }
    }
}
