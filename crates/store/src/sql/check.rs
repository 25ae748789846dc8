//! What the compiler checks in a text. It reads words, not SQL: row-level security and the noise tenant of the
//! tests are the second and third lock.
use crate::tables;

/// Passes the text through, or does not compile.
///
/// A text on a tenant's table says whose rows it means:
/// ```compile_fail,E0080
/// const T: &str = watchkeep_store::sql::checked("tenant", "select id from kri where id = $1");
/// ```
/// ```
/// const T: &str = watchkeep_store::sql::checked("tenant", "select id from kri where tenant_id = $1");
/// ```
///
/// and by the parameter that the store binds itself:
/// ```compile_fail,E0080
/// const T: &str = watchkeep_store::sql::checked("tenant", "select id from kri where tenant_id = $12");
/// ```
/// ```
/// const T: &str = watchkeep_store::sql::checked("tenant", "select id from kri where tenant_id = $1");
/// ```
///
/// An `or` cannot open the door:
/// ```compile_fail,E0080
/// const T: &str = watchkeep_store::sql::checked("tenant", "select id from kri where tenant_id = $1 or id = $2");
/// ```
/// ```
/// const T: &str = watchkeep_store::sql::checked("tenant", "select id from kri where tenant_id = $1 and id = $2");
/// ```
///
/// Each tenant's table of a text has its own predicate:
/// ```compile_fail,E0080
/// const T: &str = watchkeep_store::sql::checked("tenant", "select k.id from kri k join integration i on i.id = k.source_id where k.tenant_id = $1");
/// ```
/// ```
/// const T: &str = watchkeep_store::sql::checked("tenant", "select k.id from kri k join integration i on i.tenant_id = k.tenant_id where k.tenant_id = $1");
/// ```
///
/// An insert names its tenant first:
/// ```compile_fail,E0080
/// const T: &str = watchkeep_store::sql::checked("tenant", "insert into kri (id, tenant_id) values ($2, $1)");
/// ```
/// ```
/// const T: &str = watchkeep_store::sql::checked("tenant", "insert into kri (tenant_id, id) values ($1, $2)");
/// ```
///
/// and reads its tenant's rows only:
/// ```compile_fail,E0080
/// const T: &str = watchkeep_store::sql::checked("tenant", "insert into kri (tenant_id, id) select $1, id from integration");
/// ```
/// ```
/// const T: &str = watchkeep_store::sql::checked("tenant", "insert into kri (tenant_id, id) select $1, id from integration where tenant_id = $1");
/// ```
///
/// A person's text says which person:
/// ```compile_fail,E0080
/// const T: &str = watchkeep_store::sql::checked("person", "select role from membership where role = $1");
/// ```
/// ```
/// const T: &str = watchkeep_store::sql::checked("person", "select role from membership where user_id = $1");
/// ```
///
/// The installation reads no tenant's data:
/// ```compile_fail,E0080
/// const T: &str = watchkeep_store::sql::checked("installation", "select id from kri where tenant_id = $1");
/// ```
/// ```
/// const T: &str = watchkeep_store::sql::checked("installation", "select id from tenant where id = $1");
/// ```
///
/// Transactions and settings belong to the store:
/// ```compile_fail,E0080
/// const T: &str = watchkeep_store::sql::checked("crossing", "set local app.reach = 'crossing'");
/// ```
/// ```
/// const T: &str = watchkeep_store::sql::checked("crossing", "select id from kri");
/// ```
///
/// One statement per text:
/// ```compile_fail,E0080
/// const T: &str = watchkeep_store::sql::checked("crossing", "select 1; drop table kri");
/// ```
/// ```
/// const T: &str = watchkeep_store::sql::checked("crossing", "select 1");
/// ```
pub const fn checked(kind: &'static str, text: &'static str) -> &'static str {
    one_plain_statement(text);
    let tenants = names(text, tables::TENANT);
    match kind.as_bytes() {
        b"tenant" => {
            assert!(!has_bare_or(text), "put `or` into parentheses: it would bypass `tenant_id = $1`");
            if starts(text, b"insert into ") {
                assert!(
                    find(text, b"(tenant_id,") && (bound(text, b"values ($1") || bound(text, b"select $1")),
                    "an insert into a tenant's table names tenant_id first and gives it $1"
                );
                assert!(
                    count(text, b"tenant_id = ") + 1 >= tenants,
                    "each tenant's table that an insert reads needs its own `tenant_id = ` predicate"
                );
            } else {
                assert!(bound(text, b"tenant_id = $1"), "a text on a tenant's table says `tenant_id = $1`");
                assert!(
                    count(text, b"tenant_id = ") >= tenants,
                    "each tenant's table of a text needs its own `tenant_id = ` predicate"
                );
            }
            assert!(tenants > 0, "this text names no tenant's table: it is of another kind");
        }
        b"person" => {
            assert!(!has_bare_or(text), "put `or` into parentheses: it would bypass the person's predicate");
            assert!(
                bound(text, b"user_id = $1") || (names(text, tables::PERSON) == 1 && bound(text, b"id = $1")),
                "a text on a person's rows says `user_id = $1` (or `id = $1` of the person)"
            );
        }
        b"installation" => {
            assert!(tenants == 0, "a text of the installation names no tenant's table");
        }
        _ => {}
    }
    text
}

const fn one_plain_statement(s: &str) {
    assert!(!find(s, b";"), "one statement per text");
    assert!(!starts(s, b" ") && !starts(s, b"\n"), "begin the text with its verb");
    assert!(!has_comma_join(s), "join tables with `join`, so that each is seen");
    assert!(
        !starts(s, b"begin")
            && !starts(s, b"commit")
            && !starts(s, b"savepoint")
            && !starts(s, b"rollback")
            && !starts(s, b"pragma")
            && !starts(s, b"attach")
            && !starts(s, b"set ")
            && !find(s, b"or rollback")
            && !find(s, b"set_config"),
        "transactions and settings belong to the store"
    );
}

