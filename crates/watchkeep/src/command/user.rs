//! `watchkeep user`
use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use watchkeep_hub::admin::{NewPerson, OneTimeLink};
use watchkeep_hub::identity::links::LinkKind;
use watchkeep_model::{Role, Slug, Timestamp};
use watchkeep_store::identity::sessions as kept;
use watchkeep_store::people::{self, Member, Membership, PersonRow};

use crate::app::App;
use crate::cli::OfTenant;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::Result;
use crate::out::{count, moment, when, yes};

/// Users and their memberships.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// List the members of a tenant, or all users.
    List {
        /// Only the members of this tenant.
        #[arg(long, short = 't', value_name = "SLUG")]
        tenant: Option<Slug>,
    },
    /// Make a user, and a member of a tenant where one is named; prints a one-time link by which they set their password.
    Create {
        /// The address; nothing is sent to it.
        email: String,
        /// The name; the part of the address before the @ where none is given.
        #[arg(long)]
        name: Option<String>,
        /// Make them a member of this tenant.
        #[arg(long, short = 't', value_name = "SLUG")]
        tenant: Option<Slug>,
        /// Their role there: viewer, analyst or admin.
        #[arg(long, default_value_t = Role::Analyst, requires = "tenant")]
        role: Role,
        /// They run the installation: make tenants, read no tenant's data.
        #[arg(long)]
        operator: bool,
    },
    /// Show a user with their memberships.
    Show {
        /// The address.
        email: String,
    },
    /// Make a one-time link by which a user sets their password: the first one (72 hours), or another one (1 hour).
    Link {
        /// The address.
        email: String,
    },
    /// Reset a user's second factors, 24 hours from now; a second factor that they give meanwhile takes it back.
    ResetMfa {
        /// The address.
        email: String,
    },
    /// Show where a user is signed in, or sign them out everywhere.
    Sessions {
        /// The address.
        email: String,
        /// End all of them.
        #[arg(long)]
        end: bool,
    },
    /// Lock a user out everywhere.
    Disable {
        /// The address.
        email: String,
    },
    /// Let a user in again.
    Enable {
        /// The address.
        email: String,
    },
    /// Make a user a member of a tenant, or change their role there.
    Join {
        /// The address.
        email: String,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
        /// The role: viewer, analyst or admin.
        #[arg(long, default_value_t = Role::Analyst)]
        role: Role,
        /// This is their home tenant; the first one is without being told.
        #[arg(long)]
        home: bool,
    },
    /// End a membership; tokens for that tenant open nothing any more.
    Leave {
        /// The address.
        email: String,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    id: String,
    email: String,
    name: String,
    operator: bool,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memberships: Option<Vec<In>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<LinkLine>,
}

/// A one-time link, shown this once.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkLine {
    kind: &'static str,
    url: String,
    expires_at: Timestamp,
}

