//! Entries of the register from files.
use serde_json::json;
use watchkeep_hub::exchange::{self, File};
use watchkeep_model::register::Kind;

use super::{Rows, read};
use crate::app::App;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::out::count;

/// Reads a file or a folder, tells what would happen, and keeps it where that is asked for.
///
/// # Errors
/// See [`Exit`].
pub(super) async fn import(kind: Option<Kind>, rows: Rows, app: &App) -> Result<Exit> {
    let Rows { file, of, apply, skip_bad } = rows;
    let said =
        if kind.is_none() && file.is_dir() { folder(&file).await? } else { exchange::read(kind, &read(&file).await?)? };
    let (out, desk) = (app.out, Desk::open(app).await?);
    let scope = desk.tenant(of.tenant.as_ref()).await?;
    let hub = desk.hub(&desk.keyring()?)?;
    let name = file.file_name().map_or_else(|| "stdin".into(), |n| n.to_string_lossy().into_owned());
    let checked = exchange::check(&hub, &scope, said).await?;

    let (rows, good, problems) = (checked.rows, checked.good(), checked.problems.clone());
    let kinds = checked.counts.clone();
    let bad = !problems.is_empty();
    let done = if apply && good > 0 && (skip_bad || !bad) {
        Some(desk.admin.import_register(hub, &scope, checked, &name).await?)
    } else {
        None
    };

    if bad {
        let line = |p: &exchange::Problem| {
            vec![p.kind.plural().to_owned(), p.row.to_string(), p.column.clone(), p.problem.clone()]
        };
        out.table(&["in", "row", "column", "problem"], problems.iter().map(line).collect())?;
        out.line("")?;
    }
    out.line(format!("{name}: {}, {good} good, for {}", count(rows, "row"), scope.slug()))?;
    for (kind, c) in &kinds {
        out.line(format!("{}: {} new, {} changed, {} as they are", kind.plural(), c.new, c.changed, c.same))?;
    }
    match &done {
        Some(d) => out.line(format!("kept: {} made, {} changed, {} as they were", d.made, d.changed, d.same))?,
        None if !apply => out.line("preview only, nothing was written; add --apply to keep the rows")?,
        None => {}
    }
    let kept = done.unwrap_or_default();
    out.document(&json!({
        "applied": done.is_some(), "rows": rows, "good": good, "problems": problems, "kinds": kinds,
        "made": kept.made, "changed": kept.changed, "same": kept.same,
    }))?;
    if apply && done.is_none() {
        let told = format!("nothing was kept: {} in {name}", count(problems.len(), "problem"));
        return Err(
            Fault::new(Exit::Invalid, told).hint("correct the rows, or keep the good ones with --apply --skip-bad")
        );
    }
    Ok(if bad && !apply { Exit::Findings } else { Exit::Ok })
}

/// The CSV files of a folder, each named after its kind.
async fn folder(dir: &std::path::Path) -> Result<File> {
    let mut whole = File::default();
    let mut found = false;
    for kind in exchange::ORDER {
        let path = dir.join(format!("{}.csv", kind.plural()));
        if !path.exists() {
            continue;
        }
        found = true;
        let bytes = read(&path).await?;
        // a kind without entries is a header alone, which is no fault in a whole register
        if bytes.iter().filter(|b| **b == b'\n').count() > 1 {
            let file = exchange::read(Some(kind), &bytes)?;
            whole.rows.extend(file.rows);
            whole.problems.extend(file.problems);
            whole.count += file.count;
        }
    }
    if found {
        return Ok(whole);
    }
    let told = format!("{} has no file named after a kind of entry, such as controls.csv", dir.display());
    Err(Fault::new(Exit::NotFound, told).hint("name a folder that `watchkeep export` wrote"))
}
