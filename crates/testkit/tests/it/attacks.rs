//! Attacks on sign-in and on the authorization server: one table, one function each, through the real router and on both
//! engines. What is expected is short for: **page**, a page with status 400 that leads nowhere; **R:x**, the client is
//! told `error=x` at its registered address, with its state and one `iss`; **400 x**, JSON with `error` x.
use crate::world::on_each_engine;

mod codes;
mod consent;
mod documents;
mod doors;
mod flood;
mod pages;
mod pkce;
mod redirects;
mod refresh;
mod scene;
mod signin;
mod tenants;

use scene::Scene;

/// One attack.
struct Attack {
    number: u8,
    name: &'static str,
    expected: &'static str,
}

macro_rules! attacks {
    ($( $number:literal $test:ident $name:literal => $expected:literal, $run:path; )+) => {
        /// All of them.
        const ATTACKS: &[Attack] = &[ $( Attack { number: $number, name: $name, expected: $expected }, )+ ];

        $(
            #[tokio::test]
            async fn $test() {
                on_each_engine(async |engine| {
                    let scene = Scene::new(engine).await;
                    Box::pin($run(&scene)).await;
                })
                .await;
            }
        )+
    };
}

attacks! {
    1 a01_unregistered_redirect "Open redirect: an address that is not registered" => "page", redirects::unregistered;
    2 a02_unknown_client "Unknown, missing or doubled client" => "page", redirects::unknown_client;
    3 a03_path "Path suffix and traversal" => "page", redirects::path;
    4 a04_host "Case, default port, trailing dot, userinfo" => "page", redirects::host;
    5 a05_query "More query on the registered address" => "page", redirects::more_query;
    6 a06_loopback_port "This computer at another port" => "goes on to sign-in, answered at that port", redirects::loopback_port;
    7 a07_loopback_else "This computer with anything else changed" => "page", redirects::loopback_else;
    8 a08_remote_port "Another port of a remote host" => "page", redirects::remote_port;
    9 a09_script_schemes "Script schemes at registration" => "400 invalid_redirect_uri, nothing kept", redirects::script_schemes;
    10 a10_bad_forms "Fragment, wildcard, relative address at registration" => "400 invalid_redirect_uri, nothing kept", redirects::bad_forms;
    11 a11_no_pkce "No PKCE" => "R:invalid_request", pkce::none;
    12 a12_pkce_method "PKCE plain, without a method, S512" => "R:invalid_request", pkce::method;
    13 a13_pkce_downgrade "The verifier left out at the token endpoint" => "400 invalid_grant, the code still good", pkce::downgrade;
    14 a14_bad_verifier "A verifier that is too short, too long, in another alphabet" => "400 invalid_grant, the code still good", pkce::bad_verifier;
    15 a15_wrong_verifier "A wrong verifier" => "400 invalid_grant, after three the code is dead", pkce::wrong_verifier;
    16 a16_code_replay "A code twice" => "400 invalid_grant, the first tokens are dead, on record", codes::replay;
    17 a17_code_injection "A code at another client" => "400 invalid_grant, its own client can still redeem", codes::injection;
    18 a18_code_race "A code 32 times at once" => "one 200, then as a replay", codes::race;
    19 a19_code_expired "A code after 61 seconds" => "400 invalid_grant", codes::expired;
    20 a20_code_redirect "Another redirect_uri at the token endpoint" => "400 invalid_grant, the code still good", codes::other_redirect;
    21 a21_duplicates "Doubled parameters" => "400 invalid_request, R:invalid_request, page for the client's", codes::duplicates;
    22 a22_not_a_form "JSON, parameters in the address, GET" => "400 invalid_request, 405", codes::not_a_form;
    23 a23_two_methods "Two ways of client authentication" => "400 invalid_request or 401 invalid_client, the code still good", codes::two_methods;
    24 a24_client_secret "A public client with a secret, a confidential one without, none at all" => "401 invalid_client", codes::client_secret;
    25 a25_other_method "Registered for Basic, uses the form" => "401 invalid_client", codes::other_method;
    26 a26_basic_escapes "Basic with escapes" => "decoded, else 401 with a Basic challenge", codes::basic_escapes;
    27 a27_refresh_retry "A refresh token twice within the window, and 16 times at once" => "the same successors for all, one generation", refresh::retry;
    28 a28_refresh_reuse "A refresh token again after the window, its successor used" => "400 invalid_grant, the family is dead, on record", refresh::reuse;
    29 a29_refresh_recover "A refresh token again after the window, its successor never used" => "200 once, the old successor is dead", refresh::recover;
    30 a30_refresh_other_client "A refresh token at another client" => "400 invalid_grant, its own client unharmed", refresh::other_client;
    31 a31_refresh_scope "More scope at refresh" => "400 invalid_scope, the token still good", refresh::scope;
    32 a32_other_resource "Another resource at code and refresh" => "400 invalid_target, nothing burnt", refresh::resource;
    33 a33_audience "A token at a connector that it is not for" => "401 invalid_token", tenants::audience;
    34 a34_tenant_crossing "A token of one tenant at another's address" => "as a tenant that does not exist", tenants::crossing;
    35 a35_picker "The tenant picker tampered with" => "403 page, no code", tenants::picker;
    36 a36_membership "Membership ended after the grant" => "401 at once", tenants::membership;
    37 a37_pat_slug "A personal access token with another slug" => "401 as an unknown one", tenants::pat_slug;
    38 a38_token_in_query "A token in the query" => "401, not read", tenants::in_query;
    39 a39_wrong_kind "Refresh token or code as bearer, access token as refresh token" => "401, 400 invalid_grant", tenants::wrong_kind;
    40 a40_consent_csrf "Consent from elsewhere" => "403, no code", consent::csrf;
    41 a41_consent_ticket "Consent again, swapped between sessions, changed after it was shown" => "403, no code", consent::ticket;
    42 a42_fixation "Session fixation" => "a new session, the old one is worth nothing", signin::fixation;
    43 a43_clickjacking "Pages in a frame" => "frame-ancestors 'none' and X-Frame-Options on all", pages::clickjacking;
    44 a44_markup "Markup in names, state, addresses" => "escaped, stripped, only URL-encoded", pages::markup;
    45 a45_see_other "307 that carries a password on" => "303 always", pages::see_other;
    46 a46_mix_up "Mix-up" => "exactly one iss, also in errors", pages::mix_up;
    47 a47_host "Another Host, X-Forwarded-Host" => "metadata as configured, or refused", pages::host;
    48 a48_document_ssrf "A client document on an inner address" => "page, not one byte sent", documents::inner;
    49 a49_document_gone "A client document that cannot be had" => "page, in bounded time", documents::gone;
    50 a50_document_forms "A client document's address in another form" => "page", documents::forms;
    51 a51_document_foreign "Another's document" => "page for any address that a copy does not name", documents::foreign;
    52 a52_document_flood "Client documents without end" => "strangers cause no fetch", documents::flood;
    53 a53_registrations "Registrations without end" => "429 with Retry-After; what nobody allowed is gone after a day", flood::registrations;
    54 a54_confused_deputy "The same name with another address" => "asked again", consent::confused_deputy;
    55 a55_prompt_none "prompt=none" => "R:login_required, R:consent_required", consent::prompt_none;
    56 a56_revoke_foreign "Revocation of another client's token" => "200, the token lives", codes::revoke_foreign;
    57 a57_introspection "Introspection by a stranger" => "there is no such door", doors::introspection;
    58 a58_enumeration "Unknown, expired and foreign at the token endpoint" => "same status, same body", codes::enumeration;
    59 a59_people "Which people there are" => "same status, same body", signin::enumeration;
    60 a60_spray "Passwords guessed for one person" => "locked for strangers, open for a known device", signin::spray;
    61 a61_long_passwords "Long passwords, many at once" => "not hashed; 503 with Retry-After; other doors answer", signin::long_passwords;
    62 a62_totp "TOTP guessed, repeated, at once, too early and too late" => "each step once, locked after five", signin::totp;
    63 a63_recovery "A recovery code again, and at once" => "once", signin::recovery;
    64 a64_half_signed_in "With the password alone" => "only the second step is there", signin::half;
    65 a65_passkey "A passkey that is none" => "refused, no session", signin::passkey;
    66 a66_upstream "Sign-in through another provider" => "there is no such door", doors::upstream;
    67 a67_emergency "Emergency actions" => "there is no such door", doors::emergency;
    68 a68_orders "Orders to agents" => "there is no such door", doors::orders;
    69 a69_audit "An act without its row" => "no act without a row", doors::audit;
    70 a70_limits "Parser limits" => "400, 413 or 431, no header of the attacker's", flood::limits;
}

#[test]
fn the_catalogue_is_whole() {
    let numbers: Vec<u8> = ATTACKS.iter().map(|attack| attack.number).collect();
    assert_eq!(numbers, (1..=70).collect::<Vec<_>>());
    for attack in ATTACKS {
        assert!(!attack.name.is_empty() && !attack.expected.is_empty(), "{}", attack.number);
    }
}
