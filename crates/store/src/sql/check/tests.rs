use super::*;

/// The message that the compiler would show, if the text does not pass.
fn refusal(kind: &'static str, text: &'static str) -> Option<String> {
    let refused = std::panic::catch_unwind(|| checked(kind, text)).err()?;
    let text = refused.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| refused.downcast_ref::<String>().cloned())
}
#[track_caller]
fn refused(kind: &'static str, text: &'static str, why: &str) {
    let told = refusal(kind, text);
    assert!(told.as_deref().is_some_and(|t| t.contains(why)), "{text}: {told:?}");
}
#[track_caller]
fn passes(kind: &'static str, text: &'static str) {
    assert_eq!(refusal(kind, text), None, "{text}");
}

#[test]
fn a_tenants_text_says_whose_rows() {
    passes("tenant", "select id from kri where tenant_id = $1");
    passes("tenant", "select id from kri where tenant_id = $1 and id = $2");
    passes("tenant", "SELECT id FROM kri WHERE TENANT_ID = $1");
    passes("tenant", "delete from kri where tenant_id = $1");
    passes("tenant", "update kri set name = $2 where tenant_id = $1");
    for text in [
        "select id from kri",
        "select id from kri where id = $1",
        "select id from kri where tenant_id = $2",
        "select id from kri where tenant_id = $12",
        "select id from kri where tenant_id=$1",
        "update kri set name = $1",
        "delete from kri",
    ] {
        refused("tenant", text, "says `tenant_id = $1`");
    }
}

#[test]
fn each_tenants_table_of_a_text_has_its_predicate() {
    passes("tenant", "select 1 from kri k join integration i on i.tenant_id = k.tenant_id where k.tenant_id = $1");
    passes("tenant", "select 1 from kri k join person p on p.id = k.owner where k.tenant_id = $1");
    let one = "each tenant's table of a text needs";
    refused("tenant", "select 1 from kri k join integration i on i.id = k.source_id where k.tenant_id = $1", one);
    refused("tenant", "select 1 from kri where tenant_id = $1 union select 1 from kri_sample", one);
    refused("tenant", "select 1 from kri where tenant_id = $1 and exists (select 1 from job where id = $2)", one);
    refused("tenant", "delete from kri where tenant_id = $1 and id in (select kri_id from kri_sample)", one);
    let join = "join tables with `join`";
    refused("tenant", "select 1 from kri, job where tenant_id = $1", join);
    refused("tenant", "select 1 from kri k, job j where k.tenant_id = $1 and j.tenant_id = $1", join);
    refused("tenant", "select 1 from kri as k, job as j where k.tenant_id = $1", join);
    refused("installation", "select 1 from person p, kri k", join);
    passes("tenant", "select a, b from kri where tenant_id = $1 order by a, b");
    passes("tenant", "select a from kri k where k.tenant_id = $1 and k.a in ($2, $3)");
}

#[test]
fn an_or_cannot_open_the_door() {
    for text in [
        "select 1 from kri where tenant_id = $1 or id = $2",
        "select 1 from kri where id = $2 or tenant_id = $1",
        "select 1 from kri where tenant_id = $1 OR 1 = 1",
        "select 1 from kri where tenant_id = $1 or(1 = 1)",
        "select 1 from kri where tenant_id = $1 and (id = $2)or 1 = 1",
        "select 1 from kri where tenant_id = $1 and name = 'x'or 1 = 1",
        "select 1 from kri where tenant_id = $1\nor 1 = 1",
    ] {
        refused("tenant", text, "put `or` into parentheses");
    }
    passes("tenant", "select 1 from kri where tenant_id = $1 and (id = $2 or id = $3)");
    passes("tenant", "select 1 from kri where tenant_id = $1 and name = 'this or that' order by color");
    passes("tenant", "select 1 from kri where tenant_id = $1 and oracle = $2 and floor = $3");
    refused("person", "select 1 from membership where user_id = $1 or role = $2", "put `or` into parentheses");
}

