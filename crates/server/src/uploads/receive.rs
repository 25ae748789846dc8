//! Takes a file from a request: the body itself, or the one file of a form.
use std::borrow::Cow;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use watchkeep_hub::{Error, Flaw};
use watchkeep_model::text;

use super::spool::{MAX, Refused, Seat, Sink, Spooled};

/// How long a whole body may take. Between two pieces of it the usual time-out for bodies holds.
const AT_MOST: Duration = Duration::from_secs(600);
/// What a form may have beside its file.
const WRAPPING: usize = 64 * 1024;
/// The most bytes of a text of a form.
const MAX_TEXT: usize = 4 * 1024;
/// The names of a query and of the texts of a form.
const NAMES: [&str; 2] = ["filename", "subject"];

/// A file as it came.
#[derive(Debug)]
pub(super) struct Received {
    /// Its bytes.
    pub(super) body: Spooled,
    /// Its name, as the sender calls it.
    pub(super) filename: Option<String>,
    /// What it speaks of, as the sender says.
    pub(super) subject: Option<String>,
    /// Its media type, as the sender says.
    pub(super) mime: Option<String>,
}

/// Why there is no file.
#[derive(Debug)]
pub(super) enum BadUpload {
    /// The request has the wrong form.
    Form {
        /// The status.
        status: StatusCode,
        /// The word of the problem type.
        word: &'static str,
        /// What is wrong and what to do.
        text: Cow<'static, str>,
    },
    /// An argument is wrong, or the hub cannot take it now.
    Error(Error),
}

impl BadUpload {
    fn form(status: StatusCode, word: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self::Form { status, word, text: text.into() }
    }

    fn malformed(text: impl Into<Cow<'static, str>>) -> Self {
        Self::form(StatusCode::BAD_REQUEST, "malformed", text)
    }

    fn too_large() -> Self {
        let text = "the file is larger than 64 MiB (67108864 bytes); cut it into several files that each can be read \
                    by itself";
        Self::form(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
    }

    fn too_slow(what: &'static str) -> Self {
        Self::form(StatusCode::REQUEST_TIMEOUT, "malformed", what)
    }

    fn broken() -> Self {
        Self::malformed("the file did not arrive whole; send it again")
    }

    fn empty() -> Self {
        Error::flaw("content", "the file is empty; send the bytes of the report itself").into()
    }

    fn disk(e: io::Error) -> Self {
        let full = matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        let error = if full {
            let text = "the hub's disk is full, so the file was not taken; its operator must free space, then repeat";
            Error::new(watchkeep_hub::Kind::Full, text)
        } else {
            Error::internal("")
        };
        Error { source: Some(Box::new(e)), ..error }.into()
    }
}

impl From<Error> for BadUpload {
    fn from(e: Error) -> Self {
        Self::Error(e)
    }
}

impl From<Refused> for BadUpload {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TooLarge => Self::too_large(),
            Refused::Disk(e) => Self::disk(e),
        }
    }
}

/// Takes the file of a request into the spool. `pause` is how long the sender may be silent.
///
/// # Errors
/// See [`BadUpload`]; nothing is left in the spool then.
pub(super) async fn receive(request: Request<Body>, seat: Seat, pause: Duration) -> Result<Received, BadUpload> {
    let taken = tokio::time::timeout(AT_MOST, take(request, seat, pause)).await;
    taken
        .unwrap_or_else(|_| Err(BadUpload::too_slow("the file took more than ten minutes; send it over a faster line")))
}

