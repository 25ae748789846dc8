//! Phishing simulations and training: exports of KnowBe4, GoPhish and like, by recipient or by campaign.

use std::collections::BTreeMap;

use crate::out::{Out, Trust, When};
use crate::read::table::{Headers, Sheet};
use crate::{Span, dates, words};

const PERSON: [&str; 18] = [
    "email",
    "email address",
    "user email",
    "recipient",
    "recipient email",
    "user",
    "username",
    "user name",
    "user principal name",
    "e mail",
    "name",
    "employee",
    "learner",
    "employee name",
    "employee email",
    "mitarbeiter",
    "medewerker",
    "collaborateur",
];
const CLICKED: [&str; 12] = [
    "clicked",
    "clicked link",
    "link clicked",
    "clicked at",
    "clicked date",
    "clicks",
    "click",
    "email link clicked",
    "link clicked time",
    "clicked on",
    "clicked links",
    "geklickt",
];
const ENTERED: [&str; 8] = [
    "data entered",
    "submitted data",
    "data submitted",
    "entered data",
    "compromised",
    "credentials entered",
    "data entered at",
    "submitted",
];
const REPORTED: [&str; 9] = [
    "reported",
    "reported at",
    "reported phish",
    "email reported",
    "reported date",
    "phish reported",
    "reports",
    "reported email",
    "gemeldet",
];
const SENT: [&str; 14] = [
    "delivered",
    "delivered at",
    "emails delivered",
    "recipients",
    "sent",
    "emails sent",
    "total recipients",
    "users targeted",
    "targets",
    "total",
    "email delivered",
    "scheduled",
    "recipients count",
    "number of recipients",
];
const CAMPAIGN: [&str; 8] = [
    "campaign",
    "campaign name",
    "simulation name",
    "simulation",
    "phishing campaign",
    "phishing test",
    "test name",
    "kampagne",
];

pub(crate) fn is_phishing(h: &Headers) -> u8 {
    let clicked = h.col(&CLICKED).is_some();
    let person = h.col(&PERSON[..9]).is_some();
    if h.all(&["send date", "reported", "status", "email"]) {
        return 90;
    }
    match (clicked, person) {
        (true, true) if h.col(&REPORTED).or(h.col(&ENTERED)).or(h.col(&SENT)).or(h.like(&["opened"])).is_some() => 85,
        (true, false) if h.col(&SENT).is_some() && (h.col(&CAMPAIGN).is_some() || h.col(&REPORTED).is_some()) => 85,
        _ => 0,
    }
}

/// Whether it happened: a truth, a date or a number above zero. An empty cell says that it did not.
fn happened(cell: &str) -> Option<bool> {
    let cell = cell.trim();
    if cell.is_empty() || matches!(words::plain(cell).as_str(), "n a" | "null" | "none") || cell == "-" {
        return Some(false);
    }
    if let Some(n) = words::number(cell) {
        return Some(n > 0.0);
    }
    words::truth(cell).or_else(|| dates::parse(cell).map(|_| true)).or_else(|| {
        // a date that is there in a form that cannot be read is still there
        (cell.len() >= 8 && cell.bytes().filter(u8::is_ascii_digit).count() >= 4).then_some(true)
    })
}

#[derive(Default)]
struct Campaign {
    sent: f64,
    clicked: f64,
    reported: f64,
    unread: usize,
    hull: Option<Span>,
    at: Option<watchkeep_model::Timestamp>,
}

