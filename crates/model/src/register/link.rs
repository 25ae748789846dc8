//! Links between entries: which there are, and what one says.

use serde_json::{Map, Value, json};

use super::field::{Holds, Problem, SEPARATOR};
use super::{Code, Kind};
use crate::catalog::KriRole;

/// A kind of link, told by the entry that it is declared on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edge {
    /// A KRI measures a control, in a role and with a weight.
    ControlKri,
    /// A control works against a risk.
    RiskControl,
    /// A KRI tells of a risk directly.
    RiskKri,
    /// A risk can end in an outcome, with a share of its loss.
    OutcomeRisk,
    /// A vendor stands behind an asset or an application.
    VendorAsset,
    /// A person answers for an asset or an application.
    AssetOwner,
}

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A KRI.
    Kri,
    /// An entry of the register.
    Entry(Kind),
}

impl Target {
    /// The word for it, such as `kri` or `control`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kri => "kri",
            Self::Entry(kind) => kind.as_str(),
        }
    }
}

/// A field that holds links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Links {
    /// Which.
    pub edge: Edge,
    /// Where they lead.
    pub to: Target,
}

/// One link of an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The code of the entry, or the slug of the KRI, that it leads to.
    pub to: String,
    /// What a KRI says about a control.
    pub role: Option<KriRole>,
    /// How much it counts: the weight of a KRI, the share of a risk.
    pub number: Option<f64>,
}

impl Edge {
    /// The name of the number that a link of this kind has.
    #[must_use]
    pub const fn number(self) -> Option<&'static str> {
        match self {
            Self::ControlKri => Some("weight"),
            Self::OutcomeRisk => Some("share"),
            Self::RiskControl | Self::RiskKri | Self::VendorAsset | Self::AssetOwner => None,
        }
    }

    /// True where a link has a role.
    #[must_use]
    pub const fn has_role(self) -> bool {
        matches!(self, Self::ControlKri)
    }

    const fn most(self) -> f64 {
        if matches!(self, Self::OutcomeRisk) { 1.0 } else { 100.0 }
    }
}

impl Links {
    /// Links in one field at most.
    pub const MOST: usize = 200;

    /// True where a link says more than where it leads.
    #[must_use]
    pub const fn detailed(self) -> bool {
        self.edge.has_role() || self.edge.number().is_some()
    }

    /// A link that says no more than where it leads, with what holds where nothing is said: a KRI tells how well a
    /// control works, and weighs 1.
    #[must_use]
    pub fn plain(self, to: String) -> Link {
        let control = self.edge == Edge::ControlKri;
        Link { to, role: control.then_some(KriRole::Performance), number: control.then_some(1.0) }
    }

    /// A link with its role and number checked.
    ///
    /// # Errors
    /// What is wrong, and the member that it is wrong with.
    pub fn link(self, to: &str, role: Option<&str>, number: Option<f64>) -> Result<Link, (&'static str, String)> {
        let mut link = self.plain(self.name(to).map_err(|why| (self.to.as_str(), why))?);
        if let Some(role) = role {
            if !self.edge.has_role() {
                return Err(("role", "a link of this kind has none".to_owned()));
            }
            link.role = Some(
                Holds::word(KriRole::WORDS, role)
                    .parse()
                    .map_err(|e: crate::word::UnknownWord| ("role", e.to_string()))?,
            );
        }
        if let Some(number) = number {
            let Some(name) = self.edge.number() else {
                return Err(("weight", "a link of this kind has none".to_owned()));
            };
            if !(0.0..=self.edge.most()).contains(&number) {
                return Err((name, format!("{number} is not between 0 and {}", self.edge.most())));
            }
            // six digits, so that both engines keep and tell the same
            link.number = Some((number * 1e6).round() / 1e6);
        }
        Ok(link)
    }

    fn name(self, to: &str) -> Result<String, String> {
        match self.to {
            Target::Kri => {
                let to = crate::text::clean(to, 100);
                if to.is_empty() { Err("is empty; give the slug of a KRI".to_owned()) } else { Ok(to) }
            }
            Target::Entry(_) => to.trim().parse::<Code>().map(|c| c.as_str().to_owned()).map_err(|e| e.to_string()),
        }
    }

