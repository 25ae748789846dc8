//! The few parts of a ZIP archive that a workbook needs: names, places, bounded inflation.

use crate::Span;

/// One packed file.
pub(crate) struct Entry<'a> {
    pub(crate) name: String,
    data: &'a [u8],
    deflated: bool,
    /// Where its packed bytes stand.
    pub(crate) span: Span,
}

const MOST_ENTRIES: usize = 2_000;

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()
}

/// The entries of the central directory. None if there is no directory that makes sense; encrypted entries and methods
/// other than stored and deflated are left out.
pub(crate) fn entries(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    let tail = bytes.len().saturating_sub(22 + 65_535);
    let end = tail + memchr::memmem::rfind(&bytes[tail..], b"PK\x05\x06")?;
    let count = u16_at(bytes, end + 10)?;
    let mut at = u32_at(bytes, end + 16)?;
    let mut found = Vec::new();
    for _ in 0..count.min(MOST_ENTRIES) {
        if bytes.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        let (flags, method) = (u16_at(bytes, at + 8)?, u16_at(bytes, at + 10)?);
        let packed = u32_at(bytes, at + 20)?;
        let (name_len, extra_len, comment_len) =
            (u16_at(bytes, at + 28)?, u16_at(bytes, at + 30)?, u16_at(bytes, at + 32)?);
        let local = u32_at(bytes, at + 42)?;
        let name = String::from_utf8_lossy(bytes.get(at + 46..at + 46 + name_len)?).into_owned();
        at += 46 + name_len + extra_len + comment_len;
        if flags & 1 != 0 || !matches!(method, 0 | 8) || bytes.get(local..local + 4)? != b"PK\x03\x04" {
            continue;
        }
        let start = local + 30 + u16_at(bytes, local + 26)? + u16_at(bytes, local + 28)?;
        let Some(data) = bytes.get(start..start.checked_add(packed)?) else { continue };
        found.push(Entry { name, data, deflated: method == 8, span: Span { start, end: start + packed } });
    }
    Some(found)
}

impl Entry<'_> {
    /// Its content, if it is no larger than `most`.
    pub(crate) fn unpack(&self, most: usize) -> Option<Vec<u8>> {
        if !self.deflated {
            return (self.data.len() <= most).then(|| self.data.to_vec());
        }
        miniz_oxide::inflate::decompress_to_vec_with_limit(self.data, most).ok()
    }
}
