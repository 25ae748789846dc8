use serde_json::{Value, json};
use uuid::Uuid;
use watchkeep_model::TenantId;

use super::*;
use crate::error::Kind;
use crate::shape::Shape;

fn shape() -> Shape {
    let schema = json!({ "properties": {
        "status": { "type": "string" }, "sort": { "type": "string", "default": "name" },
        "limit": { "type": "integer", "default": 50 }, "cursor": { "type": "string" }
    } });
    Shape::read(schema.as_object().unwrap()).unwrap()
}

fn question(tenant: u128, op: &str, args: Value) -> Question {
    Question::of(TenantId::new(Uuid::from_u128(tenant)), op, &shape(), args.as_object().unwrap())
}

fn seal() -> Seal {
    Seal::new(&[7; 32])
}

fn paging(cursor: &str) -> Paging {
    Paging { limit: 50, cursor: Some(cursor.into()) }
}

#[test]
fn a_page_is_cut_between_items_and_goes_on_where_it_was_cut() {
    let items: Vec<String> = (0..200).map(|i| format!("{i:04}{}", "x".repeat(900))).collect();
    let page = Page::new(items, 200, |s: &String| s[..4].to_owned());
    let reply = page.reply(Dialect::Snake).unwrap();
    let v: Value = serde_json::from_str(&reply.json).unwrap();
    let n = v["items"].as_array().unwrap().len();
    assert!(reply.json.len() <= MAX_BYTES && v["truncated"] == true && n == reply.items && (90..120).contains(&n));
    assert_eq!(v["next_cursor"], format!("{:04}", n - 1));
}

#[test]
fn one_more_row_than_asked_for_means_another_page() {
    let reply = |rows: usize| {
        let page = Page::new((0..rows).collect(), 2, |n: &usize| n.to_string());
        page.reply(Dialect::Camel).unwrap().json
    };
    assert_eq!(reply(3), r#"{"items":[0,1],"nextCursor":"1","truncated":false}"#);
    assert_eq!(reply(2), r#"{"items":[0,1],"truncated":false}"#);
    assert_eq!(reply(0), r#"{"items":[],"truncated":false}"#);
}

#[test]
fn an_item_that_is_too_large_alone_is_still_given() {
    let page = Page::new(vec!["y".repeat(MAX_BYTES), "z".into()], 10, |s: &String| s[..1].to_owned());
    let v: Value = serde_json::from_str(&page.reply(Dialect::Camel).unwrap().json).unwrap();
    assert_eq!(
        (v["items"].as_array().unwrap().len(), &v["nextCursor"], &v["truncated"]),
        (1, &json!("y"), &json!(true))
    );
}

#[test]
fn a_cursor_opens_for_its_own_question_only() {
    let asked = question(1, "list_kris", json!({ "status": "red", "limit": 10 }));
    let cursor = asked.cursor(&seal(), br#"["mfa",3]"#);
    let key: Option<(String, i64)> = asked.after(&seal(), &paging(&cursor)).unwrap();
    assert_eq!(key, Some(("mfa".to_owned(), 3)));
    assert_eq!(asked.after::<String>(&seal(), &Paging::default()).unwrap(), None);

    // another limit and a written-out default are the same question
    for same in [json!({ "status": "red" }), json!({ "status": "red", "sort": "name", "limit": 3, "cursor": "x" })] {
        assert!(question(1, "list_kris", same).after::<(String, i64)>(&seal(), &paging(&cursor)).is_ok());
    }
    for other in [
        question(2, "list_kris", json!({ "status": "red" })),
        question(1, "list_risks", json!({ "status": "red" })),
        question(1, "list_kris", json!({ "status": "green" })),
        question(1, "list_kris", json!({ "status": "red", "sort": "age" })),
        question(1, "list_kris", json!({})),
    ] {
        let error = other.after::<(String, i64)>(&seal(), &paging(&cursor)).unwrap_err();
        assert_eq!(
            (&error.kind, &*error.public),
            (&Kind::Conflict, "cursor: it does not belong to this question; call again without it")
        );
    }
    assert!(asked.after::<(String, i64)>(&Seal::new(&[8; 32]), &paging(&cursor)).is_err(), "another hub's key");
    assert!(asked.after::<i64>(&seal(), &paging(&cursor)).is_err(), "a key of another type");
}

/// 20,000 seeded mutations of a cursor: none opens, none panics.
#[test]
fn mutated_cursors_do_not_open() {
    let asked = question(1, "list_kris", json!({}));
    let good = asked.cursor(&seal(), br#""mfa_enforced_pct""#);
    let rng = crate::Rng::seeded(4);
    let mut tried = 0;
    for _ in 0..20_000 {
        let mut text = good.clone().into_bytes();
        for _ in 0..=rng.bytes::<1>()[0] % 3 {
            let [how, at, c] = rng.bytes::<3>();
            let at = usize::from(at) % text.len().max(1);
            match how % 5 {
                _ if text.is_empty() => text.push(c),
                0 => text[at] = c,
                1 => drop(text.remove(at)),
                2 => text.insert(at, c),
                3 => text.truncate(at.max(1)),
                _ => text[at] ^= 1 << (c % 6),
            }
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        if text != good {
            tried += 1;
            assert!(asked.after::<String>(&seal(), &paging(&text)).is_err(), "{text}");
        }
    }
    assert!(tried > 19_000, "{tried}");
    assert!(asked.after::<String>(&seal(), &paging(&good)).is_ok());
}

#[test]
fn no_cursor_of_a_usual_key_is_longer_than_one_may_be() {
    let cursor = question(1, "x", json!({})).cursor(&seal(), &[b'k'; 1_500]);
    assert!(cursor.len() <= 2_048, "{}", cursor.len());
}
