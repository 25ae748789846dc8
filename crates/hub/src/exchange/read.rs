//! A file as entries of the register: which column is which field, what each cell says. Pure; whether a link leads
//! somewhere is asked later.
use std::collections::BTreeMap;

use serde_json::{Map, Value};
use watchkeep_model::register::{self, Field, Holds, Kind};
use watchkeep_model::{text, word};

use super::{BASE_VERSION, CATALOG_SLUG, Problem, catalog_version, json};
use crate::error::Error;
use crate::sheet::{self, Line, MAX_CELL, MOST_ROWS};

/// Problems after which a file is taken for the wrong one.
const TOO_MANY: usize = 2_000;

/// A row that could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The line of a CSV file, the header being 1; in JSON the place in the list, the first being 1.
    pub line: usize,
    /// What it says.
    pub says: register::Sheet,
}

/// What is in a file, kind by kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct File {
    /// The rows that could be read.
    pub rows: BTreeMap<Kind, Vec<Row>>,
    /// What is wrong with the others.
    pub problems: Vec<Problem>,
    /// How many rows there are.
    pub count: usize,
}

/// Reads a file: JSON if it begins with a bracket, else CSV, which needs to be told of which kind it is.
///
/// # Errors
/// If the file as a whole cannot be read; the sentence says what to do.
pub fn read(kind: Option<Kind>, file: &[u8]) -> Result<File, Error> {
    let bad = |problem: &str| Error::flaw("content", problem);
    let content = sheet::utf8(file).map_err(|e| bad(&e))?;
    let read = if content.trim_start().starts_with(['{', '[']) {
        from_json(kind, content)?
    } else {
        match kind {
            Some(kind) => from_csv(kind, content.as_bytes())?,
            None => return Err(bad("is not JSON: a CSV file holds one kind of entry, so say which")),
        }
    };
    if read.count == 0 {
        return Err(bad("has nothing to import"));
    }
    Ok(read)
}

impl File {
    fn take(&mut self, kind: Kind, line: usize, said: Result<Map<String, Value>, Vec<Problem>>) -> Result<(), Error> {
        self.count += 1;
        match said.and_then(|said| entry(kind, line, said)) {
            Ok(says) => self.rows.entry(kind).or_default().push(Row { line, says }),
            Err(problems) => self.problems.extend(problems),
        }
        if self.problems.len() > TOO_MANY {
            return Err(Error::flaw("content", "has more than 2,000 problems; is it the right file?"));
        }
        Ok(())
    }
}

/// The entry that the members of an object speak of, and the one of the catalogue that it follows.
fn entry(kind: Kind, line: usize, mut said: Map<String, Value>) -> Result<register::Sheet, Vec<Problem>> {
    let mut problems = vec![];
    let follows = match follows(kind, said.remove(CATALOG_SLUG), said.remove(BASE_VERSION)) {
        Ok(follows) => follows,
        Err((column, why)) => {
            problems.push(Problem::new(kind, line, column, &why));
            None
        }
    };
    let cleared: Vec<String> = said.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name.clone()).collect();
    said.retain(|_, value| !value.is_null());
    match register::Sheet::read(kind, &said) {
        Ok(mut says) => {
            says.follows = follows;
            for name in cleared {
                if let Err(why) = super::clear(&mut says, &name) {
                    problems.push(Problem::new(kind, line, &name, &why));
                }
            }
            if problems.is_empty() {
                return Ok(says);
            }
        }
        Err(more) => problems.extend(more.into_iter().map(|p| Problem::new(kind, line, &p.field, &p.message))),
    }
    Err(problems)
}

/// What a row says of the catalogue.
fn follows(
    kind: Kind,
    slug: Option<Value>,
    version: Option<Value>,
) -> Result<Option<(String, i64)>, (&'static str, String)> {
    let (slug, version) = (slug.filter(|v| !v.is_null()), version.filter(|v| !v.is_null()));
    let slug = match (slug, &version) {
        (Some(Value::String(slug)), _) => slug,
        (Some(_), _) => return Err((CATALOG_SLUG, "must be text".to_owned())),
        (None, Some(_)) => return Err((BASE_VERSION, format!("says nothing without `{CATALOG_SLUG}`"))),
        (None, None) => return Ok(None),
    };
    let Some(newest) = catalog_version(kind, &slug) else {
        return Err((CATALOG_SLUG, format!("the catalogue has no {kind} `{}`", text::clean(&slug, 64))));
    };
    match version.map_or(Some(newest), |v| v.as_i64()) {
        Some(version) if (1..=newest).contains(&version) => Ok(Some((slug, version))),
        _ => Err((BASE_VERSION, format!("must be a version of the catalogue's entry: 1 to {newest}"))),
    }
}

fn from_csv(kind: Kind, content: &[u8]) -> Result<File, Error> {
    let example = format!("{},{}", kind.code_field(), kind.name_field());
    let sheet = sheet::read("content", &example, content)?;
    let columns = columns(kind, &sheet.header)?;
    let mut file = File::default();
    for Line { line, cells } in &sheet.rows {
        let said = cells_of(kind, &columns, *line, cells, sheet.decimal_comma);
        file.take(kind, *line, said)?;
    }
    Ok(file)
}

/// A column of a table.
enum Column {
    Field(&'static Field),
    CatalogSlug,
    BaseVersion,
}

impl Column {
    const fn name(&self) -> &'static str {
        match self {
            Self::Field(field) => field.name,
            Self::CatalogSlug => CATALOG_SLUG,
            Self::BaseVersion => BASE_VERSION,
        }
    }

