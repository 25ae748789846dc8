//! Exit codes: part of the interface, so a number never changes its meaning.
use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Ok,
    /// Failed for a reason that no other code names.
    Failed,
    /// The command line or the configuration cannot be used.
    Usage,
    /// What was named is not there.
    NotFound,
    /// Not allowed: a file, a folder, a role.
    Denied,
    /// The input is not valid, or what is there already forbids it.
    Invalid,
    /// Looked, and found something: `doctor --strict`, `audit verify`, an import with bad rows.
    Findings,
    /// Something that is needed is busy or does not answer: try again.
    Unavailable,
    /// There is no hub in this folder yet.
    Uninitialised,
    /// Stopped by the user.
    Interrupted,
}

impl Exit {
    /// Every one, by code.
    pub(crate) const ALL: [Self; 10] = [
        Self::Ok,
        Self::Failed,
        Self::Usage,
        Self::NotFound,
        Self::Denied,
        Self::Invalid,
        Self::Findings,
        Self::Unavailable,
        Self::Uninitialised,
        Self::Interrupted,
    ];

    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Denied => 4,
            Self::Invalid => 5,
            Self::Findings => 6,
            Self::Unavailable => 7,
            Self::Uninitialised => 10,
            Self::Interrupted => 130,
        }
    }

    /// The word in `--json` errors.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Denied => "permission",
            Self::Invalid => "invalid",
            Self::Findings => "findings",
            Self::Unavailable => "unavailable",
            Self::Uninitialised => "not_initialised",
            Self::Interrupted => "interrupted",
        }
    }

    /// What it means, in a few words.
    pub(crate) const fn about(self) -> &'static str {
        match self {
            Self::Ok => "done",
            Self::Failed => "failed; the message says why",
            Self::Usage => "the command line or the configuration cannot be used",
            Self::NotFound => "what was named is not there",
            Self::Denied => "not allowed: a file, a folder or a role",
            Self::Invalid => "the input is not valid, or what is there already forbids it",
            Self::Findings => "looked and found something (doctor --strict, audit verify)",
            Self::Unavailable => "something needed is busy or does not answer; try again",
            Self::Uninitialised => "there is no hub in this folder yet; run watchkeep init",
            Self::Interrupted => "stopped by the user",
        }
    }

    /// The list for `--help`.
    pub(crate) fn help() -> String {
        let lines = Self::ALL.map(|exit| format!("  {:>3}  {}", exit.code(), exit.about()));
        format!("Exit codes:\n{}\n  Treat any other code as a failure.", lines.join("\n"))
    }

    /// The same as Markdown, for the reference.
    pub(crate) fn markdown() -> String {
        let rows = Self::ALL.map(|exit| format!("| {} | `{}` | {} |\n", exit.code(), exit.word(), exit.about()));
        format!(
            "# Exit codes of `watchkeep`\n\n| code | word in `--json` | meaning |\n|---|---|---|\n{}\nTreat any other code \
             as a failure. With `--json` an error is one line on the error stream: \
             `{{\"code\",\"message\",\"hint\",\"requestId\"}}`, where `hint` and `requestId` may be absent.\n",
            rows.concat()
        )
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn codes_and_words_are_unique_and_do_not_change() {
        let all: Vec<_> = Exit::ALL.iter().map(|e| format!("{} {}", e.code(), e.word())).collect();
        assert_eq!(
            all,
            [
                "0 ok",
                "1 failed",
                "2 usage",
                "3 not_found",
                "4 permission",
                "5 invalid",
                "6 findings",
                "7 unavailable",
                "10 not_initialised",
                "130 interrupted",
            ]
        );
        for exit in Exit::ALL {
            assert!(Exit::help().contains(exit.about()) && Exit::markdown().contains(exit.word()));
        }
    }
}