impl LinkLine {
    fn of(desk: &Desk, link: &OneTimeLink) -> Self {
        Self { kind: link.kind.as_str(), url: desk.link(link), expires_at: link.expires_at }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionLine {
    id: String,
    level: String,
    created_at: Timestamp,
    seen_at: Timestamp,
    address: String,
    client: Option<String>,
}

impl Person {
    fn of(p: PersonRow, memberships: Option<Vec<Membership>>) -> Self {
        let memberships = memberships.map(|all| {
            let line = |m: Membership| In { tenant: m.slug, role: m.role, home: m.home, disabled_at: m.disabled_at };
            all.into_iter().map(line).collect()
        });
        Self {
            id: p.id.to_string(),
            email: p.email,
            name: p.name,
            operator: p.operator,
            created_at: p.created_at,
            disabled_at: p.disabled_at,
            memberships,
            link: None,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct In {
    tenant: Slug,
    role: Role,
    home: bool,
    disabled_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberLine {
    id: String,
    email: String,
    name: String,
    tenant: Slug,
    role: Role,
    home: bool,
    since: Timestamp,
    disabled_at: Option<Timestamp>,
}

impl MemberLine {
    fn of(m: Member, tenant: &Slug) -> Self {
        Self {
            id: m.id.to_string(),
            email: m.email,
            name: m.name,
            tenant: tenant.clone(),
            role: m.role,
            home: m.home,
            since: m.created_at,
            disabled_at: m.disabled_at.or(m.person_disabled_at),
        }
    }
}

impl User {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let (out, desk) = (app.out, Desk::open(app).await?);
        match self {
            Self::List { tenant: Some(slug) } => members(app, &desk, &slug).await?,
            Self::List { tenant: None } => everybody(app, &desk).await?,
            Self::Create { email, name, tenant, role, operator } => {
                // the tenant is looked up first, so that a slip leaves nothing behind
                let scope = match &tenant {
                    Some(slug) => Some(desk.admin.tenant(slug).await?),
                    None => None,
                };
                let person = desk.admin.create_person(&NewPerson { email, name, operator }).await?;
                out.line(format!("user {} made", person.email))?;
                if let Some(scope) = scope {
                    let member = desk.admin.join(&scope, &person.email, role, false).await?;
                    out.line(format!("{} is {} of {}", member.email, member.role, scope.slug()))?;
                }
                let link = desk.admin.invite(&person.email).await?;
                told(app, &desk, &link)?;
                if out.json {
                    let link = Some(LinkLine::of(&desk, &link));
                    out.document(&Person { link, ..with_memberships(&desk, &person.email).await? })?;
                }
            }
            Self::Show { email } => {
                let person = with_memberships(&desk, &email).await?;
                out.document(&person)?;
                out.pairs(&[
                    ("email", person.email.clone()),
                    ("name", person.name.clone()),
                    ("id", person.id.clone()),
                    ("operator", yes(person.operator)),
                    ("created", moment(person.created_at)),
                    ("disabled", when(person.disabled_at)),
                ])?;
                for m in person.memberships.iter().flatten() {
                    let home = if m.home { ", home" } else { "" };
                    let off = if m.disabled_at.is_some() { ", disabled" } else { "" };
                    out.line(format!("  {} of {}{home}{off}", m.role, m.tenant))?;
                }
            }
            Self::Link { email } => {
                let link = desk.admin.link(&email).await?;
                told(app, &desk, &link)?;
                out.document(&LinkLine::of(&desk, &link))?;
            }
            Self::ResetMfa { email } => {
                let (person, due) = desk.admin.reset_mfa(&email).await?;
                let email = &person.email;
                out.line(format!("the second factors of {email} go at the first sign-in after {}", moment(due)))?;
                out.line("a second factor that is given before then takes this back")?;
                out.document(&json!({ "email": email, "dueAt": due }))?;
            }
            Self::Sessions { email, end: true } => {
                let ended = desk.admin.end_sessions_of(&email).await?;
                out.line(format!("{} ended", count(usize::try_from(ended).unwrap_or(usize::MAX), "session")))?;
                out.document(&json!({ "ended": ended }))?;
            }
            Self::Sessions { email, end: false } => sessions(app, &desk, &email).await?,
            Self::Disable { email } => {
                let person = desk.admin.switch_person(&email, false).await?;
                out.line(format!(
                    "user {} is locked out: no session, link or token of theirs opens anything",
                    person.email
                ))?;
                out.document(&Person::of(person, None))?;
            }
            Self::Enable { email } => {
                let person = desk.admin.switch_person(&email, true).await?;
                out.line(format!("user {} is let in again", person.email))?;
                out.document(&Person::of(person, None))?;
            }
            Self::Join { email, of, role, home } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let member = MemberLine::of(desk.admin.join(&scope, &email, role, home).await?, scope.slug());
                out.line(format!("{} is {} of {}", member.email, member.role, member.tenant))?;
                out.document(&member)?;
            }
            Self::Leave { email, of } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let member = MemberLine::of(desk.admin.leave(&scope, &email).await?, scope.slug());
                out.line(format!("{} is no member of {} any more", member.email, member.tenant))?;
                out.document(&member)?;
            }
        }
        Ok(Exit::Ok)
    }
}

async fn with_memberships(desk: &Desk, email: &str) -> Result<Person> {
    let (person, own) = desk.admin.person(email).await?;
    let memberships = desk.store().memberships(own).await?;
    Ok(Person::of(person, Some(memberships)))
}

fn told(app: &App, desk: &Desk, link: &OneTimeLink) -> Result {
    let what = match link.kind {
        LinkKind::Invitation => "sets the first password",
        LinkKind::Reset => "sets another password",
    };
    let until = moment(link.expires_at);
    app.out.line(format!("{} {what} here, once, until {until} (shown this once):", link.email))?;
    app.out.line(format!("  {}", desk.link(link)))
}

async fn sessions(app: &App, desk: &Desk, email: &str) -> Result {
    let line = |s: kept::SessionLine| SessionLine {
        id: s.id.to_string(),
        level: s.level,
        created_at: s.signed_in_at,
        seen_at: s.seen_at,
        address: s.address,
        client: s.client,
    };
    let all: Vec<SessionLine> = desk.admin.sessions_of(email).await?.into_iter().map(line).collect();
    app.out.list(
        &all,
        &[
            ("signed in", &|s: &SessionLine| moment(s.created_at)),
            ("last used", &|s| moment(s.seen_at)),
            ("from", &|s| s.address.clone()),
            ("with", &|s| s.client.clone().unwrap_or_default()),
            ("level", &|s| s.level.clone()),
        ],
        "not signed in anywhere",
    )
}

async fn everybody(app: &App, desk: &Desk) -> Result {
    let all = desk.store().people(desk.store().operator()).await?;
    let all: Vec<Person> = all.into_iter().map(|p| Person::of(p, None)).collect();
    app.out.list(
        &all,
        &[
            ("email", &|p: &Person| p.email.clone()),
            ("name", &|p| p.name.clone()),
            ("created", &|p| moment(p.created_at)),
            ("disabled", &|p| when(p.disabled_at)),
            ("operator", &|p| yes(p.operator)),
        ],
        "no user yet; make one with `watchkeep user create EMAIL`",
    )
}

async fn members(app: &App, desk: &Desk, slug: &Slug) -> Result {
    let scope = desk.admin.tenant(slug).await?;
    let all = people::members(desk.store().at(&scope)).await?;
    let all: Vec<MemberLine> = all.into_iter().map(|m| MemberLine::of(m, slug)).collect();
    app.out.list(
        &all,
        &[
            ("email", &|m: &MemberLine| m.email.clone()),
            ("name", &|m| m.name.clone()),
            ("role", &|m| m.role.to_string()),
            ("home", &|m| yes(m.home)),
            ("since", &|m| moment(m.since)),
            ("disabled", &|m| when(m.disabled_at)),
        ],
        "nobody is a member yet; `watchkeep user join EMAIL` makes somebody one",
    )
}
