//! The keyring's own administration: what is sealed gets the active key.
use serde_json::json;
use watchkeep_store::Keyring;

use super::Admin;
use crate::error::Error;

impl Admin {
    /// Seals anew, under the active key, every value that an older one has sealed; tells how many. In slices: each has
    /// its row in the chain of the tenant that it belongs to, or in the installation's.
    ///
    /// # Errors
    /// Of the database. What was sealed until then stays so, and the rest can follow.
    pub async fn reseal(&self, keys: &Keyring) -> Result<usize, Error> {
        let call = |values: usize| {
            let told = json!({ "key": keys.active(), "values": values });
            self.act("values_resealed", "keyring reseal", &told, format_args!("{values} under key {}", keys.active()))
        };
        Ok(self.store().reseal(keys, call).await?)
    }
}
