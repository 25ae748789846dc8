//! The report file of Lynis, and what it prints.

use crate::out::{Out, Trust, When};
use crate::read::text::Text;

pub(crate) fn score(text: &Text<'_>) -> u8 {
    if memchr::memmem::find(text.bytes(), b"hardening_index=").is_some() {
        100
    } else if memchr::memmem::find(text.bytes(), b"Hardening index : ").is_some() {
        90
    } else {
        0
    }
}

pub(crate) fn read(text: &Text<'_>, out: &mut Out<'_>) {
    let mut host = String::new();
    let mut at = When(None);
    let mut found: Option<(Option<f64>, crate::Span)> = None;
    let mut printed = false;
    for (line, span) in text.lines() {
        if let Some(name) = line.strip_prefix("hostname=") {
            host = name.trim().to_owned();
        } else if let Some(time) =
            line.strip_prefix("report_datetime_end=").or(line.strip_prefix("report_datetime_start="))
        {
            at = When(When::text(time).0.or(at.0));
        } else if let Some(points) = line.strip_prefix("hardening_index=") {
            let points = points.trim().trim_matches(['[', ']', ' ']);
            found = Some((points.parse().ok(), span));
        } else if let Some((_, rest)) = line.split_once("Hardening index : ")
            && found.is_none()
        {
            printed = true;
            let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
            found = Some((digits.parse().ok(), span));
        } else if let Some((_, name)) = line.split_once("Hostname:")
            && host.is_empty()
        {
            host = name.trim().to_owned();
        }
    }
    let subject = out.subject(&host);
    match found {
        Some((Some(points), span)) => {
            let trust = Trust::exact("Lynis hardening index").cap_if(printed, 0.9, "from what it printed");
            out.count("host_hardening_score", &subject.name, points, span, &trust, at);
        }
        Some((None, span)) => out.unknown("host_hardening_score", &subject.name, span, "the index has no number", at),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    #[test]
    fn the_index_of_a_host() {
        let text = "# Lynis Report\nreport_datetime_start=2024-05-01 10:00:00\nhostname=web1\nhardening_index=67\n";
        says(text, "lynis", &[("host_hardening_score", Some(67.0))]);
        assert_eq!(said(text).extractions[0].subject, "web1");
        says(&text.replace("=67", "="), "lynis", &[("host_hardening_score", None)]);
    }
}
