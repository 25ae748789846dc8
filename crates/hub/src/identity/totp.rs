//! An authenticator app: shown as a picture, confirmed by its first code, removed by a later one.
use std::fmt;

use qrcode::QrCode;
use qrcode::render::svg;
use serde_json::json;
use watchkeep_authz::signin::totp;
use watchkeep_model::Span;
use watchkeep_store::identity::{factors, sessions};

use super::password::ended;
use super::{Began, Level, Opening, SignedIn, Sought, Visitor, act, knows_device, recovery, second};
use crate::error::Error;
use crate::hub::Hub;
use crate::state;

/// How long the picture may stand on the screen.
const LIVES: Span = Span::minutes(15);

/// What an app needs to know, at the one moment when it can be seen.
#[derive(Clone)]
pub struct Enrolment {
    /// The seed for typing, in base32.
    pub secret_base32: String,
    /// The same as an address that apps open.
    pub otpauth_url: String,
    /// The same as a picture: an SVG element.
    pub qr_svg: String,
    /// Comes back with the first code; sealed.
    pub state: String,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enrolment(..)")
    }
}

/// Makes a seed. Nothing is kept until [`confirm`].
///
/// # Errors
/// A conflict if there is an app already, or a factor has to be given first.
pub async fn begin(hub: &Hub, signed: &SignedIn) -> Result<Enrolment, Error> {
    signed.may_change_factors(hub.now())?;
    if signed.factors.totp {
        return Err(there_is_one());
    }
    let seed: [u8; totp::SEED_BYTES] = hub.rng.bytes();
    let state = state::seal(hub, "totp", signed.person, &seed, LIVES)?;
    shown(hub, signed, &seed, state)
}

/// The same picture again, for a form that comes back with a slip.
///
/// # Errors
/// A conflict if the state is too old.
pub fn again(hub: &Hub, signed: &SignedIn, state: &str) -> Result<Enrolment, Error> {
    let opened = state::open(hub, "totp", signed.person, state)?;
    shown(hub, signed, &opened.plain, state.to_owned())
}

fn shown(hub: &Hub, signed: &SignedIn, seed: &[u8], state: String) -> Result<Enrolment, Error> {
    let host = hub.public_url.split_once("://").map_or(hub.public_url.as_str(), |(_, host)| host);
    let otpauth_url = totp::address(&format!("Watchkeep {host}"), &signed.email, seed);
    let code = QrCode::new(otpauth_url.as_bytes()).map_err(|e| Error::internal(e.to_string()))?;
    let svg = code.render::<svg::Color<'_>>().min_dimensions(220, 220).build();
    // without the prologue of an XML file: it stands in a page
    let qr_svg = svg.find("<svg").map_or_else(|| svg.clone(), |at| svg[at..].to_owned());
    Ok(Enrolment { secret_base32: totp::base32(seed), otpauth_url, qr_svg, state })
}

/// Keeps the app, once it has shown that it counts right, with new recovery codes. All other sessions end, and this one
/// goes on under a new secret.
///
/// # Errors
/// `Invalid` with the flaw `code` for a wrong code, a conflict if there is an app already or the state is too old.
pub async fn confirm(
    hub: &Hub,
    visitor: &Visitor,
    signed: &SignedIn,
    state: &str,
    code: &str,
) -> Result<(Began, Vec<String>), Error> {
    let now = hub.now();
    signed.may_change_factors(now)?;
    let opened = state::open(hub, "totp", signed.person, state)?;
    let step = totp::matched(&opened.plain, code, 0, now).ok_or_else(|| {
        Error::flaw("code", "is not the one that the app shows now; check that the clock of the device is right")
    })?;
    let (codes, hashes) = recovery::make(hub);
    let sought = Sought {
        person: signed.person,
        level: Level::Full,
        signed_in_at: signed.created_at,
        second_at: Some(now),
        known: knows_device(hub, visitor, signed.own).await?,
    };
    let opening = Opening::new(hub, visitor, &sought);
    let (secret, device) = (opening.secret.clone(), opening.device.clone());
    let call = act(hub, visitor, "totp_enrolled", signed.actor(), &json!({}));
    let (keys, person, session) = (hub.keys.clone(), signed.person, signed.session);
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            if !sessions::end(tx, person, session, now).await? {
                return Err(ended());
            }
            if factors::counts_in(tx, person).await?.totp > 0 {
                return Err(there_is_one());
            }
            factors::add_totp(tx, &keys, person, &opened.plain, step, now).await?;
            factors::set_codes(tx, person, &hashes, now).await?;
            // what signed in without a second factor signs in again with it
            sessions::end_all(tx, person, None, now).await?;
            opening.keep(tx).await?;
            Ok(())
        })
        .await?;
    Ok((Opening::began(secret, device, hub).await?, codes))
}

/// Removes the app. Without a passkey the recovery codes go, too.
///
/// # Errors
/// `Unauthenticated` for a wrong code, a conflict if a tenant requires the factor, not found if there is none.
pub async fn remove(hub: &Hub, visitor: &Visitor, signed: &SignedIn, code: &str) -> Result<(), Error> {
    signed.full()?;
    if !signed.factors.totp {
        return Err(Error::not_found("there is no authenticator app to remove"));
    }
    signed.may_lose_factor(signed.factors.passkeys > 0)?;
    let now = hub.now();
    let proof = second::prove(hub, visitor, signed, code).await?;
    let call = act(hub, visitor, "totp_removed", signed.actor(), &json!({}));
    let (person, subject) = (signed.person, second::counted_under(hub, signed.person));
    let must_keep = signed.must_keep;
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            second::spend(tx, person, proof, now).await?;
            second::forgive(tx, &subject).await?;
            factors::drop_totp(tx, person).await?;
            let left = factors::counts_in(tx, person).await?;
            if left.passkeys == 0 {
                if must_keep {
                    return Err(Error::conflict("a tenant of yours requires a second factor: add another one first"));
                }
                factors::set_codes(tx, person, &[], now).await?;
            }
            Ok(())
        })
        .await
}

fn there_is_one() -> Error {
    Error::conflict("there is an authenticator app already; remove it first")
}