pub(crate) fn read_phishing(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let h = sheet.headers;
    let (campaign, clicked, entered) = (h.col(&CAMPAIGN), h.col(&CLICKED), h.col(&ENTERED));
    let (reported, sent) = (h.col(&REPORTED), h.col(&SENT));
    let person = h.col(&PERSON);
    let gophish = if clicked.is_none() { h.col(&["status"]) } else { None };
    let date = h.col(&[
        "send date",
        "sent date",
        "delivered at",
        "date",
        "start date",
        "campaign start",
        "launch date",
        "end date",
    ]);
    let phishing = h.names.iter().any(|n| n.contains("phish")) || reported.is_some() || entered.is_some();
    if !phishing && gophish.is_none() {
        out.doubt(0.7, "nothing but clicks: it may be a mailing of another kind");
    }
    let by_person = person.is_some() && !(h.col(&CAMPAIGN).is_some() && h.col(&PERSON[..9]).is_none());
    let mut campaigns: BTreeMap<String, Campaign> = BTreeMap::new();
    sheet.rows(|row| {
        let name = row.get(campaign).into_owned();
        if !by_person && matches!(words::plain(&name).as_str(), "total" | "sum" | "overall" | "gesamt" | "totaal") {
            return;
        }
        let c = campaigns.entry(name).or_default();
        c.hull = Some(c.hull.map_or(row.span, |hull| hull.and(row.span)));
        c.at = c.at.max(dates::parse(&row.get(date)));
        if by_person {
            if row.get(person).is_empty() || (sent.is_some() && happened(&row.get(sent)) == Some(false)) {
                return;
            }
            c.sent += 1.0;
            let click = match gophish {
                Some(_) => Some(matches!(words::plain(&row.get(gophish)).as_str(), "clicked link" | "submitted data")),
                None => match (happened(&row.get(clicked)), entered.map(|_| happened(&row.get(entered)))) {
                    (Some(a), Some(Some(b))) => Some(a || b),
                    (a, None) => a,
                    _ => None,
                },
            };
            match click {
                Some(true) => c.clicked += 1.0,
                Some(false) => {}
                None => c.unread += 1,
            }
            if reported.is_some() && happened(&row.get(reported)) == Some(true) {
                c.reported += 1.0;
            }
        } else {
            match (words::number(&row.get(sent)), words::number(&row.get(clicked))) {
                (Some(s), Some(k)) if !row.get(clicked).contains('%') => {
                    c.sent += s;
                    c.clicked += k;
                    c.reported += words::number(&row.get(reported)).unwrap_or_default();
                }
                _ => c.unread += 1,
            }
        }
    });
    if campaigns.is_empty() {
        let subject = out.subject("").name;
        out.unknown("phish_sim_click_pct", &subject, sheet.span(), "the export has no rows", When(None));
        return;
    }
    for (name, c) in campaigns {
        let subject = out.subject(&name);
        let span = c.hull.unwrap_or(sheet.span());
        let what = if by_person { "recipients of the simulation" } else { "numbers of the campaign" };
        let pilot = words::plain(&format!("{name} {}", subject.name))
            .split(' ')
            .any(|w| matches!(w, "pilot" | "test" | "trial" | "demo"));
        let trust = Trust::of(0.93, what)
            .cap_if(pilot, 0.6, "it seems to be a pilot or a test, not the whole staff")
            .cap_if(c.unread > 0, 0.6, format!("{} rows could not be read", c.unread))
            .cap_if(
                c.clicked > c.sent || c.reported > c.sent,
                0.3,
                "more clicks or reports than mails contradict each other",
            );
        if c.clicked <= c.sent {
            out.share("phish_sim_click_pct", &subject.name, (c.clicked, c.sent), span, &trust, When(c.at));
        }
        if reported.is_some() && c.reported <= c.sent {
            out.share("phish_report_pct", &subject.name, (c.reported, c.sent), span, &trust, When(c.at));
        }
    }
}

const COURSE: [&str; 19] = [
    "course",
    "training",
    "module",
    "content",
    "course name",
    "training name",
    "assignment",
    "training campaign",
    "course title",
    "module name",
    "training module",
    "content title",
    "enrollment",
    "schulung",
    "kurs",
    "cursus",
    "formation",
    "cours",
    "lesson",
];
const DUE: [&str; 12] = [
    "due date",
    "due",
    "deadline",
    "due by",
    "enrollment due date",
    "due on",
    "target date",
    "fällig am",
    "expiry date",
    "fällig bis",
    "vervaldatum",
    "échéance",
];
const DONE: [&str; 13] = [
    "completion date",
    "completed",
    "completed at",
    "completed date",
    "completed on",
    "date completed",
    "finished",
    "complete",
    "is completed",
    "abgeschlossen",
    "abgeschlossen am",
    "voltooid op",
    "terminé le",
];
const STATUS: [&str; 6] =
    ["status", "completion status", "training status", "enrollment status", "state", "progress status"];