#[test]
fn an_insert_gives_its_tenant() {
    passes("tenant", "insert into kri (tenant_id, id) values ($1, $2)");
    passes("tenant", "insert into kri (tenant_id, id) select $1, id from integration where tenant_id = $1");
    let insert = "names tenant_id first and gives it $1";
    refused("tenant", "insert into kri (id, tenant_id) values ($2, $1)", insert);
    refused("tenant", "insert into kri (tenant_id, id) values ($2, $1)", insert);
    refused("tenant", "insert into kri (tenant_id, id) values ($10, $2)", insert);
    refused("tenant", "insert into kri values ($1, $2)", insert);
    let reads = "that an insert reads";
    refused("tenant", "insert into kri (tenant_id, id) select $1, id from integration", reads);
    refused("tenant", "insert into kri (tenant_id, id) select $1, id from integration where id = $2", reads);
}

#[test]
fn a_persons_text_says_whose_rows() {
    passes("person", "select role from membership where user_id = $1");
    passes("person", "select name from person where id = $1");
    refused("person", "select role from membership where role = $1", "says `user_id = $1`");
    refused("person", "select role from membership where user_id = $11", "says `user_id = $1`");
    refused("person", "select slug from tenant where id = $1", "says `user_id = $1`");
}

#[test]
fn an_installations_text_touches_no_tenant() {
    passes("installation", "select slug from tenant where id = $1");
    for text in [
        "select name from kri where tenant_id = $1",
        "select 1 from tenant t join kri k on k.tenant_id = t.id",
        "update kri set name = $1",
        "insert into job (tenant_id) values ($1)",
        "delete from audit_log where seq = $1",
    ] {
        refused("installation", text, "names no tenant's table");
    }
    refused("tenant", "select slug from tenant where tenant_id = $1", "names no tenant's table");
}

#[test]
fn transactions_and_settings_belong_to_the_store() {
    for text in [
        "begin",
        "BEGIN IMMEDIATE",
        "commit",
        "rollback",
        "savepoint x",
        "pragma foreign_keys = off",
        "attach 'x' as y",
        "set local app.reach = 'crossing'",
        "select set_config('app.reach', 'crossing', true)",
        "insert or rollback into kri (tenant_id) values ($1)",
    ] {
        refused("crossing", text, "belong to the store");
    }
    for text in ["select 1; drop table kri", "select 1;"] {
        refused("crossing", text, "one statement per text");
    }
    refused("crossing", " select 1", "begin the text with its verb");
}

#[test]
fn parameters_are_numbered_without_a_hole() {
    assert_eq!(arity("select 1"), 0);
    assert_eq!(arity("select $1, $2, $1"), 2);
    assert_eq!(arity("select $3, $1, $2"), 3);
    assert_eq!(arity("select '$9', $1"), 1);
    assert_eq!(arity("select $10, $1, $2, $3, $4, $5, $6, $7, $8, $9"), 10);
    for text in ["select $2", "select $1, $3", "select $0", "select $", "select $64", "select $x"] {
        assert!(std::panic::catch_unwind(|| arity(text)).is_err(), "{text}");
    }
}

#[test]
fn parameters_keep_their_numbers_in_sqlite() {
    const TEXT: &str = "select $3, '$2 it''s $1', $2 || $1 || '?'";
    assert_eq!(
        std::str::from_utf8(&question_marks::<{ TEXT.len() }>(TEXT)).unwrap(),
        "select ?3, '$2 it''s $1', ?2 || ?1 || '?'"
    );
    let c = rusqlite::Connection::open_in_memory().unwrap();
    let bytes = question_marks::<{ TEXT.len() }>(TEXT);
    let got: (i64, String) =
        c.query_row(std::str::from_utf8(&bytes).unwrap(), [1, 2, 3], |r| Ok((r.get(0)?, r.get(2)?))).unwrap();
    assert_eq!(got, (3, "21?".into()));
    // as it was written, the numbers would be names
    let swapped: i64 = c.query_row("select $3 + 0 * $2 + 0 * $1", [1, 2, 3], |r| r.get(0)).unwrap();
    assert_eq!(swapped, 1);
}