    /// A link as JSON says it: the code alone, or an object of the code, the role and the number.
    pub(super) fn read(self, value: &Value, at: &str) -> Result<Link, Problem> {
        let given = |name: &str| value.get(name);
        let said = match value {
            Value::String(to) => self.link(to, None, None),
            Value::Object(_) => {
                let to = given(self.to.as_str()).and_then(Value::as_str);
                let to =
                    to.ok_or_else(|| Problem::new(&format!("{at}.{}", self.to.as_str()), "is required".to_owned()))?;
                let role = given("role").and_then(Value::as_str);
                self.link(to, role, self.edge.number().and_then(given).and_then(Value::as_f64))
            }
            _ => return Err(Problem::new(at, format!("must name a {}", self.to.as_str()))),
        };
        said.map_err(|(member, why)| {
            let at = if value.is_object() { format!("{at}.{member}") } else { at.to_owned() };
            Problem::new(&at, why)
        })
    }

    /// A link as a cell of a table says it: `mfa_enforced_pct:coverage:2`, `ransomware:0.6`, `AC-2`.
    pub(super) fn read_text(self, text: &str, decimal_comma: bool) -> Result<Link, String> {
        let mut parts = text.split(':').map(str::trim);
        let to = parts.next().unwrap_or_default();
        let role = if self.edge.has_role() { parts.next().filter(|r| !r.is_empty()) } else { None };
        let number = match parts.next().filter(|n| !n.is_empty()) {
            Some(n) => Some(Holds::number(n, decimal_comma)?),
            None => None,
        };
        if parts.next().is_some() {
            return Err(format!("`{}` has too many parts; write it as {}", crate::text::clean(text, 60), self.form()));
        }
        self.link(to, role, number).map_err(|(_, why)| why)
    }

    /// How a link is written in a cell.
    #[must_use]
    pub fn form(self) -> String {
        let mut form = self.to.as_str().to_owned();
        if self.edge.has_role() {
            form.push_str(":role");
        }
        if let Some(number) = self.edge.number() {
            form.push(':');
            form.push_str(number);
        }
        form
    }

    /// The link as a cell of a table.
    #[must_use]
    pub fn to_text(self, link: &Link) -> String {
        let mut text = link.to.clone();
        if self.edge.has_role() {
            text.push(':');
            text.push_str(link.role.map_or("", KriRole::as_str));
        }
        if self.edge.number().is_some()
            && let Some(number) = link.number
        {
            text.push_str(&format!(":{number}"));
        }
        text
    }

    /// The link as JSON.
    #[must_use]
    pub fn to_json(self, link: &Link) -> Value {
        if !self.detailed() {
            return link.to.as_str().into();
        }
        let mut members = Map::new();
        members.insert(self.to.as_str().to_owned(), link.to.as_str().into());
        if let Some(role) = link.role {
            members.insert("role".to_owned(), role.as_str().into());
        }
        if let (Some(name), Some(number)) = (self.edge.number(), link.number) {
            members.insert(name.to_owned(), number.into());
        }
        Value::Object(members)
    }

    pub(super) fn schema(self, about: &str) -> Value {
        let what = match self.to {
            Target::Kri => "The slug or the id of a KRI.".to_owned(),
            Target::Entry(kind) => format!("The {} of {} in the register.", kind.code_field(), kind.with_article()),
        };
        let name = json!({ "type": "string", "minLength": 1, "maxLength": 100, "description": what });
        let item = if self.detailed() {
            let mut members = Map::from_iter([(self.to.as_str().to_owned(), name)]);
            if self.edge.has_role() {
                let about = "What the KRI says about the control; performance if left out.";
                members
                    .insert("role".into(), json!({ "type": "string", "enum": KriRole::WORDS, "description": about }));
            }
            if let Some(number) = self.edge.number() {
                let about = match self.edge {
                    Edge::OutcomeRisk => "Which share of the risk's loss ends here, 0 to 1; not known if left out.",
                    _ => "How much it counts beside others of the same role; 1 if left out.",
                };
                let schema =
                    json!({ "type": "number", "minimum": 0, "maximum": self.edge.most(), "description": about });
                members.insert(number.into(), schema);
            }
            json!({ "type": "object", "properties": members, "required": [self.to.as_str()], "additionalProperties": false })
        } else {
            name
        };
        json!({ "type": "array", "items": item, "maxItems": Self::MOST, "description": format!("{about} All of them: those that are not named are unlinked.") })
    }

    /// Links as a cell of a table.
    #[must_use]
    pub fn all_to_text(self, links: &[Link]) -> String {
        links.iter().map(|l| self.to_text(l)).collect::<Vec<_>>().join(SEPARATOR)
    }
}
