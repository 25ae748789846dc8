//! The reasons of the connection doctor: one word for each way in which connecting goes well or wrong, what happened,
//! and what to do. The list is published; words are added, never renamed.

macro_rules! reasons {
    ($( $variant:ident $word:literal $happened:literal $advice:literal; )+) => {
        /// Why a step of a connection ended as it did.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $( #[doc = $happened] $variant, )+
        }

        impl Reason {
            /// Every one, in the order of a connection.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The word for it, in snake_case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }

            /// What happened, in one sentence.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $( Self::$variant => $happened, )+ }
            }

            /// What to do about it; empty where there is nothing to do.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self { $( Self::$variant => $advice, )+ }
            }

            /// Whether it went on from there.
            #[must_use]
            pub fn is_ok(self) -> bool {
                self.advice().is_empty() && self != Self::ConsentDenied
            }

            /// The reason with this word.
            #[must_use]
            pub fn read(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.as_str() == word)
            }
        }
    };
}

reasons! {
    DiscoveryOk "discovery_ok" "The app read where to sign in." "";
    HostMismatch "host_mismatch" "The app used another address than the public one of this hub." "Connect with the public address of this hub, or have it corrected in the hub's settings.";
    RegistrationOk "registration_ok" "The app registered itself." "";
    RegistrationRefused "registration_refused" "The registration of the app was refused." "The answer names the field that is wrong; tell the maker of the app.";
    ClientUnknown "client_unknown" "The app used a client id that is not known here." "Remove the connection in the app and add it again, so that it registers anew.";
    ClientDisabled "client_disabled" "The app is switched off on this hub." "Ask an administrator to switch it on again.";
    ClientDocumentUnreachable "client_document_unreachable" "The document that describes the app could not be fetched." "Check that this hub may reach the internet over https, or have an administrator register the app.";
    ClientDocumentBad "client_document_bad" "The document that describes the app is not one that can be trusted." "Tell the maker of the app which field is wrong, or have an administrator register the app.";
    RedirectMismatch "redirect_mismatch" "The app asked to be answered at an address that it did not register." "Remove the connection in the app and add it again. If you did not start this, close the page.";
    RedirectForbidden "redirect_forbidden" "The app asked to be answered at an address that is never allowed." "The app must use https, an address of your own computer, or the scheme of an installed app.";
    PkceMissing "pkce_missing" "The app did not use PKCE." "Update the app; this hub asks PKCE of every app.";
    PkceMethod "pkce_method" "The app used another PKCE method than S256." "Update the app; only S256 is accepted.";
    PkceMalformed "pkce_malformed" "The PKCE value of the app has the wrong form." "Tell the maker of the app: a challenge has 43 characters, a verifier 43 to 128.";
    PkceWrong "pkce_wrong" "The PKCE verifier does not belong to the sign-in that was started." "Connect again. If it happens twice, somebody else may have tried to use your code.";
    ScopeUnknown "scope_unknown" "The app asked for a permission that this connector does not offer, or that was not granted." "Ask for mcp:read or mcp:write at the risk connector, mcp.read or mcp.acknowledge at the fleet connector.";
    ScopeMissing "scope_missing" "The app called something that it has no permission for." "Connect again and allow it, if you want the app to do this.";
    ResourceUnknown "resource_unknown" "The app named an address that is not a connector of this hub, or another one than was granted." "Connect with the address exactly as the set-up page shows it.";
    ResponseType "response_type" "The app asked for something else than a code." "Update the app; only response_type=code is offered.";
    DuplicateParameter "duplicate_parameter" "The app sent the same field twice." "Tell the maker of the app.";
    MalformedRequest "malformed_request" "The request of the app could not be read." "Tell the maker of the app; the answer names what is wrong.";
    SignInNeeded "sign_in_needed" "The app asked without a page, but nobody was signed in." "Start the connection in the app again and sign in.";
    ConsentNeeded "consent_needed" "The app asked without a page, but nobody had allowed it." "Start the connection in the app again and allow it.";
    TenantNotAllowed "tenant_not_allowed" "You do not have access to that tenant." "Choose a tenant where you are an analyst or an administrator, or ask its administrator.";
    TenantConnectorOff "tenant_connector_off" "The tenant has switched this connector off." "Ask the operator of the hub to switch the connector on.";
    TenantMfa "tenant_mfa" "The tenant asks for a second factor." "Set one up under Account, then connect again.";
    ConsentDenied "consent_denied" "You did not allow the app." "";
    ConsentGiven "consent_given" "You allowed the app." "";
    CodeUnknown "code_unknown" "The app brought a code that is not known here." "Connect again.";
    CodeExpired "code_expired" "The app brought its code too late." "Connect again; check the clock and the network of the computer where the app runs.";
    CodeReplayed "code_replayed" "A code was used twice, so all that came of it was revoked." "Connect again. If you did nothing twice, somebody else has seen the code.";
    CodeWrongClient "code_wrong_client" "An app brought a code or a token that belongs to another app." "If you did not start this, look at Connected Apps and revoke what you do not know.";
    RedirectDiffers "redirect_differs" "The app named another address to be answered at than before." "Tell the maker of the app.";
    ClientAuthFailed "client_auth_failed" "The app could not prove that it is itself." "Check client id and secret in the app, and how it sends them.";
    TokenOk "token_ok" "The app got its tokens." "";
    RefreshOk "refresh_ok" "The app renewed its access." "";
    RefreshRetried "refresh_retried" "The app renewed its access twice with the same token and got the same answer." "";
    RefreshRecovered "refresh_recovered" "An answer to the app had been lost and was given anew." "";
    RefreshReused "refresh_reused" "A token that had been replaced was used again, so the connection was cut." "Connect again. If the app runs in one place only, somebody else may have had its token.";
    RefreshExpired "refresh_expired" "The connection was not used for too long, or has reached its age." "Connect again.";
    TokenRevoked "token_revoked" "The connection was revoked." "Connect again, if you want to.";
    TokenExpired "token_expired" "The app used an access token that has expired." "The app should renew it by itself; if it does not, connect again.";
    TokenUnknown "token_unknown" "The app used a token that is not known here." "Connect again; check that the app uses the address of this hub.";
    TokenMalformed "token_malformed" "The app sent something that has not the form of a token." "Check what was pasted into the app: tokens begin with drx_pat_ or mat_.";
    AudienceMismatch "audience_mismatch" "The app used a token at a connector that it is not for." "Connect the app to this address; each connector needs its own connection.";
    FirstCallOk "first_call_ok" "The app made its first call." "";
    RateLimited "rate_limited" "There were too many requests." "Wait a minute, then try again.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_snake_case_and_each_is_once() {
        for (i, reason) in Reason::ALL.iter().enumerate() {
            let word = reason.as_str();
            assert!(word.bytes().all(|c| c.is_ascii_lowercase() || c == b'_'), "{word}");
            assert_eq!(Reason::read(word), Some(*reason));
            assert!(Reason::ALL[..i].iter().all(|other| other.as_str() != word), "{word}");
            assert!(reason.sentence().ends_with('.'), "{word}");
            assert!(reason.advice().is_empty() || reason.advice().ends_with('.'), "{word}");
        }
        assert_eq!(Reason::read("nonsense"), None);
    }
}
