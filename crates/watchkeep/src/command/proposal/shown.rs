//! A proposal as it is shown.
use watchkeep_hub::proposals::Proposal;
use watchkeep_hub::proposals::detail::ProposalDetail;
use watchkeep_model::kri::State;

use crate::app::App;
use crate::command::kri::amount;
use crate::fault::Result;
use crate::out::{moment, or_dash};

/// What it says.
pub(super) fn value(p: &Proposal) -> String {
    if p.state == State::Ok { amount(p.value, p.unit) } else { p.state.to_string() }
}

/// All of a proposal.
pub(super) fn tell(app: &App, detail: &ProposalDetail) -> Result {
    let (out, p) = (&app.out, &detail.proposal);
    if out.json {
        return out.document(detail);
    }
    out.pairs(&[
        ("proposal", p.id.to_string()),
        ("type", p.kind.to_string()),
        ("status", format!("{}: {}", p.status, p.why)),
        ("kri", p.kri.clone()),
        ("value", value(p)),
        ("subject", if p.subject.is_empty() { "-".to_owned() } else { p.subject.clone() }),
        ("observed", moment(p.observed_at)),
        ("sure", format!("{:.2} (accepted from {}, dismissed below {})", p.confidence, p.threshold, p.floor)),
        ("because", p.reasoning.clone()),
        ("from", source(detail)),
    ])?;
    if let Some(excerpt) = &detail.excerpt {
        out.line("")?;
        out.line(excerpt)?;
    }
    out.line("")?;
    let rows = detail
        .decisions
        .iter()
        .map(|d| vec![moment(d.at), d.decision.clone(), d.by.clone(), or_dash(d.note.as_ref().or(d.reason.as_ref()))]);
    out.table(&["decided", "what", "by", "why"], rows.collect())
}

/// The file and the bytes of it.
fn source(detail: &ProposalDetail) -> String {
    let Some(artifact) = &detail.artifact else { return "-".to_owned() };
    let name = artifact.filename.as_deref().unwrap_or("a file without a name");
    let bytes = detail.proposal.span.as_ref().map_or_else(String::new, |s| format!(", bytes {} to {}", s.start, s.end));
    format!("{name} ({}, artifact {}){bytes}", artifact.format, artifact.id)
}