    /// Characters of a cell at most: one of a list may name many.
    const fn most(&self) -> usize {
        match self {
            Self::Field(Field { holds: Holds::Words(_) | Holds::Texts { .. } | Holds::Techniques, .. })
            | Self::Field(Field { holds: Holds::Links(_), .. }) => 20 * MAX_CELL,
            _ => MAX_CELL,
        }
    }

    fn read(&self, cell: &str, decimal_comma: bool) -> Result<Option<Value>, String> {
        match self {
            Self::Field(field) => field.from_text(cell, decimal_comma).map_err(|e| e.message),
            Self::CatalogSlug => Ok(Some(cell.into())),
            Self::BaseVersion => match cell.parse::<i64>() {
                Ok(n) => Ok(Some(n.into())),
                Err(_) => Err(format!("`{}` is not a whole number", text::clean(cell, 40))),
            },
        }
    }
}

/// Which column stands where; upper case, blanks, `_` and `-` make no difference.
fn columns(kind: Kind, header: &[String]) -> Result<Vec<Column>, Error> {
    let bad = |problem: String| Error::flaw("content", &problem);
    let plain = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let mut all: Vec<Column> = kind.fields().iter().map(Column::Field).collect();
    if super::has_catalog(kind) {
        all.extend([Column::CatalogSlug, Column::BaseVersion]);
    }
    let known: Vec<&str> = all.iter().map(Column::name).collect();
    let mut columns: Vec<Column> = vec![];
    for cell in header {
        let name = plain(cell);
        if let Some(twice) = columns.iter().find(|c| plain(c.name()) == name) {
            return Err(bad(format!("has two columns for {}: leave one out", twice.name())));
        }
        let Some(place) = all.iter().position(|c| plain(c.name()) == name) else {
            let near = word::nearest(cell, known.iter().copied());
            let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            let shown = text::clean(cell, 60);
            return Err(bad(format!("the column `{shown}` is not known: use {}{near}", known.join(", "))));
        };
        columns.push(all.swap_remove(place));
    }
    let (code, name) = (kind.code_field(), kind.name_field());
    let needed: &[&str] = if kind.field(code).is_some_and(|f| f.required) { &[code] } else { &[code, name] };
    if columns.iter().any(|c| needed.contains(&c.name())) {
        Ok(columns)
    } else {
        Err(bad(format!("has no column `{code}`: it says which entry each row is")))
    }
}

fn cells_of(
    kind: Kind,
    columns: &[Column],
    line: usize,
    cells: &[String],
    decimal_comma: bool,
) -> Result<Map<String, Value>, Vec<Problem>> {
    if cells.len() > columns.len() {
        let (cells, header) = (cells.len(), columns.len());
        let told = format!("the row has {cells} cells, the header {header}: quote a cell that holds the separator");
        return Err(vec![Problem::new(kind, line, "(row)", &told)]);
    }
    let (mut said, mut problems) = (Map::new(), vec![]);
    for (column, cell) in columns.iter().zip(cells) {
        let (cell, most) = (sheet::unguarded(cell), column.most());
        let read = if cell.len() > most && cell.chars().count() > most {
            Err(format!("is longer than {most} characters"))
        } else if cell.is_empty() {
            Ok(None)
        } else {
            column.read(cell, decimal_comma)
        };
        match read {
            Ok(Some(value)) => drop(said.insert(column.name().to_owned(), value)),
            Ok(None) => {}
            Err(why) => problems.push(Problem::new(kind, line, column.name(), &why)),
        }
    }
    if problems.is_empty() { Ok(said) } else { Err(problems) }
}

fn from_json(kind: Option<Kind>, content: &str) -> Result<File, Error> {
    let bad = |problem: &str| Error::flaw("content", problem);
    let told = |e: String| bad(&format!("is not JSON as it must be: {e}"));
    let mut file = File::default();
    match (json::parse(content).map_err(told)?, kind) {
        (Value::Array(items), Some(kind)) => rows_of(&mut file, kind, items)?,
        (Value::Array(_), None) => {
            return Err(bad(
                "is a list: say which kind of entries it holds, or write {\"controls\": [..], \"risks\": [..]}",
            ));
        }
        (Value::Object(members), kind) => {
            for (name, value) in members {
                let Some(of) = Kind::of_plural(&name) else {
                    if matches!(name.as_str(), "format" | "version" | "tenant" | "exportedAt") {
                        continue;
                    }
                    let near = word::nearest(&name, Kind::ALL.iter().map(|k| k.plural()));
                    let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                    let shown = text::clean(&name, 40);
                    return Err(bad(&format!("`{shown}` is no kind of entry{near}")));
                };
                if kind.is_some_and(|kind| kind != of) {
                    continue;
                }
                let Value::Array(items) = value else {
                    return Err(bad(&format!("`{name}` must be a list of entries")));
                };
                rows_of(&mut file, of, items)?;
            }
        }
        _ => return Err(bad("must be a list of entries, or an object of such lists")),
    }
    Ok(file)
}

fn rows_of(file: &mut File, kind: Kind, items: Vec<Value>) -> Result<(), Error> {
    if items.len() > MOST_ROWS {
        return Err(Error::flaw("content", &format!("has more than {MOST_ROWS} {}: split the file", kind.plural())));
    }
    for (i, item) in items.into_iter().enumerate() {
        let line = i + 1;
        let said = match item {
            Value::Object(said) => Ok(said),
            _ => {
                let problem = format!("must be an object with the fields of {}", kind.with_article());
                Err(vec![Problem::new(kind, line, "(row)", &problem)])
            }
        };
        file.take(kind, line, said)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
