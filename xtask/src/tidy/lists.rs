//! Lists that must be whole: exceptions, places that start work, operations, decisions, generated files.

use super::tree::{File, Tree};
use crate::r#gen;

/// A file that may do what is banned elsewhere, and why.
type Listed = (&'static str, &'static str);

/// The files that wrap a method which `clippy.toml` bans. One that no longer does so fails.
const EXCEPTIONS: &[Listed] = &[
    ("crates/hub/src/clock.rs", "wraps the system's clock"),
    ("crates/hub/src/tasks.rs", "wraps tokio::spawn"),
    ("crates/store/src/call.rs", "the stopwatch"),
    ("crates/store/src/engine/postgres.rs", "a rollback whose caller has gone; it ends within seconds"),
    ("crates/store/src/engine/postgres/batch.rs", "the lane of audit rows, which lives as long as the store"),
    ("xtask/src/world.rs", "chores have no context"),
];

/// The files that start a thread or a task. One that no longer does so fails.
const SPAWNS: &[Listed] = &[
    ("crates/hub/src/dropzone.rs", "reading and sealing a long file, off the threads that answer; it is awaited there"),
    ("crates/hub/src/identity/gate.rs", "hashing a password takes a core for a moment; it is awaited there"),
    ("crates/hub/src/tasks.rs", "the one place: its tasks are waited for at the end"),
    ("crates/store/src/backup.rs", "copies a file and is awaited"),
    ("crates/store/src/engine/postgres.rs", "a rollback whose caller has gone"),
    ("crates/store/src/engine/postgres/batch.rs", "the lane of audit rows"),
    ("crates/store/src/engine/sqlite.rs", "the writer"),
];

/// Outside the product and its tests nothing is listed.
fn product(file: &&File) -> bool {
    file.path.starts_with("crates/") && !file.is_test()
}

/// `#[expect(clippy::disallowed_methods)]` in the listed files only.
pub(crate) fn exceptions(tree: &Tree) -> Vec<String> {
    let files = tree.rust().filter(|file| !file.is_test());
    held(files, EXCEPTIONS, &["disallowed_methods"], "an exception to a banned method")
}

/// Work is started where somebody waits for its end.
pub(crate) fn spawns(tree: &Tree) -> Vec<String> {
    let words =
        ["thread::spawn(", "thread::Builder", "tokio::spawn(", "spawn_blocking(", "task::spawn(", "JoinSet::new"];
    held(tree.rust().filter(product), SPAWNS, &words, "a thread or task")
}

fn held<'a>(files: impl Iterator<Item = &'a File>, listed: &[Listed], words: &[&str], what: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut used = Vec::new();
    for file in files {
        let Some((line, _)) = file.code().find(|(_, line)| words.iter().any(|word| line.contains(word))) else {
            continue;
        };
        used.push(file.path.as_str());
        if !listed.iter().any(|(path, _)| *path == file.path) {
            found.push(file.at(
                line,
                format_args!("{what}: use the one place for it, or list the file in xtask/src/tidy/lists.rs"),
            ));
        }
    }
    let stale = listed.iter().filter(|(path, _)| !used.contains(path));
    found.extend(stale.map(|(path, _)| {
        format!("{path} has no such thing any more: take it off the list in xtask/src/tidy/lists.rs")
    }));
    found
}

/// A trait whose implementations are all named in one list.
struct Register {
    of: &'static str,
    /// The file of the list; the implementations are in the folder beside it.
    list: &'static str,
}

const REGISTERS: &[Register] = &[
    Register { of: "Op", list: "crates/hub/src/ops.rs" },
    Register { of: "Job", list: "crates/hub/src/jobs.rs" },
    Register { of: "Rule", list: "crates/detect/src/rules.rs" },
    Register { of: "Format", list: "crates/mapping/src/formats.rs" },
];

