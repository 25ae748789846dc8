//! A key stands for its answer for a day, in its token and operation.
use watchkeep_model::{Span, TokenId};
use watchkeep_store::idempotency::{self, Remembered};
use watchkeep_store::{ErrorKind, kris};

use crate::case::{Case, cases};
use crate::given::{self, NOW, Said, call, new_kri, together, uuid, write};
use crate::home::Home;

pub(crate) const CASES: &[Case] = cases![
    a_key_is_found_until_it_ends,
    a_key_belongs_to_its_token_and_operation,
    a_key_goes_with_its_write,
    of_two_at_once_one_is_kept,
    old_keys_are_cleared_in_slices,
];

fn reply(text: &str) -> Remembered {
    Remembered { args_hash: [5; 32], reply: text.into(), items: 2 }
}

async fn a_key_is_found_until_it_ends(home: &Home) {
    let (store, scope) = given::one(home).await;
    let token = TokenId::new(uuid());
    write(&store, &scope, async move |tx| idempotency::keep(tx, token, "op", "k", &reply("one"), NOW).await)
        .await
        .unwrap();
    let at = store.at(&scope);
    let last = NOW.plus(idempotency::REMEMBER).minus(Span::from_micros(1));
    for now in [NOW, last] {
        let found = idempotency::find(at, token, "op", "k", now).await.unwrap().unwrap();
        assert_eq!((found.args_hash, found.reply.as_str(), found.items), ([5; 32], "one", 2));
        let taken =
            write(&store, &scope, async move |tx| idempotency::keep(tx, token, "op", "k", &reply("two"), now).await);
        assert_eq!(taken.await.unwrap_err().kind(), ErrorKind::Conflict);
    }
    let over = NOW.plus(idempotency::REMEMBER);
    assert!(idempotency::find(at, token, "op", "k", over).await.unwrap().is_none());
    // nobody has cleared it yet, and the key is free all the same
    write(&store, &scope, async move |tx| {
        assert!(idempotency::find_in(tx, token, "op", "k", over).await?.is_none());
        idempotency::keep(tx, token, "op", "k", &reply("two"), over).await?;
        assert_eq!(idempotency::find_in(tx, token, "op", "k", over).await?.unwrap().reply, "two");
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(home.raw().await.count("idempotency").await, 1);
}

async fn a_key_belongs_to_its_token_and_operation(home: &Home) {
    let (store, scope) = given::one(home).await;
    let (token, other) = (TokenId::new(uuid()), TokenId::new(uuid()));
    write(&store, &scope, async move |tx| idempotency::keep(tx, token, "op", "k", &reply("one"), NOW).await)
        .await
        .unwrap();
    let at = store.at(&scope);
    for (token, op, key) in
        [(other, "op", "k"), (token, "op2", "k"), (token, "op", "K"), (token, "op", "k "), (token, "op", "")]
    {
        assert!(idempotency::find(at, token, op, key, NOW).await.unwrap().is_none(), "{op} {key}");
    }
    assert!(idempotency::find(at, token, "op", "k", NOW).await.unwrap().is_some());
}

async fn a_key_goes_with_its_write(home: &Home) {
    let (store, scope) = given::one(home).await;
    let token = TokenId::new(uuid());
    let refused: Result<(), Said> = store
        .write(&scope, call("add"), async move |tx| {
            kris::add(tx, &new_kri("a"), NOW).await?;
            idempotency::keep(tx, token, "op", "k", &reply("one"), NOW).await?;
            Err(Said::No)
        })
        .await;
    assert!(refused.is_err());
    assert!(idempotency::find(store.at(&scope), token, "op", "k", NOW).await.unwrap().is_none());
}

async fn of_two_at_once_one_is_kept(home: &Home) {
    let (store, scope) = given::one(home).await;
    let second = home.open().await;
    let token = TokenId::new(uuid());
    let done = together(10, |i| {
        let (store, scope) = (if i % 2 == 0 { store.clone() } else { second.clone() }, scope.clone());
        async move {
            write(&store, &scope, async move |tx| {
                if idempotency::find_in(tx, token, "op", "k", NOW).await?.is_some() {
                    return Ok(false);
                }
                kris::add(tx, &new_kri(&format!("k{i}")), NOW).await?;
                idempotency::keep(tx, token, "op", "k", &reply("one"), NOW).await?;
                Ok(true)
            })
            .await
            .unwrap()
        }
    })
    .await;
    assert_eq!(done.iter().filter(|made| **made).count(), 1, "{done:?}");
    assert_eq!(home.raw().await.count("kri").await, 1);
}

async fn old_keys_are_cleared_in_slices(home: &Home) {
    let (store, scope) = given::one(home).await;
    let token = TokenId::new(uuid());
    write(&store, &scope, async move |tx| {
        for i in 0..620 {
            idempotency::keep(tx, token, "op", &format!("k{i}"), &reply("one"), NOW.plus(Span::seconds(i))).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
    let day = NOW.plus(idempotency::REMEMBER);
    assert_eq!(store.clear_idempotency(day.minus(Span::seconds(1))).await.unwrap(), 0);
    assert_eq!(store.clear_idempotency(day.plus(Span::seconds(9))).await.unwrap(), 10);
    assert_eq!(store.clear_idempotency(day.plus(Span::days(1))).await.unwrap(), 500);
    assert_eq!(store.clear_idempotency(day.plus(Span::days(1))).await.unwrap(), 110);
    assert_eq!(home.raw().await.count("idempotency").await, 0);
}
