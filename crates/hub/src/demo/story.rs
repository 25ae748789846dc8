//! A tenant as its lines tell it.

use std::collections::BTreeMap;

use super::chance::Chance;
use super::series::Series;
use super::{
    Aggregation, Category, DemoIntegration, DemoKri, DemoPerson, DemoSample, DemoTenant, KriSlug, Role, Slug,
    SourceKind, Span, Thresholds, Timestamp, Unit, catalog,
};

/// A tenant in short.
pub(super) struct Story {
    pub(super) slug: &'static str,
    pub(super) name: &'static str,
    pub(super) people: &'static [Person],
    pub(super) sources: &'static [Source],
    /// KRIs that the tenant has thought of itself.
    pub(super) own: &'static [Own],
    /// Boundaries that the tenant has edited: slug, amber, red.
    pub(super) edited: &'static [(&'static str, f64, f64)],
    /// Who answers for the KRIs of a category, by the place among the people.
    pub(super) owners: &'static [(Category, usize)],
    pub(super) lines: &'static [Series],
    /// What stands around the KRIs.
    pub(super) register: &'static super::register::Story,
}

pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) role: Role,
    pub(super) home: bool,
}

pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) vendor: &'static str,
    pub(super) kind: SourceKind,
    pub(super) schedule: Option<&'static str>,
    pub(super) authorized: bool,
}

pub(super) struct Own {
    pub(super) slug: &'static str,
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) category: Category,
    pub(super) unit: Unit,
    pub(super) thresholds: Thresholds,
    pub(super) aggregation: Aggregation,
    pub(super) cadence: Span,
}

impl Story {
    /// The tenant with its history up to `end`. A line that names no KRI or source is left out; a test finds it.
    pub(super) fn tell(&self, seed: u64, end: Timestamp) -> DemoTenant {
        let mut kris: Vec<DemoKri> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut samples: Vec<DemoSample> = Vec::new();
        for line in self.lines {
            let Some(integration) = self.sources.iter().position(|source| source.name == line.from) else { continue };
            let place = match places.get(line.kri) {
                Some(place) => *place,
                None => {
                    let Some(kri) = self.kri(line.kri) else { continue };
                    kris.push(kri);
                    places.insert(line.kri, kris.len() - 1);
                    kris.len() - 1
                }
            };
            let Some((kri, source)) = kris.get(place).zip(self.sources.get(integration)) else { continue };
            let chance = Chance::of(seed, &[self.slug, line.kri, line.from, line.subject()]);
            samples.extend(line.samples(chance, kri.unit, kri.cadence, end, |sample| DemoSample {
                kri: place,
                integration,
                quality: source.kind.quality(),
                ..sample
            }));
        }
        samples.sort_by_key(|s| (s.observed_at, s.kri, s.integration, s.subject));
        DemoTenant {
            slug: self.slug(),
            name: self.name.to_owned(),
            people: self.people(),
            integrations: self.sources(),
            register: self.register.tell(&kris, end),
            kris,
            samples,
        }
    }

    #[expect(clippy::expect_used, reason = "the slugs stand in the program, and a test tells every story")]
    fn slug(&self) -> Slug {
        self.slug.parse().expect("the slug of a demo tenant is one")
    }

    fn people(&self) -> Vec<DemoPerson> {
        let person =
            |p: &Person| DemoPerson { name: p.name.to_owned(), email: p.email.to_owned(), role: p.role, home: p.home };
        self.people.iter().map(person).collect()
    }

    fn sources(&self) -> Vec<DemoIntegration> {
        let source = |s: &Source| DemoIntegration {
            name: format!("{} (demo)", s.name),
            vendor: s.vendor.to_owned(),
            kind: s.kind,
            schedule: s.schedule.map(str::to_owned),
            authorized: s.authorized,
        };
        self.sources.iter().map(source).collect()
    }

    /// The KRI of that slug: the tenant's own, else the catalogue's.
    fn kri(&self, slug: &'static str) -> Option<DemoKri> {
        let mut kri = match self.own.iter().find(|own| own.slug == slug) {
            Some(own) => DemoKri {
                slug: KriSlug::try_from(slug).ok()?,
                signal: None,
                name: own.name.to_owned(),
                about: own.about.to_owned(),
                category: own.category,
                unit: own.unit,
                thresholds: own.thresholds,
                aggregation: own.aggregation,
                per_thousand: false,
                cadence: own.cadence,
                owner: None,
            },
            None => {
                let signal = catalog::signal(slug)?;
                DemoKri {
                    slug: KriSlug::try_from(slug).ok()?,
                    signal: Some(&signal.slug),
                    name: signal.name.clone(),
                    about: signal.about.clone(),
                    category: signal.category,
                    unit: signal.unit,
                    thresholds: signal.thresholds(),
                    aggregation: signal.aggregation,
                    per_thousand: signal.per_thousand,
                    cadence: signal.cadence,
                    owner: None,
                }
            }
        };
        if let Some((_, amber, red)) = self.edited.iter().find(|(edited, ..)| *edited == slug) {
            kri.thresholds = Thresholds { amber: *amber, red: *red, ..kri.thresholds };
        }
        let owner = self.owners.iter().find(|(category, _)| *category == kri.category);
        kri.owner = owner.and_then(|(_, place)| self.people.get(*place)).map(|person| person.email.to_owned());
        Some(kri)
    }
}