/// A `'static` text out of checked bytes.
pub const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(s) => s,
        Err(_) => panic!("not UTF-8"),
    }
}

/// `$3` becomes `?3`: in SQLite `$3` is a name that gets the next free index in order of appearance.
pub const fn question_marks<const L: usize>(s: &str) -> [u8; L] {
    let b = s.as_bytes();
    let mut out = [0_u8; L];
    let (mut i, mut quoted) = (0, false);
    while i < L {
        if b[i] == b'\'' {
            quoted = !quoted;
        }
        out[i] = if !quoted && b[i] == b'$' { b'?' } else { b[i] };
        i += 1;
    }
    out
}

/// The highest `$n`; a hole does not compile:
/// ```compile_fail,E0080
/// const N: usize = watchkeep_store::sql::arity("select $1, $3");
/// ```
/// ```
/// const N: usize = watchkeep_store::sql::arity("select $1, $2");
/// ```
pub const fn arity(s: &str) -> usize {
    let b = s.as_bytes();
    let (mut i, mut max, mut seen, mut quoted) = (0, 0_usize, 0_u64, false);
    while i < b.len() {
        if b[i] == b'\'' {
            quoted = !quoted;
        }
        if !quoted && b[i] == b'$' {
            let (mut j, mut n) = (i + 1, 0_usize);
            while j < b.len() && b[j].is_ascii_digit() {
                n = n * 10 + (b[j] - b'0') as usize;
                j += 1;
            }
            assert!(n > 0 && n < 64, "parameters are $1..$63");
            seen |= 1 << n;
            if n > max {
                max = n;
            }
            i = j;
            continue;
        }
        i += 1;
    }
    assert!(seen.count_ones() as usize == max, "parameters are $1..$n without a hole");
    max
}

const fn at(b: &[u8], i: usize, w: &[u8]) -> bool {
    if i + w.len() > b.len() {
        return false;
    }
    let mut k = 0;
    while k < w.len() {
        if b[i + k].to_ascii_lowercase() != w[k] {
            return false;
        }
        k += 1;
    }
    true
}
const fn starts(s: &str, w: &[u8]) -> bool {
    at(s.as_bytes(), 0, w)
}
const fn count(s: &str, w: &[u8]) -> usize {
    let (b, mut i, mut n) = (s.as_bytes(), 0, 0);
    while i + w.len() <= b.len() {
        if at(b, i, w) {
            n += 1;
        }
        i += 1;
    }
    n
}
const fn find(s: &str, w: &[u8]) -> bool {
    count(s, w) > 0
}
/// `w` ends in a parameter, which must not go on: `$1` is not `$12`.
const fn bound(s: &str, w: &[u8]) -> bool {
    let (b, mut i) = (s.as_bytes(), 0);
    while i + w.len() <= b.len() {
        if at(b, i, w) && (i + w.len() == b.len() || !b[i + w.len()].is_ascii_digit()) {
            return true;
        }
        i += 1;
    }
    false
}
const fn has_bare_or(s: &str) -> bool {
    let (b, mut i, mut depth, mut quoted) = (s.as_bytes(), 0, 0_i32, false);
    while i < b.len() {
        match b[i] {
            b'\'' => quoted = !quoted,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if !quoted
            && depth == 0
            && !word_char(b[i])
            && at(b, i + 1, b"or")
            && (i + 3 == b.len() || !word_char(b[i + 3]))
        {
            return true;
        }
        i += 1;
    }
    false
}
/// `from a, b` or `from a x, b`: the second table would not be counted.
const fn has_comma_join(s: &str) -> bool {
    let (b, mut i) = (s.as_bytes(), 0);
    while i < b.len() {
        if (i == 0 || !word_char(b[i - 1])) && (at(b, i, b"from ") || at(b, i, b"join ")) {
            let table = word_end(b, i + 5);
            let mut end = table;
            // `as` and a name, or a name
            let mut words = 0;
            while words < 2 && end < b.len() && b[end] == b' ' {
                let next = word_end(b, end + 1);
                words = if words == 0 && at(b, end, b" as ") { 0 } else { 2 };
                end = next;
            }
            if table > i + 5 && end < b.len() && b[end] == b',' {
                return true;
            }
        }
        i += 1;
    }
    false
}
const fn word_end(b: &[u8], start: usize) -> usize {
    let mut end = start;
    while end < b.len() && word_char(b[end]) {
        end += 1;
    }
    end
}
const fn word_char(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_'
}
/// How often the text names one of `list` after `from`, `join`, `into` or `update`.
const fn names(s: &str, list: &[&str]) -> usize {
    let b = s.as_bytes();
    let (mut i, mut n) = (0, 0);
    while i < b.len() {
        let fresh = i == 0 || !word_char(b[i - 1]);
        let skip = if !fresh {
            0
        } else if at(b, i, b"from ") || at(b, i, b"join ") || at(b, i, b"into ") {
            5
        } else if at(b, i, b"update ") {
            7
        } else {
            0
        };
        if skip > 0 {
            let start = i + skip;
            if among(b, start, word_end(b, start), list) {
                n += 1;
            }
        }
        i += 1;
    }
    n
}
const fn among(b: &[u8], start: usize, end: usize, list: &[&str]) -> bool {
    let mut k = 0;
    while k < list.len() {
        if list[k].len() == end - start && at(b, start, list[k].as_bytes()) {
            return true;
        }
        k += 1;
    }
    false
}

#[cfg(test)]
mod tests;
