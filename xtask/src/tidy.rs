//! The rules of the house that the compiler does not know, one small function each.
//!
//! A rule reads the [`Tree`] and answers with findings; a finding says what is wrong, where, and what to do. A rule
//! that nothing breaks any more is still tested: each has a sample that breaks it.

mod doors;
mod house;
mod licences;
mod lists;
mod owners;
mod tree;
mod versions;
mod words;

use crate::Result;
use tree::Tree;

/// One rule.
struct Rule {
    /// What holds when the rule finds nothing.
    name: &'static str,
    check: fn(&Tree) -> Vec<String>,
}

const RULES: &[Rule] = &[
    Rule { name: "arrows between crates go downwards", check: house::arrows },
    Rule { name: "the pure floors are pure", check: house::pure },
    Rule { name: "each crate says what it is", check: house::introductions },
    Rule { name: "each crate takes the workspace's lints", check: house::lints },
    Rule { name: "versions stand in the root manifest", check: house::inherited },
    Rule { name: "outside crates are named by their owners", check: owners::owned },
    Rule { name: "licences are permissive", check: licences::permissive },
    Rule { name: "no banned crate is in the tree", check: versions::banned },
    Rule { name: "no crate is in the tree twice", check: versions::doubled },
    Rule { name: "lock files name public registries only", check: versions::registries },
    Rule { name: "files are calm", check: words::sizes },
    Rule { name: "modules are named after their file", check: words::mod_files },
    Rule { name: "nothing is left to be written", check: words::unfinished },
    Rule { name: "no text names a machine", check: words::machines },
    Rule { name: "no text hides characters", check: words::hidden },
    Rule { name: "exceptions to banned methods are listed", check: lists::exceptions },
    Rule { name: "threads and tasks start in listed places", check: lists::spawns },
    Rule { name: "operations, jobs and rules are in their lists", check: lists::listed },
    Rule { name: "decisions are indexed", check: lists::decisions },
    Rule { name: "statements that cross tenants are listed", check: doors::crossing },
    Rule { name: "routes beside the operations are listed", check: doors::routes },
    Rule { name: "generated files are known", check: lists::generated },
];

/// `cargo xtask tidy`. Gives the number of rules that hold and of rules that are broken.
pub(crate) fn check() -> Result<(usize, usize)> {
    let tree = Tree::read()?;
    let mut broken = 0;
    for rule in RULES {
        let findings = (rule.check)(&tree);
        if findings.is_empty() {
            continue;
        }
        broken += 1;
        println!("not so: {}", rule.name);
        for finding in findings {
            println!("  {finding}");
        }
    }
    Ok((RULES.len() - broken, broken))
}

/// `cargo xtask tidy`, as a chore of its own.
pub(crate) fn chore(args: &[String]) -> Result {
    if !args.is_empty() {
        return Err("usage: cargo xtask tidy".into());
    }
    match check()? {
        (held, 0) => {
            println!("tidy: {held} rules hold");
            Ok(())
        }
        (_, broken) => Err(format!("tidy: {broken} of {} rules are broken", RULES.len()).into()),
    }
}
