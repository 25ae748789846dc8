//! The words by which a sentence says that its number is not a value, or only nearly. English, German, Dutch, French.
//! The words of a list are parted by blanks.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::lexicon::Token;

/// A list of words, with its bit.
#[derive(Clone, Copy)]
pub(super) struct List(u32, &'static str);

/// Every word with the bits of the lists that it stands in.
static WORDS: LazyLock<HashMap<&'static str, u64>> = LazyLock::new(|| {
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

const ALL: [List; 33] = [
    PREVIOUS,
    GOAL,
    NUMBERED,
    NOT_SO,
    SUPPOSED,
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
    LAST,
    PERIOD,
    FROM,
    TO,
    WAS,
    JOINS,
    MONTHS,
    WROTE,
    WINDOW,
    ARTICLES,
];

/// Each list is a bit of a `u64`.
const _: () = assert!(ALL.len() <= 64);

/// Near a number: it is how it was.
pub(super) const PREVIOUS: List = List(
    0,
    "previously previous prior prev formerly earlier compared vs versus baseline yesterday vorher zuvor vormonat \
    vorwoche vorquartal vorjahr gegenüber statt gestern vorige vorig eerder voorheen tegenover gisteren auparavant \
    précédemment contre précédent précédente hier",
);

/// Anywhere in a clause: it is wished for, a limit, or how others do.
pub(super) const GOAL: List = List(
    1,
    "target targets goal goals threshold objective objectives appetite tolerance limit budget sla benchmark average \
    industry peer peers ziel ziele zielwert zielwerte soll sollwert schwelle schwellwert grenzwert doel doelen \
    doelstelling streefwaarde norm drempel objectif objectifs cible cibles seuil",
);

/// Right before a number: it numbers something.
pub(super) const NUMBERED: List = List(
    2,
    "iso iec cis nist chapter section page figure table version release control ticket room phase step rule \
    article clause annex level tier week q fy kw appendix port windows server kapitel abschnitt seite tabelle \
    stufe hoofdstuk pagina tabel chapitre tableau étape top cvss priority p finding january february march april may \
    june july august september october november december januar februar märz mai juni juli oktober dezember",
);

/// Anywhere in a clause: it is not how things are.
pub(super) const NOT_SO: List = List(
    3,
    "would could should might plan planned plans aim aims forecast expect expected will wants must shall würde könnte \
    sollte wird werden geplant erwartet erwarten muss zou zouden moet moeten zal zullen gepland verwacht verwachten \
    serait devrait sera prévu doit aiming targeting requires require required erfordert vereist exige visons vise visent \
    viser streven streeft anstreben angestrebt streben ambition",
);

/// Anywhere in a sentence: it is only supposed.
pub(super) const SUPPOSED: List = List(
    4,
    "if assume assuming suppose hypothetical hypothetically example eg wenn falls beispiel angenommen voorbeeld stel \
    indien si exemple supposons",
);

/// At the beginning of a sentence: it tells somebody to do something.
pub(super) const ORDERS: List = List(
    5,
    "set change update mark report treat ignore override return output write make record submit pretend \
    respond say disregard system assistant setze ändere melde ignoriere zet wijzig negeer mets mettez changez \
    ignorez forget please",
);

/// Anywhere in a sentence: it denies.
pub(super) const NEGATIONS: List = List(
    6,
    "not no without lack lacks lacking missing never cannot isn aren don doesn didn hasn haven except nicht \
    kein keine keinen ohne fehlt fehlen niet geen zonder ontbreekt ontbreken pas sans aucun aucune manque non \
    fewer lacked",
);

/// Anywhere in a sentence with a count: it counts what is gone, or what is new, not what is open.
pub(super) const CLOSED: List = List(
    7,
    "closed fixed remediated resolved patched removed mitigated eliminated addressed rotated revoked disabled \
    deactivated deleted cleaned accepted suppressed false behoben geschlossen gepatcht beseitigt gelöscht \
    deaktiviert opgelost gesloten verholpen verwijderd gedeactiveerd gedicht corrigées corrigés résolues \
    résolus fermées supprimés supprimées désactivés new neue nieuwe nouvelles detected introduced",
);

/// Anywhere in a text: it does not speak of all, or not in earnest.
pub(super) const PILOT: List = List(
    8,
    "pilot piloted pilotgruppe pilotphase pilotgroep pilote trial poc sample stichprobe steekproef échantillon \
    testgruppe testgroep draft drafts placeholder placeholders provisional preliminary dummy fictitious entwurf vorläufig \
    vorläufige platzhalter brouillon provisoire provisoires voorlopig voorlopige staging sandbox testumgebung \
    testomgeving template vorlage sjabloon",
);

/// Before a number: it is not exact.
pub(super) const ABOUT: List = List(
    9,
    "about approximately approx around roughly circa ca etwa rund ungefähr ongeveer environ nearly almost fast \
    knapp bijna presque some",
);

/// Before a number: it is a bound.
pub(super) const BOUND: List = List(
    10,
    "least most over under above below more less than mindestens höchstens über unter mehr weniger als \
    minstens hoogstens meer minder dan moins plus minimum maximum minimal maximal up",
);

/// What is counted by severity.
pub(super) const WEAKNESSES: List = List(
    11,
    " vulnerabilities vulnerability vulns vuln cves schwachstellen sicherheitslücken kwetsbaarheden vulnérabilités ",
);

/// Critical, after a number.
pub(super) const CRITICAL: List = List(12, "critical crit crits kritische kritischen kritieke critiques critique");

/// High, after a number.
pub(super) const HIGH: List = List(13, "high hohe hohen hoge élevées hautes");

/// Days, after a number.
pub(super) const DAYS: List = List(14, "days day tage tagen tag dagen dag jours jour");

/// Hours, after a number.
pub(super) const HOURS: List = List(15, "hours hour hrs h stunden stunde uur uren heures heure");

/// After a number: it measures something else.
pub(super) const OTHER_UNITS: List = List(
    16,
    "minutes seconds weeks week months month years quarters minuten wochen monate monaten jahre weken maanden \
    jaar semaines mois ans euro eur usd million millionen miljoen gb tb points participants",
);

/// Anywhere in a sentence: it speaks of somebody else.
pub(super) const OTHERS: List = List(
    17,
    "vendors vendor supplier suppliers competitor competitors customer customers partner partners industry \
    lieferant lieferanten wettbewerber kunden their theirs leverancier leveranciers concurrent klanten fournisseur \
    fournisseurs clients leur leurs hun",
);

/// Anywhere in a sentence: it tells how much has changed.
pub(super) const CHANGED: List = List(
    18,
    "grew rose down increased increase fell dropped decreased decrease reduced improved declined gained climbed \
    gestiegen gesunken gefallen verbessert reduziert gestegen gedaald verbeterd verlaagd augmenté baissé \
    diminué progressé passé reculé",
);

/// Right before a number in a sentence of change: so much, or from there.
pub(super) const BY: List = List(19, "by um met de d dropped fell rose grew");

/// Anywhere in a sentence: it gives a range.
pub(super) const RANGE: List = List(20, "between zwischen tussen entre ranging ranges");

/// Anywhere in a sentence: it speaks to a machine.
pub(super) const MACHINE: List = List(21, "ignore instructions confidence");

/// Before a number of days: it is an age.
pub(super) const AGE: List = List(22, "older than over more älter als über seit ouder dan meer plus depuis beyond");

/// Before a period: it is over.
pub(super) const LAST: List =
    List(23, "last past letzte letzten letzter letztes vergangenen vorigen afgelopen dernier dernière passé passée");

/// A length of time by which figures are given.
pub(super) const PERIOD: List = List(
    24,
    "week month quarter year period time woche monat quartal jahr zeitraum monats jahres maand kwartaal jaar periode \
    semaine mois trimestre an année période",
);

/// Right before a number, with a word of `TO` after it: it was so.
pub(super) const FROM: List = List(25, "from von van de d");

/// After a number that was: what it is now follows.
pub(super) const TO: List = List(26, "to auf naar op à a");

/// Right before a number: it is said of the past.
pub(super) const WAS: List = List(27, "was were war waren lag lagen stond stonden était étaient");

/// Begins a clause.
pub(super) const JOINS: List =
    List(28, "and but while whereas which und aber während davon en maar terwijl waarvan et mais dont");

/// After a number: it is a day.
pub(super) const MONTHS: List = List(
    29,
    "january february march april may june july august september october november december januar februar märz mai \
    juni juli oktober dezember januari februari maart mei augustus janvier février mars avril juin juillet août \
    septembre octobre novembre décembre jan feb apr jun jul aug sep sept oct okt nov dec dez déc",
);

/// In the line above a quoted message.
pub(super) const WROTE: List = List(30, "wrote schrieb schreef écrit");

/// Before "the last week": it is the time that a figure is about.
pub(super) const WINDOW: List =
    List(31, "over during within throughout for während innerhalb binnen gedurende over pendant durant");

/// The, in four languages.
pub(super) const ARTICLES: List = List(32, "the die der den das de het la le les l");
