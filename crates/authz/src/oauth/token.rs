//! The token and revocation endpoints before anything is looked up: what the form asks for (RFC 6749 section 4.1.3 and
//! 6, RFC 7009 section 2.1).

use super::params::{Params, ParamsError};
use super::{Reason, TokenError};

/// The longest code or token that is looked up, in bytes.
const MOST: usize = 512;

/// What a token request asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// `grant_type=authorization_code`.
    Code {
        /// The code, as it came.
        code: &'a str,
    },
    /// `grant_type=refresh_token`.
    Refresh {
        /// The refresh token, as it came.
        token: &'a str,
    },
}

impl std::fmt::Debug for Asked<'_> {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Code { .. } => "Code",
            Self::Refresh { .. } => "Refresh",
        })
    }
}

/// The form of a token, revocation or registration request, by its `Content-Type` and its query.
///
/// # Errors
/// `invalid_request` where the body is no form, or where parameters stand in the address (RFC 6749 section 3.2: a
/// secret in an address ends in a log).
pub fn form(content_type: &str, query: Option<&str>, body: &[u8]) -> Result<Params, TokenError> {
    let malformed = |text: &str| TokenError::bad("invalid_request", Reason::MalformedRequest, text);
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(malformed("The body must be a form: Content-Type application/x-www-form-urlencoded."));
    }
    if query.is_some_and(|query| !query.is_empty()) {
        return Err(malformed("Parameters belong into the body, not into the address."));
    }
    Params::parse(body).map_err(not_read)
}

/// The refusal of a form that could not be read.
#[must_use]
pub fn not_read(flaw: ParamsError) -> TokenError {
    TokenError::bad("invalid_request", Reason::MalformedRequest, format!("The form was not read: {flaw}."))
}

/// What the form asks for.
///
/// # Errors
/// `invalid_request` for a doubled or missing field, `unsupported_grant_type` for another grant.
pub fn asked(params: &Params) -> Result<Asked<'_>, TokenError> {
    if let Some(name) = params.duplicate() {
        return Err(TokenError::duplicate(name));
    }
    match params.get("grant_type") {
        Some("authorization_code") => Ok(Asked::Code { code: secret(params, "code", super::code::unknown)? }),
        Some("refresh_token") => {
            Ok(Asked::Refresh { token: secret(params, "refresh_token", super::refresh::unknown)? })
        }
        Some(_) => Err(TokenError::bad(
            "unsupported_grant_type",
            Reason::MalformedRequest,
            "grant_type must be authorization_code or refresh_token.",
        )),
        None => Err(missing("grant_type")),
    }
}

/// The token that is to be revoked (RFC 7009 section 2.1); none where it is too long to be one, which is answered as
/// any unknown one: 200. `token_type_hint` says nothing that the token's own prefix does not.
///
/// # Errors
/// `invalid_request` for a doubled or missing field.
pub fn revoked(params: &Params) -> Result<Option<&str>, TokenError> {
    if let Some(name) = params.duplicate() {
        return Err(TokenError::duplicate(name));
    }
    let token = params.get("token").ok_or_else(|| missing("token"))?;
    Ok((token.len() <= MOST).then_some(token))
}

fn secret<'a>(params: &'a Params, name: &str, unknown: fn() -> TokenError) -> Result<&'a str, TokenError> {
    let value = params.get(name).ok_or_else(|| missing(name))?;
    if value.len() > MOST { Err(unknown()) } else { Ok(value) }
}

fn missing(name: &str) -> TokenError {
    TokenError::bad("invalid_request", Reason::MalformedRequest, format!("{name} is missing."))
}

#[cfg(test)]
mod tests;
