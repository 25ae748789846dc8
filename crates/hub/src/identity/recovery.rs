//! Recovery codes: shown once, kept as hashes, each good for one sign-in.
use serde_json::json;
use watchkeep_authz::signin::recovery;
use watchkeep_store::identity::factors;

use super::{SignedIn, Visitor, act, second};
use crate::canonical::sha256;
use crate::error::Error;
use crate::hub::Hub;

/// New codes, and what is kept of them.
pub(super) fn make(hub: &Hub) -> (Vec<String>, Vec<[u8; 32]>) {
    let codes: Vec<String> = (0..recovery::CODES).map(|_| recovery::code(&hub.rng.bytes())).collect();
    // a code that was just made is one that can be read
    let hashes = codes.iter().map(|c| recovery::hash(c).unwrap_or_else(|| sha256(c.as_bytes()))).collect();
    (codes, hashes)
}

/// Makes new codes in the place of all old ones, and shows them this once.
///
/// # Errors
/// `Unauthenticated` for a wrong code, a conflict without a second factor that they could stand in for.
pub async fn renew(hub: &Hub, visitor: &Visitor, signed: &SignedIn, code: &str) -> Result<Vec<String>, Error> {
    signed.full()?;
    if !signed.factors.any() {
        return Err(Error::conflict("recovery codes stand in for a second factor: add one first"));
    }
    let now = hub.now();
    let proof = second::prove(hub, visitor, signed, code).await?;
    let (codes, hashes) = make(hub);
    let call = act(hub, visitor, "recovery_codes_made", signed.actor(), &json!({}));
    let (person, subject) = (signed.person, second::counted_under(hub, signed.person));
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            second::spend(tx, person, proof, now).await?;
            second::forgive(tx, &subject).await?;
            factors::set_codes(tx, person, &hashes, now).await?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(codes)
}
