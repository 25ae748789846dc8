//! What the files themselves look like: size, names, words, characters.

use super::tree::{File, Tree};

/// Lines of a file without its tests.
const MOST_LINES: usize = 600;

/// No file is longer than a person reads in one sitting.
pub(crate) fn sizes(tree: &Tree) -> Vec<String> {
    let ours = |file: &&File| {
        let code = ["rs", "ts", "tsx", "mjs", "py"].iter().any(|end| file.path.ends_with(&format!(".{end}")));
        code && !file.is_test()
    };
    let mut found = Vec::new();
    for file in tree.files.iter().filter(ours) {
        let lines = file.lines().count();
        if lines > MOST_LINES {
            let path = &file.path;
            found.push(format!(
                "{path} has {lines} lines without its tests, at most {MOST_LINES}: cut it into `foo.rs` and `foo/`"
            ));
        }
    }
    found
}

/// A module is `foo.rs` beside `foo/`.
pub(crate) fn mod_files(tree: &Tree) -> Vec<String> {
    let wrong = tree.files.iter().filter(|file| file.path.ends_with("/mod.rs"));
    wrong.map(|file| format!("{}: call it after its folder, beside it", file.path)).collect()
}

/// No place holder, no test that nobody runs and nobody knows why.
pub(crate) fn unfinished(tree: &Tree) -> Vec<String> {
    const WORDS: &[(&str, &str)] = &[
        ("todo!(", "write it, or leave it out"),
        ("unimplemented!(", "write it, or leave it out"),
        ("(to be written)", "write it"),
        ("FIXME", "mend it, or open an issue and say what holds until then"),
        ("XXX", "mend it, or open an issue and say what holds until then"),
        ("#[ignore]", "say why: `#[ignore = \"...\"]`"),
    ];
    words(tree.files.iter().filter(|file| !file.path.ends_with(".lock") && !file.path.ends_with(".json")), WORDS)
}

/// Texts are about the product, not about the machine that it was written on.
pub(crate) fn machines(tree: &Tree) -> Vec<String> {
    const WORDS: &[(&str, &str)] = &[
        ("/root/", "a path of one machine"),
        ("/work/", "a path of one machine"),
        ("/Users/", "a path of one machine"),
        ("/tmp/target", "a path of one machine"),
        ("C:\\Users", "a path of one machine"),
    ];
    words(tree.files.iter(), WORDS)
}

/// No character that shows something else than what is compiled.
pub(crate) fn hidden(tree: &Tree) -> Vec<String> {
    let odd = |c: char| {
        let control = c.is_control() && !matches!(c, '\n' | '\t' | '\r');
        let direction = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
        let width = matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}');
        control || direction || width || matches!(c, '\u{e0000}'..='\u{e007f}')
    };
    let mut found = Vec::new();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(c) = line.chars().find(|c| odd(*c)) {
                found.push(
                    file.at(index + 1, format_args!("U+{:04X} hides something: write it as an escape", u32::from(c))),
                );
            }
        }
    }
    found
}

fn words<'a>(files: impl Iterator<Item = &'a File>, words: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.filter(|file| !file.is_rule()) {
        for (index, line) in file.text.lines().enumerate() {
            if let Some((word, instead)) = words.iter().find(|(word, _)| line.contains(word)) {
                found.push(file.at(index + 1, format_args!("`{word}`: {instead}")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample::files;
    use super::{hidden, machines, mod_files, sizes, unfinished};

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let long = "fn a() {}\n".repeat(601);
        let tests = format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{\n{}}}\n", "    fn a() {}\n".repeat(700));
        let all = [("crates/a/src/a.rs", long.as_str()), ("crates/a/src/b.rs", &tests), ("crates/a/tests/c.rs", &long)];
        let found = sizes(&files(&all));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("crates/a/src/a.rs has 601 lines"));
    }

    #[test]
    fn a_mod_file_is_found() {
        assert_eq!(mod_files(&files(&[("crates/a/src/b/mod.rs", ""), ("crates/a/src/b.rs", "")])).len(), 1);
    }

    #[test]
    fn place_holders_are_found() {
        for text in ["todo!()", "unimplemented!(\"x\")", "//! (to be written)", "// FIXME", "#[ignore]\nfn a() {}"] {
            assert_eq!(unfinished(&files(&[("crates/a/src/a.rs", text)])).len(), 1, "{text}");
        }
        assert!(unfinished(&files(&[("crates/a/src/a.rs", "#[ignore = \"30 rounds\"]")])).is_empty());
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        assert_eq!(machines(&files(&[("README.md", "run /root/x"), ("docs/a.md", "/etc/watchkeep")])).len(), 1);
    }

    #[test]
    fn a_hidden_character_is_found() {
        assert_eq!(hidden(&files(&[("a.rs", "let a = \"\u{202e}\";"), ("b.rs", "let ü = \"…\";")])).len(), 1);
    }
}