/// What implements `Op`, `Job`, `Rule` or `Format` is named in the list, or nobody can call it.
pub(crate) fn listed(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for register in REGISTERS {
        let folder = format!("{}/", register.list.trim_end_matches(".rs"));
        let list = tree.file(register.list).map_or("", |file| file.text.as_str());
        let start = format!("impl {} for ", register.of);
        for file in tree.rust().filter(|file| file.path.starts_with(&folder)) {
            for (number, line) in file.code() {
                let Some(rest) = line.strip_prefix(&start) else { continue };
                let name: &str = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                if !has_word(list, name) {
                    found.push(
                        file.at(number, format_args!("`{name}` is not in the list of {}: add it", register.list)),
                    );
                }
            }
        }
    }
    found
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}

/// Decisions are numbered without a hole, and the index links each.
pub(crate) fn decisions(tree: &Tree) -> Vec<String> {
    let index = tree.file("docs/adr/README.md").map_or("", |file| file.text.as_str());
    let pages = tree.files.iter().filter_map(|file| file.path.strip_prefix("docs/adr/"));
    let mut found = Vec::new();
    for (before, page) in pages.filter(|page| *page != "README.md").enumerate() {
        let number = format!("{:04}-", before + 1);
        if !page.starts_with(&number) {
            found.push(format!("docs/adr/{page}: the next number is {number}, and names are NNNN-what-was-decided.md"));
        }
        if !index.contains(&format!("({page})")) {
            found.push(format!("docs/adr/README.md does not link {page}: add a line"));
        }
    }
    found
}

/// `docs/reference` holds what `gen` writes and nothing else. Whether it is fresh, `gen --check` says.
pub(crate) fn generated(tree: &Tree) -> Vec<String> {
    let missing = r#gen::FILES.iter().filter(|file| tree.file(file.path).is_none());
    let mut found: Vec<String> =
        missing.map(|file| format!("{} is missing: `cargo xtask gen` writes it", file.path)).collect();
    for file in tree.files.iter().filter(|file| file.path.starts_with("docs/reference/")) {
        if !r#gen::FILES.iter().any(|known| known.path == file.path) {
            found.push(format!("{} is not generated: put it elsewhere, or add it to xtask/src/gen.rs", file.path));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample::files;
    use super::{EXCEPTIONS, decisions, exceptions, generated, held, listed, spawns};

    #[test]
    fn an_unlisted_exception_is_found_and_a_stale_one_too() {
        let found =
            exceptions(&files(&[("crates/hub/src/a.rs", "#[expect(clippy::disallowed_methods, reason = \"x\")]")]));
        assert_eq!(found.len(), 1 + EXCEPTIONS.len(), "{found:?}");
        assert!(found[0].starts_with("crates/hub/src/a.rs:1:"));
    }

    #[test]
    fn an_unlisted_thread_is_found_but_not_in_tests() {
        let text = "fn a() {\n    std::thread::spawn(b);\n}\n";
        let tree = files(&[
            ("crates/hub/src/a.rs", text),
            ("crates/hub/tests/it/a.rs", text),
            ("crates/testkit/src/a.rs", text),
        ]);
        let found: Vec<_> = spawns(&tree).into_iter().filter(|found| found.contains("a thread or task")).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        let listed = [("crates/hub/src/a.rs", "why"), ("crates/hub/src/gone.rs", "why")];
        let found = held(tree.rust().take(1), &listed, &["thread::spawn("], "a thread");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("crates/hub/src/gone.rs"));
    }

    #[test]
    fn an_operation_that_nobody_lists_is_found() {
        let ops = [
            ("crates/hub/src/ops.rs", "pub const OPS: &[Def] = &[def::<kris::ListKris>()];"),
            ("crates/hub/src/ops/kris.rs", "impl Op for ListKris {}\nimpl Op for ListKri {}\n"),
        ];
        let found = listed(&files(&ops));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`ListKri` is not in the list"));
    }

    #[test]
    fn a_decision_without_a_line_or_with_a_hole_is_found() {
        let pages = [
            ("docs/adr/0001-one.md", ""),
            ("docs/adr/0003-three.md", ""),
            ("docs/adr/README.md", "- [One](0001-one.md)\n"),
        ];
        assert_eq!(decisions(&files(&pages)).len(), 2);
    }

    #[test]
    fn a_stray_reference_page_is_found() {
        let found = generated(&files(&[("docs/reference/by-hand.md", "")]));
        assert!(found.iter().any(|found| found.starts_with("docs/reference/by-hand.md")), "{found:?}");
    }
}
