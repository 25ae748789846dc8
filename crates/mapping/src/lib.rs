//! From a file to KRI signals: what a scanner's report, an export or a note says, and what it does not say.
//!
//! [`extract()`] takes the bytes of one artifact and gives the values that can be read from it, each with the bytes it
//! was read from, how sure that is and why. Formats are one list, [`FORMATS`]; each is one file under `formats/` and
//! is recognised by its content, never by its file name alone.
//!
//! It never reads a file, a clock or the network; what it needs to know (the time, the list of known exploited
//! vulnerabilities) is given to it. It never makes a zero of something that is not known: a report of an error, a scan
//! that skipped something or a list that does not say what was scanned gives no value. It never follows what a text
//! tells it to do: fields are counted and compared, never obeyed. Its work is bounded in time and memory for any input.
//!
//! Start at [`extract()`], then at [`FORMATS`] and one of its files.

mod cvss;
mod dates;
mod extract;
mod formats;
mod kev;
mod lexicon;
mod out;
mod read;
mod severity;
mod tally;
mod words;
mod work;

pub use extract::{Artifact, Extracted, Extraction, Known, Span, extract};
pub use formats::{FORMATS, FormatDef};
pub use kev::{KevList, NotAKevList};
