//! The program as its users meet it: the binary is run, its output and exit code are looked at.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod backup;
mod config;
mod demo;
mod doctor;
mod dropzone;
mod errors;
mod extract;
mod home;
mod init;
mod keyring;
mod kri;
mod postgres;
mod register;
mod serve;
mod tenants;
mod tokens;
