//! `watchkeep extract`
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use watchkeep_hub::Tasks;
use watchkeep_mapping::{Artifact, Extracted, Extraction, KevList, Known, extract};
use watchkeep_model::Timestamp;
use watchkeep_model::kri::{State, Unit};

use super::kri::amount;
use crate::app::App;
use crate::desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::input;
use crate::out::{count, moment};

/// The largest artifact, and the largest list of known exploited vulnerabilities, in MiB.
const MOST_MIB: u64 = 64;

/// Show what the Drop Zone would read from a file. Nothing is kept, and no hub is needed.
///
/// Prints the signals that the file states, each with its value, how sure that is and why. What the file should say and
/// does not is shown as unknown, never as 0. With --json it prints one array of
/// {signal, value, unit, subject, confidence, reasoning, observedAt, span: {start, end}, state}; value and observedAt are
/// null where there is none, span are byte offsets. A file of which nothing is understood is no error: the array is empty.
#[derive(Args, Debug)]
pub(crate) struct Extract {
    /// The file, at most 64 MiB; - for the input stream.
    file: PathBuf,
    /// What the values speak of, such as a project or a host, if the file does not say so itself.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// A catalogue of known exploited vulnerabilities (the JSON of CISA's); without it they are not counted.
    #[arg(long, value_name = "FILE")]
    kev: Option<PathBuf>,
}

/// One value as it is printed. The names and their order are an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    signal: &'static str,
    value: Option<f64>,
    unit: Unit,
    subject: String,
    confidence: f64,
    reasoning: String,
    observed_at: Option<Timestamp>,
    span: Cited,
    state: State,
}

#[derive(Debug, Serialize)]
struct Cited {
    start: usize,
    end: usize,
}

impl From<Extraction> for Line {
    fn from(e: Extraction) -> Self {
        Self {
            signal: e.signal,
            value: e.value,
            unit: e.unit,
            subject: e.subject,
            confidence: e.confidence,
            reasoning: e.reasoning,
            observed_at: e.observed_at,
            span: Cited { start: e.span.start, end: e.span.end },
            state: e.state,
        }
    }
}

impl Extract {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let given = input::read(&self.file, MOST_MIB).await?;
        let kev = input::known_exploited(self.kev.as_deref()).await?;
        let name = given.name.clone().unwrap_or_else(|| "the input stream".to_owned());
        let Extracted { format, extractions, notes } = read(given, self.subject, kev).await?;
        let lines: Vec<Line> = extractions.into_iter().map(Line::from).collect();
        if app.out.json {
            app.out.document(&lines)?;
            return Ok(Exit::Ok);
        }
        tell(app, &name, format, &lines)?;
        for note in notes {
            app.out.note(format!("note: {note}"));
        }
        Ok(Exit::Ok)
    }
}

/// Reads beside the command, which must still hear a Ctrl-C.
async fn read(given: input::Given, subject: Option<String>, kev: Option<KevList>) -> Result<Extracted> {
    let now = desk::now();
    let work = async move {
        tokio::task::block_in_place(|| {
            let known = Known { kev: kev.as_ref(), now };
            let (filename, subject) = (given.name.as_deref(), subject.as_deref());
            extract(&Artifact { bytes: &given.bytes, filename, mime: None, subject }, &known)
        })
    };
    Tasks::default().spawn(work).await.map_err(|e| {
        Fault::new(Exit::Failed, format!("the file could not be read to its end: {e}"))
            .hint("this is a flaw of the program: please report it with the file, or with what kind of file it is")
    })
}

fn tell(app: &App, name: &str, format: &str, lines: &[Line]) -> Result {
    app.out.line(format!("{name}: {format}, {}", count(lines.len(), "value")))?;
    if lines.is_empty() {
        return Ok(());
    }
    app.out.line("")?;
    let rows = lines.iter().map(|l| {
        vec![
            l.signal.to_owned(),
            if l.state == State::Ok { amount(l.value, l.unit) } else { l.state.to_string() },
            if l.subject.is_empty() { "-".to_owned() } else { l.subject.clone() },
            format!("{:.2}", l.confidence),
            l.observed_at.map_or_else(|| "-".to_owned(), moment),
            format!("{}-{}", l.span.start, l.span.end),
            l.reasoning.clone(),
        ]
    });
    app.out.table(&["signal", "value", "subject", "sure", "observed", "bytes", "why"], rows.collect())
}
