//! Files that a command is given: read whole, at most so many bytes, `-` being the input stream.
use std::path::Path;

use tokio::io::AsyncReadExt;
use watchkeep_mapping::KevList;

use crate::exit::Exit;
use crate::fault::{Fault, Result};

/// The bytes of a file, and the name that it has. The input stream has none.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// All of them.
    pub(crate) bytes: Vec<u8>,
    /// The last part of its path.
    pub(crate) name: Option<String>,
}

/// Reads a file of at most `mebibytes`.
///
/// The bytes are awaited: a pipe may stay open for long, and the program must still hear a Ctrl-C.
///
/// # Errors
/// [`Exit::Invalid`] for a larger one; of the system.
pub(crate) async fn read(file: &Path, mebibytes: u64) -> Result<Given> {
    let most = mebibytes * 1024 * 1024;
    let named = |e: &std::io::Error| Fault::io(file.display(), e);
    let mut bytes = vec![];
    let name = if file.as_os_str() == "-" {
        tokio::io::stdin().take(most + 1).read_to_end(&mut bytes).await.map_err(|e| named(&e))?;
        None
    } else {
        let open = tokio::fs::File::open(file).await.map_err(|e| named(&e))?;
        let about = open.metadata().await.map_err(|e| named(&e))?;
        if about.is_dir() {
            let told = format!("{} is a folder", file.display());
            return Err(Fault::new(Exit::Invalid, told).hint("name the files in it, each by itself"));
        }
        // one piece of the right size: a growing one would hold the bytes twice
        bytes.reserve_exact(usize::try_from(about.len().min(most)).unwrap_or_default() + 1);
        open.take(most + 1).read_to_end(&mut bytes).await.map_err(|e| named(&e))?;
        file.file_name().map(|name| name.to_string_lossy().into_owned())
    };
    if bytes.len() as u64 > most {
        let told = format!("{} is larger than {mebibytes} MiB", file.display());
        return Err(Fault::new(Exit::Invalid, told).hint("cut it into several files that each can be read by itself"));
    }
    Ok(Given { bytes, name })
}

/// CISA's catalogue of known exploited vulnerabilities, if a file of it is named.
///
/// # Errors
/// As [`read`]; [`Exit::Invalid`] if the file is something else.
pub(crate) async fn known_exploited(file: Option<&Path>) -> Result<Option<KevList>> {
    const MOST_MIB: u64 = 64;
    let Some(file) = file else { return Ok(None) };
    let bytes = read(file, MOST_MIB).await?.bytes;
    KevList::from_json(&bytes).map(Some).map_err(|e| {
        Fault::new(Exit::Invalid, format!("{}: {e}", file.display()))
            .hint("give the file known_exploited_vulnerabilities.json of CISA as it is published")
    })
}