pub(crate) fn is_training(h: &Headers) -> u8 {
    let how = h.col(&STATUS).or(h.col(&DONE)).is_some();
    let course = h.col(&COURSE).is_some();
    let overdue = h.col(&["overdue", "is overdue", "past due"]).is_some();
    match (h.col(&PERSON).is_some(), course, how, h.col(&DUE).is_some()) {
        (true, true, true, true) => 88,
        (true, true, true, false) => 75,
        (true, true, _, _) if overdue => 75,
        _ => 0,
    }
}

pub(crate) fn read_training(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let h = sheet.headers;
    let (person, status, done, due) = (h.col(&PERSON), h.col(&STATUS), h.col(&DONE), h.col(&DUE));
    let late = h.col(&["overdue", "is overdue", "past due"]);
    let campaign = h.col(&["campaign", "campaign name", "training campaign"]);
    let training = ["course", "training", "schulung", "learner", "lesson", "awareness", "kurs", "cursus", "formation"];
    if !h.names.iter().any(|n| training.iter().any(|t| n.contains(t))) {
        out.doubt(0.7, "no column says that it is about training");
    }
    let (mut all, mut overdue, mut unread) = (0.0, 0.0, 0usize);
    let mut said_overdue = late.is_some();
    let (mut names, mut hull): (Vec<String>, Option<Span>) = (Vec::new(), None);
    // the time of the export is not in it: the newest thing that has happened is near it
    let begun = h.col(&[
        "start date",
        "started",
        "started at",
        "enrollment date",
        "enrolled",
        "enrolled at",
        "assigned",
        "assigned date",
        "assigned at",
        "assigned on",
        "last activity",
        "zugewiesen am",
    ]);
    let mut newest = None;
    let today = out.now();
    sheet.rows(|row| {
        for col in [done, begun] {
            newest = newest.max(dates::parse(&row.get(col)).filter(|t| *t <= today));
        }
    });
    let stale = newest.is_some_and(|t| t < out.now().minus(watchkeep_model::Span::days(60)));
    let now = if stale { newest.unwrap_or(out.now()) } else { out.now() };
    sheet.rows(|row| {
        if row.get(person).is_empty() {
            return;
        }
        let word = words::plain(&row.get(status));
        if matches!(
            word.as_str(),
            "waived" | "exempt" | "archived" | "cancelled" | "canceled" | "not required" | "removed"
        ) {
            return;
        }
        let name = row.get(campaign).into_owned();
        if !names.contains(&name) && names.len() < 3 {
            names.push(name);
        }
        all += 1.0;
        hull = Some(hull.map_or(row.span, |hull| hull.and(row.span)));
        let complete = match word.as_str() {
            "completed" | "complete" | "passed" | "done" | "finished" | "abgeschlossen" | "bestanden" | "voltooid"
            | "afgerond" | "terminé" | "completed late" => Some(true),
            "overdue" | "past due" | "late" | "expired" | "überfällig" | "te laat" | "achterstallig" | "en retard" => {
                said_overdue = true;
                overdue += 1.0;
                return;
            }
            "in progress" | "not started" | "enrolled" | "assigned" | "incomplete" | "started" | "failed"
            | "not completed" | "open" | "pending" | "offen" | "in bearbeitung" | "nicht begonnen" | "bezig"
            | "niet gestart" | "en cours" | "non commencé" => Some(false),
            "" if done.is_some() => happened(&row.get(done)),
            _ => None,
        };
        if late.is_some() {
            match words::truth(&row.get(late)) {
                Some(true) => overdue += 1.0,
                Some(false) => {}
                None if row.get(late).is_empty() => {}
                None => unread += 1,
            }
            return;
        }
        match (complete, dates::parse(&row.get(due))) {
            (Some(true), _) => {}
            (Some(false), Some(by)) if by < now => overdue += 1.0,
            (Some(false), Some(_)) => {}
            (Some(false), None) if due.is_none() => {}
            _ => unread += 1,
        }
    });
    let name = if names.len() == 1 { names.remove(0) } else { String::new() };
    let subject = out.subject(&name);
    let span = hull.unwrap_or(sheet.span());
    let signal = "training_overdue_pct";
    if due.is_none() && !said_overdue {
        out.unknown(
            signal,
            &subject.name,
            span,
            "neither a due date nor a status of overdue tells what is late",
            When(None),
        );
        return;
    }
    let trust = Trust::of(0.93, "enrolments past their due date and not completed")
        .cap_if(unread > 0, 0.6, format!("{unread} rows could not be read"))
        .cap_if(stale && due.is_some() && !said_overdue, 0.7, "the newest date is old; due dates are counted to it");
    out.share(signal, &subject.name, (overdue, all), span, &trust, When(None));
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    #[test]
    fn recipients_click_and_report() {
        let text = "Email,Delivered,Opened,Clicked,Data Entered,Reported\n\
            a@x,2026-11-01 10:00,2026-11-01 10:05,2026-11-01 10:06,,\nb@x,2026-11-01 10:00,,,,2026-11-01 10:09\n\
            c@x,2026-11-01 10:00,,,,\nd@x,2026-11-01 10:00,,,,\ne@x,,,,,\n";
        says(text, "phishing-csv", &[("phish_report_pct", Some(25.0)), ("phish_sim_click_pct", Some(25.0))]);
    }

    #[test]
    fn campaigns_are_subjects_and_pilots_go_to_review() {
        let text = "Campaign,Recipients,Clicked,Reported\nQ3 all staff,200,10,80\nPilot IT,20,1,15\n";
        let got = said(text);
        let q3 =
            got.extractions.iter().find(|e| e.subject == "Q3 all staff" && e.signal == "phish_sim_click_pct").unwrap();
        assert_eq!((q3.value, q3.denominator), (Some(5.0), Some(200.0)));
        assert!(q3.confidence > 0.85);
        assert!(got.extractions.iter().filter(|e| e.subject == "Pilot IT").all(|e| e.confidence < 0.85));
    }

    #[test]
    fn a_mailing_and_a_list_of_tasks_are_not_taken_for_sure() {
        let mailing = said("Email,Opened,Clicked\na@x,yes,yes\nb@x,yes,no\n");
        assert!(mailing.extractions.iter().all(|e| e.confidence < 0.85), "{mailing:?}");
        assert!(said("Name,Status,Due Date\na,Completed,2026-10-01\nb,Open,2026-10-01\n").extractions.is_empty());
    }

    #[test]
    fn gophish_results() {
        let text = "id,status,ip,latitude,longitude,send_date,reported,modified_date,email,first_name,last_name,position\n\
            1,Clicked Link,,0,0,2026-11-01T10:00:00Z,false,2026-11-01T10:00:00Z,a@x,A,A,\n2,Email Sent,,0,0,2026-11-01T10:00:00Z,true,2026-11-01T10:00:00Z,b@x,B,B,\n";
        says(text, "phishing-csv", &[("phish_report_pct", Some(50.0)), ("phish_sim_click_pct", Some(50.0))]);
    }

    #[test]
    fn training_needs_a_due_date_or_a_word_for_late() {
        let text = "User,Course,Status,Due Date\na,Basics,Completed,2026-10-01\nb,Basics,In Progress,2026-10-01\nc,Basics,Not Started,2026-12-24\nd,Basics,Completed,2026-10-01\n";
        says(text, "training-csv", &[("training_overdue_pct", Some(25.0))]);
        says(
            "User,Course,Status\na,B,Completed\nb,B,Overdue\n",
            "training-csv",
            &[("training_overdue_pct", Some(50.0))],
        );
        says("User,Course,Status\na,B,Completed\nb,B,In progress\n", "training-csv", &[("training_overdue_pct", None)]);
    }

    #[test]
    fn an_export_without_a_date_is_as_old_as_the_last_thing_in_it() {
        let head = "Email,Module Name,Enrollment Date,Completion Date,Due Date,Status\n";
        let text = format!(
            "{head}a@x,M,2026-07-01,2026-07-02,2026-10-31,Completed\nb@x,M,2026-11-10,,2026-10-31,In Progress\n"
        );
        says(&text, "training-csv", &[("training_overdue_pct", Some(50.0))]);
    }

    #[test]
    fn simulations_that_name_users_and_say_true_and_false() {
        let text = "UserName,SimulationName,Delivered,Compromised,ClickedLink,ReportedPhish\nann,Nov,True,False,False,True\nbo,Nov,True,True,True,False\n";
        says(text, "phishing-csv", &[("phish_report_pct", Some(50.0)), ("phish_sim_click_pct", Some(50.0))]);
    }
}
