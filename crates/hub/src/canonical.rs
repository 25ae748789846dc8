//! One text for each JSON value: what is hashed for the audit log and for idempotency.
//!
//! Members are sorted by the bytes of their names, there is no white space, numbers and strings are written as
//! `serde_json` writes them. The order does not rest on `serde_json`'s map, which keeps the order of insertion as
//! soon as any crate of the build asks it to.
use ring::digest::{Context, SHA256};
use serde_json::{Map, Value};

/// SHA-256 of the canonical text of these arguments.
#[must_use]
pub fn digest(args: &Map<String, Value>) -> [u8; 32] {
    let mut out = Vec::with_capacity(256);
    object(args, &mut out);
    sha256(&out)
}

/// SHA-256 of these bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    hash.update(bytes);
    let mut out = [0; 32];
    out.copy_from_slice(hash.finish().as_ref());
    out
}

/// The canonical text of a value.
#[must_use]
pub fn text(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => object(members, out),
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        plain => scalar(plain, out),
    }
}

fn object(members: &Map<String, Value>, out: &mut Vec<u8>) {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    out.push(b'{');
    for (i, (name, value)) in sorted.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        scalar(name, out);
        out.push(b':');
        write(value, out);
    }
    out.push(b'}');
}

fn scalar(value: &(impl serde::Serialize + ?Sized), out: &mut Vec<u8>) {
    // writing a scalar into memory cannot fail
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn order_and_white_space_of_the_sender_do_not_matter() {
        let a: Value = serde_json::from_str(r#"{"b":[1,{"y":null,"x":"é\n"}],"a":0.5}"#).unwrap();
        let b: Value = serde_json::from_str(" { \"a\" : 5e-1, \"b\":[1 ,{\"x\":\"\\u00e9\\n\",\"y\":null}] }").unwrap();
        assert_eq!(text(&a), text(&b));
        assert_eq!(String::from_utf8(text(&a)).unwrap(), r#"{"a":0.5,"b":[1,{"x":"é\n","y":null}]}"#);
        assert_eq!(digest(a.as_object().unwrap()), sha256(&text(&b)));
    }

    #[test]
    fn values_that_differ_have_texts_that_differ() {
        let all = [
            json!({}),
            json!([]),
            json!(""),
            json!({"a": 1}),
            json!({"a": "1"}),
            json!({"a": [1]}),
            json!({"a": null}),
        ];
        for (i, a) in all.iter().enumerate() {
            for b in &all[i + 1..] {
                assert_ne!(text(a), text(b));
            }
        }
    }

    #[test]
    fn the_hash_is_sha_256() {
        let hex: String = sha256(b"{}").iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}
