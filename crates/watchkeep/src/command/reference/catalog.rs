//! Pages about what the program knows by name: signals, controls, risks, the fields of the register, and the reasons of
//! connections.
use std::fmt::Write;

use watchkeep_hub::oauth::attempts;
use watchkeep_model::catalog::{self, Prior};
use watchkeep_model::kri::Direction;
use watchkeep_model::register::{Holds, Kind};

/// The line that goes with every copy of ids of ATT&CK.
const ATTACK: &str =
    "\nATT&CK: © The MITRE Corporation, reproduced and distributed with the permission of The MITRE Corporation.\n";

/// The signals of the catalogue.
pub(super) fn signals() -> String {
    let mut page =
        "# Signals\n\nThe KRIs that are known by name. Thresholds are defaults; a tenant edits its own.\n".to_owned();
    for category in catalog::Category::ALL {
        let _ = write!(
            page,
            "\n## {}\n\n| slug | measures | unit | amber | red |\n|---|---|---|---|---|\n",
            category.name()
        );
        for s in catalog::signals().iter().filter(|s| s.category == *category) {
            let sign = if s.direction == Direction::HigherIsWorse { "≥" } else { "<" };
            let _ =
                writeln!(page, "| `{}` | {} | {} | {sign} {} | {sign} {} |", s.slug, s.about, s.unit, s.amber, s.red);
        }
    }
    page
}

/// The controls of the catalogue.
pub(super) fn controls() -> String {
    let mut page = "# Controls of the catalogue\n\nWhat many have in place. A tenant adopts a control and owns it from then on. The number behind a technique is how well the\ncontrol works against it at its best, 0 to 1: an illustrative prior, not a measurement.\n".to_owned();
    for c in catalog::controls() {
        let _ =
            write!(page, "\n## {} {}\n\n`{}`, {}, {}. {}\n\n", c.code, c.name, c.slug, c.category, c.function, c.about);
        let _ = writeln!(page, "- CSF 2.0: {}; SP 800-53: {}", c.csf.join(", "), c.nist.join(", "));
        if !c.techniques.is_empty() {
            let all: Vec<String> = c.techniques.iter().map(|t| format!("{} {}", t.id, t.strength)).collect();
            let _ = writeln!(page, "- ATT&CK: {}", all.join(", "));
        }
        if !c.mitigations.is_empty() {
            let _ = writeln!(page, "- ATT&CK mitigations: {}", c.mitigations.join(", "));
        }
        let measured: Vec<String> = c.signals.iter().map(|m| format!("`{}` ({})", m.signal, m.role)).collect();
        let measured = if measured.is_empty() { "no signal; a person's word".to_owned() } else { measured.join(", ") };
        let _ = writeln!(page, "- Measured by: {measured}");
    }
    page.push_str(ATTACK);
    page
}

/// The reasons of attempts to connect, in the order of a connection.
pub(super) fn connection_reasons() -> String {
    let mut page = "# Reasons of connections\n\nWords are added, never renamed. Where the last column is empty, the step went well or there is nothing to do.\n\n| reason | what happened | what to do |\n|---|---|---|\n".to_owned();
    for r in attempts::reasons() {
        let _ = writeln!(page, "| `{}` | {} | {} |", r.reason, r.text, r.advice);
    }
    page
}

/// The risks of the catalogue.
pub(super) fn risks() -> String {
    let mut page = "# Risks of the catalogue\n\nWhat many have to reckon with. Frequencies (loss events a year, for some hundred people without controls of note) and\nseverities (share of a year's revenue per event) go from the 5th to the 95th percentile. They are illustrative priors:\norders of magnitude with no study behind them, to be replaced by what you know.\n".to_owned();
    for r in catalog::risks() {
        let _ = write!(page, "\n## {}\n\n`{}`, {}. {}\n\n", r.title, r.slug, r.category, r.statement);
        for p in &r.pathways {
            let way = if p.techniques.is_empty() { String::new() } else { format!(": {}", p.techniques.join(", ")) };
            let _ = writeln!(page, "- {} of 100: {}{way}", (p.share * 100.0).round(), p.name);
        }
        let _ = writeln!(page, "- Frequency {}; severity {}", range(&r.frequency), range(&r.severity));
        let forms: Vec<&str> = r.loss_forms.iter().map(|f| f.as_str()).collect();
        let codes: Vec<&str> = r.controls.iter().filter_map(|c| catalog::control(c)).map(|c| c.code.as_str()).collect();
        let _ = writeln!(page, "- Loss forms: {}", forms.join(", "));
        let _ = writeln!(page, "- Controls: {}", codes.join(", "));
        let _ =
            writeln!(page, "- Signals: {}", r.signals.iter().map(|s| format!("`{s}`")).collect::<Vec<_>>().join(", "));
        let _ = writeln!(page, "- CSF 2.0: {}; SP 800-53: {}", r.csf.join(", "), r.nist.join(", "));
    }
    page.push_str(ATTACK);
    page
}

fn range(p: &Prior) -> String {
    format!("{} to {} ({}, {} confidence)", p.low, p.high, p.source, p.confidence)
}

/// The fields of each kind of entry.
pub(super) fn register() -> String {
    let mut page = "# Fields of the register\n\nThe columns of a CSV file, the members of a JSON object and the arguments of the API, kind by kind. In CSV the items of a\nlist are separated by `;`.\n".to_owned();
    for kind in Kind::ALL {
        let plural = kind.plural();
        let _ =
            write!(page, "\n## {}{}\n\n| field | holds | |\n|---|---|---|\n", plural[..1].to_uppercase(), &plural[1..]);
        for f in kind.fields() {
            let needed = if f.required { " **Required.**" } else { "" };
            let _ = writeln!(page, "| `{}` | {} | {}{needed} |", f.name, holds(f.holds), f.about);
        }
        if matches!(kind, Kind::Control | Kind::Risk) {
            let _ =
                writeln!(page, "| `catalogSlug` | text | The {kind} of the catalogue that it follows (in files). |");
            let _ =
                writeln!(page, "| `baseVersion` | whole number | The version of that which was adopted (in files). |");
        }
    }
    page
}

fn holds(holds: Holds) -> String {
    match holds {
        Holds::Code => "1 to 64 letters, digits and `. _ - ( )`".to_owned(),
        Holds::Text { most } => format!("text, at most {most} characters"),
        Holds::Word(words) => words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "),
        Holds::Words(words) => {
            format!("some of {}", words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "))
        }
        Holds::Texts { each } => format!("texts, each at most {each} characters"),
        Holds::Techniques => "ATT&CK ids".to_owned(),
        Holds::Number { least, most } if most >= 1e15 => format!("number from {least}"),
        Holds::Number { least, most } => format!("number from {least} to {most}"),
        Holds::Whole { least, most } if most >= 1_000_000_000 => format!("whole number from {least}"),
        Holds::Whole { least, most } => format!("whole number from {least} to {most}"),
        Holds::Currency => "three letters".to_owned(),
        Holds::Time => "day or time".to_owned(),
        Holds::Links(links) => format!("links, in a table `{}`", links.form()),
    }
}