async fn take(request: Request<Body>, seat: Seat, pause: Duration) -> Result<Received, BadUpload> {
    let headers = request.headers();
    let coded = headers.get(CONTENT_ENCODING).is_some_and(|c| !c.as_bytes().eq_ignore_ascii_case(b"identity"));
    if coded {
        let text = "Content-Encoding must not be set: send the file as it is (a .gz as a file of its own is not read)";
        return Err(BadUpload::form(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", text));
    }
    let kind = kind(headers);
    let is_form = kind == "multipart/form-data";
    if kind.starts_with("multipart/") && !is_form {
        let text = "of the multipart types only multipart/form-data is read; or send the file itself as the body";
        return Err(BadUpload::form(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", text));
    }
    let said = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    let most = if is_form { MAX + WRAPPING as u64 } else { MAX };
    if said.is_some_and(|n| n > most) {
        return Err(BadUpload::too_large());
    }
    let mut texts = Texts::of_query(request.uri().query().unwrap_or_default())?;
    let sink = Sink::new(seat).map_err(BadUpload::disk)?;
    let (body, own_name, own_kind) = if is_form {
        form(request, sink, pause, &mut texts).await?
    } else {
        // what a plain `curl --data-binary` says of any file tells nothing
        let told = Some(kind).filter(|kind| !kind.is_empty() && kind != "application/x-www-form-urlencoded");
        (raw(request.into_body(), sink, pause).await?, None, told)
    };
    if body.size == 0 {
        return Err(BadUpload::empty());
    }
    let Texts { filename, subject } = texts;
    Ok(Received { body, filename: filename.or(own_name), subject, mime: own_kind })
}

/// The media type in small letters, without parameters; empty if there is none.
fn kind(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    text::clean(value.split(';').next().unwrap_or_default(), 120).to_ascii_lowercase()
}

const SILENT: &str = "the file did not arrive in time; send it again";

async fn raw(mut body: Body, mut sink: Sink, pause: Duration) -> Result<Spooled, BadUpload> {
    loop {
        let frame = tokio::time::timeout(pause, body.frame()).await.map_err(|_| BadUpload::too_slow(SILENT))?;
        match frame {
            None => return sink.end().await.map_err(BadUpload::disk),
            Some(Err(_)) => return Err(BadUpload::broken()),
            Some(Ok(frame)) => {
                if let Some(piece) = frame.data_ref() {
                    sink.take(piece).await?;
                }
            }
        }
    }
}

type Form = (Spooled, Option<String>, Option<String>);

async fn form(request: Request<Body>, sink: Sink, pause: Duration, texts: &mut Texts) -> Result<Form, BadUpload> {
    let usize_max = usize::try_from(MAX).unwrap_or(usize::MAX);
    let request = request.map(|body| Body::new(Limited::new(body, usize_max + WRAPPING)));
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| BadUpload::malformed("multipart/form-data needs its boundary in Content-Type"))?;
    let (mut sink, mut file) = (Some(sink), None);
    while let Some(part) = in_time(pause, parts.next_field()).await? {
        let name = part.name().unwrap_or_default().to_owned();
        if NAMES.contains(&name.as_str()) && part.file_name().is_none() {
            let value = short(part, pause).await?;
            texts.set(&name, &value, "form")?;
        } else if name == "file" || part.file_name().is_some() {
            let Some(sink) = sink.take() else {
                return Err(Error::flaw("file", "is given twice; send one file at a time").into());
            };
            let own_name = part.file_name().map(|name| text::clean(name, 200)).filter(|name| !name.is_empty());
            let kind = part.content_type().map(|kind| text::clean(kind, 120)).filter(|kind| !kind.is_empty());
            file = Some((copy(part, sink, pause).await?, own_name, kind));
        } else {
            return Err(unknown(&name, &["file", "filename", "subject"]));
        }
    }
    file.ok_or_else(|| {
        Error::flaw("file", "is required: the part with the file, such as curl -F file=@report.json").into()
    })
}

async fn copy(mut part: Field<'_>, mut sink: Sink, pause: Duration) -> Result<Spooled, BadUpload> {
    while let Some(piece) = in_time(pause, part.chunk()).await? {
        sink.take(&piece).await?;
    }
    sink.end().await.map_err(BadUpload::disk)
}

async fn short(mut part: Field<'_>, pause: Duration) -> Result<String, BadUpload> {
    let name = part.name().unwrap_or_default().to_owned();
    let mut bytes = vec![];
    while let Some(piece) = in_time(pause, part.chunk()).await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > MAX_TEXT {
            return Err(Error::flaw(&name, "is longer than 4096 bytes").into());
        }
    }
    String::from_utf8(bytes).map_err(|_| Error::flaw(&name, "is no UTF-8").into())
}

async fn in_time<T>(
    pause: Duration,
    next: impl Future<Output = Result<Option<T>, MultipartError>>,
) -> Result<Option<T>, BadUpload> {
    let next = tokio::time::timeout(pause, next).await.map_err(|_| BadUpload::too_slow(SILENT))?;
    next.map_err(|e| match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => BadUpload::too_large(),
        _ if over(&e) => BadUpload::too_large(),
        _ => BadUpload::malformed(format!("the form did not arrive whole: {}", text::clean(&e.body_text(), 200))),
    })
}

/// True if the limit around the whole form is behind an error.
fn over(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<http_body_util::LengthLimitError>() || error.source().is_some_and(over)
}

/// The texts that come beside a file, from the query or the form; not from both.
#[derive(Debug, Default, PartialEq, Eq)]
struct Texts {
    filename: Option<String>,
    subject: Option<String>,
}

impl Texts {
    fn of_query(query: &str) -> Result<Self, BadUpload> {
        let mut texts = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            texts.set(&name, &value, "query")?;
        }
        Ok(texts)
    }

    fn set(&mut self, name: &str, value: &str, from: &str) -> Result<(), BadUpload> {
        let place = match name {
            "filename" => &mut self.filename,
            "subject" => &mut self.subject,
            _ => return Err(unknown(name, &NAMES)),
        };
        if place.is_some() {
            return Err(Error::flaw(name, &format!("is given twice, the second time in the {from}")).into());
        }
        let value = text::clean(value, 200);
        *place = Some(value);
        Ok(())
    }
}

fn unknown(name: &str, allowed: &[&str]) -> BadUpload {
    let allowed = allowed.iter().map(|name| (*name).to_owned()).collect();
    Error::invalid(vec![Flaw::new(name, "there is no such argument").allowed(allowed, name)]).into()
}

#[cfg(test)]
mod tests {
    use watchkeep_hub::Kind;

    use super::*;

    #[test]
    fn a_full_disk_is_told_as_such_and_other_failures_are_ours() {
        for (kind, full) in [
            (io::ErrorKind::StorageFull, true),
            (io::ErrorKind::QuotaExceeded, true),
            (io::ErrorKind::PermissionDenied, false),
        ] {
            let BadUpload::Error(e) = BadUpload::disk(kind.into()) else { panic!("{kind}") };
            assert_eq!(e.kind, if full { Kind::Full } else { Kind::Internal });
            assert!(e.source.is_some(), "the log gets what the disk said");
        }
    }

    #[test]
    fn a_query_holds_two_names_once_each() {
        let texts = Texts::of_query("filename=a%20b.json&subject=acme%2Fshop").unwrap();
        let expected = Texts { filename: Some("a b.json".into()), subject: Some("acme/shop".into()) };
        assert_eq!(texts, expected);
        assert_eq!(Texts::of_query("").unwrap(), Texts::default());
        for (query, told) in [("subject=a&subject=b", "given twice"), ("subjct=a", "did you mean `subject`?")] {
            let Err(BadUpload::Error(e)) = Texts::of_query(query) else { panic!("{query}") };
            assert!(e.public.contains(told), "{e}");
        }
        let hidden = Texts::of_query("filename=a%E2%80%AEb%0Ac").unwrap();
        assert_eq!(hidden.filename.as_deref(), Some("ab c"), "outside text is cleaned");
    }
}
