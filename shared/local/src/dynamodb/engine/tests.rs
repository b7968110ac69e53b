//! The same requests to this engine and to the library alone, and what holds for groups.
mod requests;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::requests::{Numbers, TABLE, request};
use super::*;

fn create_table() -> String {
    let key = |partition: &str, sort: &str| json!([{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]);
    let attributes: Vec<Value> = ["pk", "sk", "gsi1pk", "gsi1sk"]
        .map(|name| json!({"AttributeName": name, "AttributeType": "S"}))
        .into_iter()
        .collect();
    let index = json!({"IndexName": "gsi1", "KeySchema": key("gsi1pk", "gsi1sk"),
        "Projection": {"ProjectionType": "ALL"}});
    json!({"TableName": TABLE, "AttributeDefinitions": attributes, "KeySchema": key("pk", "sk"),
        "BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": [index]})
    .to_string()
}

fn engine() -> Engine {
    let mut engine = Engine::open(None).unwrap();
    assert_eq!(engine.by_library("CreateTable", create_table().as_bytes()).status, 200);
    engine
}

/// Rows of the table and of its index, without the sizes.
fn rows(storage: &Storage) -> Vec<(Vec<String>, Value)> {
    let mut rows = Vec::new();
    for sql in [
        "SELECT pk, sk, hash_prefix, '', item_json FROM \"table\" ORDER BY pk, sk",
        "SELECT gsi_pk, gsi_sk, table_pk, table_sk, item_json FROM \"table::gsi::gsi1\"
         ORDER BY gsi_pk, gsi_sk, table_pk, table_sk",
    ] {
        let mut statement = storage.conn().prepare(sql).unwrap();
        let read = statement.query_map([], |row| {
            let columns = (0..4).map(|column| row.get(column)).collect::<rusqlite::Result<Vec<String>>>()?;
            Ok((columns, serde_json::from_str(&row.get::<_, String>(4)?).unwrap()))
        });
        rows.extend(read.unwrap().map(Result::unwrap));
    }
    rows
}

#[test]
fn requests_are_answered_as_by_the_library_and_leave_the_same_rows() {
    let (mut ours, mut librarys, mut numbers) = (engine(), engine(), Numbers(11));
    let mut quick: BTreeMap<(&str, u16), u32> = BTreeMap::new();
    for step in 0..4_000 {
        let (operation, request) = request(&mut numbers);
        let input = request.to_string();
        let answer = match ours.quickly(operation, input.as_bytes()).unwrap() {
            Some(done) => {
                *quick.entry((operation, done.status)).or_default() += 1;
                ours.commit();
                done
            }
            None => {
                ours.commit();
                ours.by_library(operation, input.as_bytes())
            }
        };
        let expected = librarys.by_library(operation, input.as_bytes());
        let parsed = |response: &Response| {
            let mut body: Value = serde_json::from_str(&response.body).unwrap();
            if let Some(found) = body["Responses"][TABLE].as_array_mut() {
                found.sort_by_key(Value::to_string);
            }
            (response.status, body)
        };
        assert_eq!(parsed(&answer), parsed(&expected), "step {step}: {operation} {input}");
        if step % 50 == 0 {
            assert_eq!(rows(&ours.storage), rows(&librarys.storage), "after step {step}");
        }
    }
    assert_eq!(rows(&ours.storage), rows(&librarys.storage));
    // Those of one action and transactions, done and refused, and the three others.
    assert!(quick.len() == 11 && quick.values().all(|number| *number > 20), "{quick:?}");
}

fn perform(engine: &mut Engine, requests: &[(&str, Value)]) -> Vec<Response> {
    let (mut group, mut answers) = (Vec::new(), Vec::new());
    for (operation, request) in requests {
        let (response, answer) = oneshot::channel();
        group.push(Job::Perform {
            operation: operation.to_string(),
            input: request.to_string().into_bytes(),
            response,
        });
        answers.push(answer);
    }
    engine.work(&mut group);
    engine.end_group();
    answers.into_iter().map(|answer| answer.blocking_recv().unwrap()).collect()
}

fn set(name: &str, value: &str) -> Value {
    json!({"TableName": TABLE, "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}, "UpdateExpression": format!("SET {name} = :v"),
        "ExpressionAttributeValues": {":v": {"S": value}}})
}

#[test]
fn reserved_word_and_unused_value_are_refused_as_by_dynamodb() {
    let mut engine = engine();
    let mut unused = set("colour", "red");
    unused["ExpressionAttributeValues"][":w"] = json!({"S": ""});
    let requests =
        [("UpdateItem", set("colour", "red")), ("UpdateItem", set("unknown", "red")), ("UpdateItem", unused)];
    for _ in 0..2 {
        let statuses: Vec<u16> = perform(&mut engine, &requests).iter().map(|response| response.status).collect();
        assert_eq!(statuses, [200, 400, 400]);
    }
}

/// A limit of the file, as a full disk: the whole transaction is rolled back.
fn fail_at_green(engine: &Engine) {
    let trigger = "CREATE TEMP TRIGGER full BEFORE UPDATE ON main.\"table\"
        WHEN new.item_json LIKE '%green%' BEGIN SELECT RAISE(ROLLBACK, 'no room'); END";
    engine.storage.conn().execute_batch(trigger).unwrap();
}

/// What a group does is visible to its later requests, and its failure to none: nothing of it was acknowledged.
#[test]
fn group_that_is_not_committed_leaves_nothing_and_is_not_acknowledged() {
    let mut engine = engine();
    perform(&mut engine, &[("UpdateItem", set("colour", "red"))]);
    let get = json!({"TableName": TABLE, "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}});
    let answers = perform(&mut engine, &[("UpdateItem", set("colour", "blue")), ("GetItem", get.clone())]);
    assert!(answers[1].body.contains("blue"), "{}", answers[1].body);
    fail_at_green(&engine);
    let query = json!({"TableName": TABLE, "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "a"}}});
    let mut requests = ["white", "green", "black"].map(|colour| ("UpdateItem", set("colour", colour))).to_vec();
    requests.insert(1, ("Query", query));
    let statuses: Vec<u16> = perform(&mut engine, &requests).iter().map(|response| response.status).collect();
    assert_eq!(statuses, [500, 500, 500, 200], "the last is of the next transaction");
    let answers = perform(&mut engine, &[("UpdateItem", set("colour", "green")), ("GetItem", get)]);
    assert!(answers[0].status == 500 && answers[1].body.contains("black"), "{answers:?}");
}

#[test]
fn transaction_that_is_sent_again_gets_the_first_response() {
    let mut engine = engine();
    let put = json!({"Put": {"TableName": TABLE, "Item": {"pk": {"S": "a"}, "sk": {"S": "1"}},
        "ConditionExpression": "attribute_not_exists(pk)"}});
    let send = |token: &str| ("TransactWriteItems", json!({"TransactItems": [put], "ClientRequestToken": token}));
    let answers = perform(&mut engine, &[send("1"), send("1"), send("2")]);
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200, 400]);
}

/// A client whose transaction was not committed sends it again, with the same token.
#[test]
fn transaction_that_is_not_committed_is_done_when_it_is_sent_again() {
    let mut engine = engine();
    let update = |colour: &str| json!({"Update": set("colour", colour)});
    let send = |colour: &str, token: &str| {
        ("TransactWriteItems", json!({"TransactItems": [update(colour)], "ClientRequestToken": token}))
    };
    assert_eq!(perform(&mut engine, &[send("red", "1")])[0].status, 200);
    fail_at_green(&engine);
    let group = [send("blue", "2"), ("UpdateItem", set("colour", "green"))];
    assert!(perform(&mut engine, &group).iter().all(|answer| answer.status == 500));
    assert_eq!(perform(&mut engine, &[send("blue", "2")])[0].status, 200);
    assert!(rows(&engine.storage)[0].1.to_string().contains("blue"));
}

#[test]
fn expired_items_are_removed_with_their_index_rows() {
    let mut engine = engine();
    let ttl = json!({"TableName": TABLE, "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}});
    assert_eq!(engine.by_library("UpdateTimeToLive", ttl.to_string().as_bytes()).status, 200);
    let future =
        (std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 60).to_string();
    for number in 0..700 {
        let mut item =
            json!({"pk": {"S": "a"}, "sk": {"S": number.to_string()}, "gsi1pk": {"S": "p"}, "gsi1sk": {"S": "1"}});
        match number % 3 {
            0 => item["ttl"] = json!({"N": "1000"}),
            1 => item["ttl"] = json!({"N": future}),
            _ => {}
        }
        let put = json!({"RequestItems": {TABLE: [{"PutRequest": {"Item": item}}]}});
        assert_eq!(perform(&mut engine, &[("BatchWriteItem", put)])[0].status, 200);
    }
    let (mut after, mut pages) = (Some(0), 0);
    while let Some(row) = after {
        let (looked_at, answer) = oneshot::channel();
        engine.work(&mut vec![Job::Sweep { after: row, looked_at }]);
        after = answer.blocking_recv().unwrap().unwrap();
        pages += 1;
    }
    let left = rows(&engine.storage);
    assert_eq!((left.len(), pages), (2 * (700 - 234), 3));
    assert!(left.iter().all(|(_, item)| item["ttl"]["N"] != json!("1000")));
}

#[test]
fn file_flushes_each_commit() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(Some(&folder.path().join("dynamodb.sqlite"))).unwrap();
    let pragma = |name: &str| {
        let read = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
        engine.storage.conn().pragma_query_value(None, name, read).unwrap()
    };
    const FULL: i64 = 2;
    assert_eq!(pragma("synchronous"), FULL.into());
    assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
}
