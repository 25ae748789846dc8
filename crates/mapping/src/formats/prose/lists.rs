//! The words by which a sentence says that its number is not a value, or only nearly. English, German, Dutch, French.
//! The words of a list are parted by blanks.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::lexicon::Token;

/// A list of words, with its bit.
#[derive(Clone, Copy)]
pub(super) struct List(u32, &'static str);

/// Every word with the bits of the lists that it stands in.
static WORDS: LazyLock<HashMap<&'static str, u32>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for list in ALL {
        for word in list.1.split_whitespace() {
            *words.entry(word).or_default() |= 1 << list.0;
        }
    }
    words
});

/// True if the word stands in the list.
pub(super) fn listed(list: List, word: &str) -> bool {
    WORDS.get(word).is_some_and(|bits| bits & (1 << list.0) != 0)
}

/// True if one of the tokens stands in the list.
pub(super) fn has(tokens: &[Token], list: List) -> bool {
    tokens.iter().any(|t| listed(list, &t.text))
}

const ALL: [List; 21] = [
    NOT_NOW,
    NUMBERED,
    NOT_SO,
    ORDERS,
    NEGATIONS,
    CLOSED,
    PILOT,
    ABOUT,
    BOUND,
    WEAKNESSES,
    CRITICAL,
    HIGH,
    DAYS,
    HOURS,
    OTHER_UNITS,
    OTHERS,
    CHANGED,
    BY,
    RANGE,
    MACHINE,
    AGE,
];

/// Before a number: it is wished for, a limit, or how it was.
pub(super) const NOT_NOW: List = List(
    0,
    "target targets goal threshold objective appetite tolerance limit budget sla benchmark average industry \
    previously previous prior formerly earlier last from compared vs versus baseline peer peers ziel zielwert \
    soll schwelle grenzwert vorher zuvor vormonat vorquartal von gegenüber statt doel doelstelling \
    streefwaarde norm drempel vorige eerder voorheen van tegenover objectif cible seuil auparavant \
    précédemment contre précédent",
);

/// Right before a number: it numbers something.
pub(super) const NUMBERED: List = List(
    1,
    "iso iec cis nist chapter section page figure table version release control ticket room phase step rule \
    article clause annex level tier week q fy kw appendix port windows server kapitel abschnitt seite tabelle \
    stufe hoofdstuk pagina tabel chapitre tableau étape top cvss priority p january february march april may \
    june july august september october november december januar februar märz mai juni juli oktober dezember",
);

/// Anywhere in a sentence: it is not how things are.
pub(super) const NOT_SO: List = List(
    2,
    "if would could should might assume assuming suppose hypothetical hypothetically example eg plan planned \
    plans aim aims forecast expected expect will wants must shall goal falls wenn würde könnte sollte \
    beispiel wird werden geplant erwartet muss angenommen als zou zouden moet moeten voorbeeld zal zullen \
    gepland verwacht stel si serait devrait exemple sera prévu doit supposons",
);

/// At the beginning of a sentence: it tells somebody to do something.
pub(super) const ORDERS: List = List(
    3,
    "set change update mark report treat ignore override return output write make record submit pretend \
    respond say disregard system assistant setze ändere melde ignoriere zet wijzig negeer mets mettez changez \
    ignorez forget please",
);

/// Anywhere in a sentence: it denies.
pub(super) const NEGATIONS: List = List(
    4,
    "not no without lack lacks lacking missing never cannot isn aren don doesn didn hasn haven except nicht \
    kein keine keinen ohne fehlt fehlen niet geen zonder ontbreekt ontbreken pas sans aucun aucune manque non \
    fewer lacked",
);

/// Anywhere in a sentence with a count: it counts what is gone, or what is new, not what is open.
pub(super) const CLOSED: List = List(
    5,
    "closed fixed remediated resolved patched removed mitigated eliminated addressed rotated revoked disabled \
    deactivated deleted cleaned accepted suppressed false behoben geschlossen gepatcht beseitigt gelöscht \
    deaktiviert opgelost gesloten verholpen verwijderd gedeactiveerd gedicht corrigées corrigés résolues \
    résolus fermées supprimés supprimées désactivés new neue nieuwe nouvelles detected introduced",
);

/// Anywhere in a text: it does not speak of all.
pub(super) const PILOT: List = List(
    6,
    "pilot piloted pilotgruppe pilotphase pilotgroep pilote trial poc sample stichprobe steekproef échantillon \
    testgruppe testgroep",
);

/// Before a number: it is not exact.
pub(super) const ABOUT: List = List(
    7,
    "about approximately approx around roughly circa ca etwa rund ungefähr ongeveer environ nearly almost fast \
    knapp bijna presque some",
);

/// Before a number: it is a bound.
pub(super) const BOUND: List = List(
    8,
    "least most over under above below more less than mindestens höchstens über unter mehr weniger als \
    minstens hoogstens meer minder dan moins plus minimum maximum minimal maximal up",
);

/// What is counted by severity.
pub(super) const WEAKNESSES: List =
    List(9, " vulnerabilities vulnerability vulns cves schwachstellen kwetsbaarheden vulnérabilités ");

/// Critical, after a number.
pub(super) const CRITICAL: List = List(10, "critical kritische kritischen kritieke critiques critique");

/// High, after a number.
pub(super) const HIGH: List = List(11, "high hohe hohen hoge élevées hautes");

/// Days, after a number.
pub(super) const DAYS: List = List(12, "days day tage tagen tag dagen dag jours jour");

/// Hours, after a number.
pub(super) const HOURS: List = List(13, "hours hour hrs h stunden stunde uur uren heures heure");

/// After a number: it measures something else.
pub(super) const OTHER_UNITS: List = List(
    14,
    "minutes seconds weeks week months month years quarters minuten wochen monate monaten jahre weken maanden \
    jaar semaines mois ans euro eur usd million millionen miljoen gb tb points participants",
);

/// Anywhere in a sentence: it speaks of somebody else.
pub(super) const OTHERS: List = List(
    15,
    "vendors vendor supplier suppliers competitor competitors customer customers partner partners industry \
    lieferant lieferanten wettbewerber kunden leverancier leveranciers concurrent klanten fournisseur \
    fournisseurs clients",
);

/// Anywhere in a sentence: it tells how much has changed.
pub(super) const CHANGED: List = List(
    16,
    "grew rose increased increase fell dropped decreased decrease reduced improved declined gained climbed \
    gestiegen gesunken gefallen verbessert reduziert gestegen gedaald verbeterd verlaagd augmenté baissé \
    diminué progressé passé reculé",
);

/// Right before a number in a sentence of change: so much, or from there.
pub(super) const BY: List = List(17, "by um met de d dropped fell rose grew");

/// Anywhere in a sentence: it gives a range.
pub(super) const RANGE: List = List(18, "between zwischen tussen entre ranging ranges");

/// Anywhere in a sentence: it speaks to a machine.
pub(super) const MACHINE: List = List(19, "ignore instructions confidence");

/// Before a number of days: it is an age.
pub(super) const AGE: List = List(20, "older than over more älter als über seit ouder dan meer plus depuis beyond");
